locals {
  cors = module.cors.value == null ? null : {
    credentials     = coalesce(try(module.cors.value.credentials, null), false)
    headers         = coalesce(try(module.cors.value.headers, null), ["Authorization", "Content-Type"])
    max_age_seconds = coalesce(try(module.cors.value.max_age_seconds, null), 600)
    origin          = module.cors.value.origin
  }

  cors_headers = local.cors == null ? {} : merge(
    { "Access-Control-Allow-Origin" = "'${local.cors.origin}'" },
    local.cors.credentials ? { "Access-Control-Allow-Credentials" = "'true'" } : {},
  )

  preflight_headers = {
    for key, preflight in local.preflights : key => merge(local.cors_headers, {
      "Access-Control-Allow-Headers" = "'${join(",", sort(local.cors.headers))}'"
      "Access-Control-Allow-Methods" = "'${join(",", sort(local.verbs_at[preflight.place]))}'"
      "Access-Control-Max-Age"       = "'${local.cors.max_age_seconds}'"
    })
  }
}

resource "aws_api_gateway_integration" "preflight" {
  for_each = local.preflights

  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = aws_api_gateway_method.this[each.key].resource_id
  http_method = aws_api_gateway_method.this[each.key].http_method
  type        = "MOCK"
  # Without it, binary_media_types of */* make API Gateway take the template for bytes, and answer 500.
  content_handling  = "CONVERT_TO_TEXT"
  request_templates = { "application/json" = jsonencode({ statusCode = 204 }) }

  lifecycle {
    # MOCK calls nothing, so a method here means nothing; some AWS look-alikes report POST all the same.
    ignore_changes = [integration_http_method]
  }
}

resource "aws_api_gateway_method_response" "preflight" {
  for_each = local.preflights

  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = aws_api_gateway_method.this[each.key].resource_id
  http_method         = aws_api_gateway_method.this[each.key].http_method
  status_code         = "204"
  response_parameters = { for header in keys(local.preflight_headers[each.key]) : "method.response.header.${header}" => true }
}

resource "aws_api_gateway_integration_response" "preflight" {
  for_each = local.preflights

  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = aws_api_gateway_integration.preflight[each.key].resource_id
  http_method         = aws_api_gateway_integration.preflight[each.key].http_method
  status_code         = aws_api_gateway_method_response.preflight[each.key].status_code
  response_parameters = { for header, value in local.preflight_headers[each.key] : "method.response.header.${header}" => value }
}
