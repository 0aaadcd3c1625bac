locals {
  # $context.error.messageString is quoted already. The function's reasons and scopes hold nothing that JSON would escape.
  message = "{\"message\":$context.error.messageString}"
  denial  = "{\"message\":$context.error.messageString,\"reason\":\"$context.authorizer.reason\",\"scope\":\"$context.authorizer.scope\"}"

  # RFC 6750, section 3, and RFC 9728, section 5.1. The headers are literals: API Gateway knows no more of a rejected token
  # than that it was rejected. A client that has none yet gets the same 401, and must see no error in it where it goes by
  # this header to get one.
  challenges = {
    for type, attributes in {
      ACCESS_DENIED = concat(["error=\"insufficient_scope\""], local.wider_scope)
      UNAUTHORIZED  = var.protected_resource == null ? ["error=\"invalid_token\""] : local.only_scope
    } : type => "'Bearer ${join(", ", concat(["realm=\"${coalesce(var.realm, var.name)}\""], local.metadata_location, attributes))}'"
  }

  # A type that is listed replaces DEFAULT_4XX or DEFAULT_5XX whole, so each has all of its headers.
  gateway_responses = {
    for type, response in {
      ACCESS_DENIED                  = { status = "403", headers = { "WWW-Authenticate" = local.challenges.ACCESS_DENIED } }
      AUTHORIZER_CONFIGURATION_ERROR = { status = "500", headers = {} }
      AUTHORIZER_FAILURE             = { status = "500", headers = {} }
      DEFAULT_4XX                    = { status = null, headers = {} }
      DEFAULT_5XX                    = { status = null, headers = {} }
      UNAUTHORIZED                   = { status = "401", headers = { "WWW-Authenticate" = local.challenges.UNAUTHORIZED } }
      } : type => {
      status   = response.status
      template = type == "ACCESS_DENIED" && var.explain_denials ? local.denial : local.message
      headers  = merge(response.headers, local.cors_headers, local.cors == null ? {} : { "Access-Control-Expose-Headers" = "'WWW-Authenticate'" })
    }
  }
}

resource "aws_api_gateway_gateway_response" "this" {
  for_each = local.gateway_responses

  rest_api_id         = aws_api_gateway_rest_api.this.id
  response_type       = each.key
  status_code         = each.value.status
  response_parameters = { for header, value in each.value.headers : "gatewayresponse.header.${header}" => value }
  response_templates  = { "application/json" = each.value.template }
}
