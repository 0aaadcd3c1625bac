resource "aws_apigatewayv2_integration" "route" {
  for_each = var.routes

  api_id                    = aws_apigatewayv2_api.this.id
  integration_type          = "AWS_PROXY"
  integration_method        = "POST" # how Lambda is called
  integration_uri           = var.functions[each.value.function].invoke_arn
  content_handling_strategy = "CONVERT_TO_TEXT"
  timeout_milliseconds      = each.value.timeout_ms
}

resource "aws_apigatewayv2_route" "this" {
  # checkov:skip=CKV_AWS_309:API Gateway takes an authorizer on $connect alone, which always has one; the other routes are that connection's.
  for_each = var.routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.route[each.key].id}"
  authorization_type = each.key == "$connect" ? "CUSTOM" : "NONE"
  authorizer_id      = each.key == "$connect" ? aws_apigatewayv2_authorizer.connect.id : null
}

resource "aws_lambda_permission" "api" {
  for_each = toset([for route in var.routes : route.function])

  statement_id  = "api-gateway-${aws_apigatewayv2_api.this.id}"
  action        = "lambda:InvokeFunction"
  function_name = var.functions[each.key].function_name
  qualifier     = var.functions[each.key].qualifier
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage_name}/*"
}
