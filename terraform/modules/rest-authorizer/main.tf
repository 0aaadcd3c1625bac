locals {
  rules = { for name in keys(module.rules.value) : name => local.written_rules[name] }

  # What an authorizer is made of: its fingerprint follows it.
  authorizers = {
    for name, rule in local.rules : name => {
      cache_seconds         = rule.cache_seconds
      identity_source       = rule.identity_source
      type                  = rule.type
      uri                   = rule.uri
      validation_expression = rule.validation_expression
    }
  }
}

resource "aws_api_gateway_authorizer" "rule" {
  for_each = local.authorizers

  rest_api_id                      = var.rest_api_id
  name                             = each.key
  type                             = each.value.type
  identity_source                  = each.value.identity_source
  identity_validation_expression   = each.value.validation_expression
  authorizer_result_ttl_in_seconds = each.value.cache_seconds
  authorizer_uri                   = each.value.uri
  authorizer_credentials           = module.invoke_role.arn

  lifecycle {
    # Destroyed first, it would still be in use by methods: API Gateway refuses, the provider takes that for success,
    # and the authorizer lives on unknown to the state.
    create_before_destroy = true
  }
}
