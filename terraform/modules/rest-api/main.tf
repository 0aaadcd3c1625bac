module "route_table" {
  source = "./route-table"

  routes     = var.routes
  functions  = keys(var.functions)
  rules      = keys(var.authorizers)
  preflights = var.cors != null
}

check "every_rule_guards_a_route" {
  assert {
    condition     = length(setsubtract(keys(var.authorizers), compact([for route in var.routes : route.rule]))) == 0
    error_message = "No route names the rules ${join(", ", setsubtract(keys(var.authorizers), compact([for route in var.routes : route.rule])))}: write a route for each, or remove them, as each takes one of the API's authorizers."
  }
}

resource "aws_api_gateway_rest_api" "this" {
  # checkov:skip=CKV_AWS_237:Nothing that changes here replaces the API; if anything did, two of them would only hide that its URL changes.
  name                         = var.name
  description                  = var.description
  binary_media_types           = sort(var.binary_media_types)
  minimum_compression_size     = var.minimum_compression_size
  disable_execute_api_endpoint = var.disable_execute_api_endpoint
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
}
