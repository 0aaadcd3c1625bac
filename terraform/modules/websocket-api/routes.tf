locals {
  routes = { for key in keys(module.routes.value) : key => local.written_routes[key] }
}

resource "aws_apigatewayv2_integration" "route" {
  for_each = local.routes

  api_id                    = aws_apigatewayv2_api.this.id
  integration_type          = "AWS_PROXY"
  integration_method        = "POST" # how Lambda is called
  integration_uri           = module.functions.value[each.value.function].invoke_arn
  content_handling_strategy = "CONVERT_TO_TEXT"
  timeout_milliseconds      = each.value.timeout_ms
}

resource "aws_apigatewayv2_route" "this" {
  # checkov:skip=CKV_AWS_309:API Gateway takes an authorizer on $connect alone, which always has one; the other routes are that connection's.
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.route[each.key].id}"
  authorization_type = each.key == "$connect" ? "CUSTOM" : "NONE"
  authorizer_id      = each.key == "$connect" ? aws_apigatewayv2_authorizer.connect.id : null
}

# A prefix, so that a permission that is replaced is a second one beside the first, also where `functions` calls the same
# Lambda by another key: the right is there before the deployment that uses it, and goes after the stage has moved.
resource "aws_lambda_permission" "api" {
  for_each = toset([for route in local.routes : route.function])

  statement_id_prefix = "api-gateway-${aws_apigatewayv2_api.this.id}-"
  action              = "lambda:InvokeFunction"
  function_name       = module.functions.value[each.key].function_name
  qualifier           = try(module.functions.value[each.key].qualifier, null)
  principal           = "apigateway.amazonaws.com"
  source_arn          = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage_name}/*"

  lifecycle {
    create_before_destroy = true
  }
}
