locals {
  # IAM leaves 38 characters to a name prefix.
  long_role_prefix = "${var.name}-invoke-authorizer-"
  role_prefix      = length(local.long_role_prefix) <= 38 ? local.long_role_prefix : "${substr(local.long_role_prefix, 0, 29)}-${substr(sha256(local.long_role_prefix), 0, 7)}-"

  # The same as in variables.tf, for the rules that settings leave out.
  defaults = {
    cache_seconds          = 300
    identity_sources       = toset(["$request.header.Authorization"])
    payload_format_version = "2.0"
    simple_responses       = false
  }

  authorizers = {
    for rule, alias in var.rules : rule => merge(
      contains(keys(var.settings), rule) ? var.settings[rule] : local.defaults,
      { uri = alias.invoke_arn },
    )
  }
}

resource "aws_apigatewayv2_authorizer" "rule" {
  for_each = local.authorizers

  api_id                            = var.api_id
  name                              = each.key
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = each.value.uri
  authorizer_credentials_arn        = aws_iam_role.invoke.arn
  authorizer_payload_format_version = each.value.payload_format_version
  authorizer_result_ttl_in_seconds  = each.value.cache_seconds
  enable_simple_responses           = each.value.simple_responses
  identity_sources                  = each.value.identity_sources

  lifecycle {
    # Destroyed first, it would still be in use by routes, which API Gateway refuses.
    create_before_destroy = true
  }
}
