locals {
  unused_rules = setsubtract(keys(module.authorizers.value), compact([for route in local.routes : route.rule]))
}

check "every_rule_guards_a_route" {
  assert {
    condition     = length(local.unused_rules) == 0
    error_message = "No route names the rules ${join(", ", local.unused_rules)}: write a route for each, or remove them, as each takes one of the API's authorizers."
  }
}

resource "aws_api_gateway_rest_api" "this" {
  # checkov:skip=CKV_AWS_237:Nothing that changes here replaces the API; if anything did, two of them would only hide that its URL changes.
  name                         = var.name
  description                  = var.description
  binary_media_types           = sort(var.binary_media_types)
  minimum_compression_size     = var.minimum_compression_size
  disable_execute_api_endpoint = var.disable_execute_api_endpoint
  api_key_source               = length(local.usage_plans) > 0 ? "AUTHORIZER" : null
  tags                         = var.tags

  endpoint_configuration {
    types            = [var.endpoint_type]
    vpc_endpoint_ids = length(var.vpc_endpoint_ids) > 0 ? var.vpc_endpoint_ids : null
  }
}

resource "aws_api_gateway_rest_api_policy" "this" {
  count = var.resource_policy == null ? 0 : 1

  rest_api_id = aws_api_gateway_rest_api.this.id
  policy      = var.resource_policy

  depends_on = [module.resource_policy]
}
