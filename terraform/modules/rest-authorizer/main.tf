locals {
  authorizers = {
    for rule, alias in var.rules : rule => {
      cache_seconds         = alias.cache_seconds
      identity_source       = join(",", [for source in split(",", alias.identity_source) : trimspace(source)])
      type                  = alias.type
      uri                   = alias.invoke_arn
      validation_expression = alias.validation_expression
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
