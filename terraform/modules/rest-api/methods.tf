locals {
  # "METHOD /place" => what stands there.
  served_routes = {
    for route in local.routes : "${route.method} ${route.place}" => {
      method     = route.method
      place      = route.place
      public     = route.public
      rule       = route.rule
      timeout_ms = route.timeout_ms
      uri        = module.functions.value[route.function].invoke_arn
    }
  }

  # Browsers send preflights without a token, so they are answered before any rule; a route of one's own comes first.
  preflights = {
    for place in distinct(concat([for route in local.routes : route.place], values(local.document_paths))) : "OPTIONS ${place}" => { method = "OPTIONS", place = place }
    if local.cors != null && !contains(keys(local.served_routes), "OPTIONS ${place}")
  }

  # One map for all kinds of methods: what moves from one to the other is changed in place, never created beside itself.
  methods = merge(
    { for key, preflight in local.preflights : key => merge(preflight, { api_key_required = false, public = true, rule = null }) },
    { for key, path in local.document_paths : key => { api_key_required = false, method = "GET", place = path, public = true, rule = null } },
    {
      for route in local.routes : "${route.method} ${route.place}" => {
        api_key_required = route.api_key_required
        method           = route.method
        place            = route.place
        public           = route.public
        rule             = route.rule
      }
    },
  )
}

resource "aws_api_gateway_method" "this" {
  # checkov:skip=CKV2_AWS_53:Bodies and parameters are the function's to check, which alone knows what they mean.
  for_each = local.methods

  rest_api_id      = aws_api_gateway_rest_api.this.id
  resource_id      = local.resource_ids[each.value.place]
  http_method      = each.value.method
  authorization    = each.value.public ? "NONE" : "CUSTOM"
  authorizer_id    = each.value.public ? null : module.authorizers.value[each.value.rule].id
  api_key_required = each.value.api_key_required
}

resource "aws_api_gateway_integration" "function" {
  for_each = local.served_routes

  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_method.this[each.key].resource_id
  http_method             = aws_api_gateway_method.this[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST" # how Lambda is called, whatever the client's method
  uri                     = each.value.uri
  timeout_milliseconds    = each.value.timeout_ms
}

# A prefix, so that a permission that is replaced is a second one beside the first, also where `functions` calls the same
# Lambda by another key: the right is there before the deployment that uses it, and goes after the stage has moved.
resource "aws_lambda_permission" "api" {
  for_each = toset([for route in local.routes : route.function])

  statement_id_prefix = "api-gateway-${aws_api_gateway_rest_api.this.id}-"
  action              = "lambda:InvokeFunction"
  function_name       = module.functions.value[each.key].function_name
  qualifier           = try(module.functions.value[each.key].qualifier, null)
  principal           = "apigateway.amazonaws.com"
  source_arn          = "${aws_api_gateway_rest_api.this.execution_arn}/*"

  lifecycle {
    create_before_destroy = true
  }
}
