locals {
  rule  = local.routes["$connect"].rule
  alias = module.rules.value[local.rule]
}

resource "aws_apigatewayv2_authorizer" "connect" {
  api_id                     = aws_apigatewayv2_api.this.id
  name                       = local.rule
  authorizer_type            = "REQUEST" # the only type that WebSocket APIs know; its answers are not cached
  authorizer_uri             = local.alias.invoke_arn
  authorizer_credentials_arn = module.invoke_role.arn
  identity_sources           = var.identity_sources
}

module "invoke_role" {
  source = "../invoke-role"

  name                     = var.name
  alias_arns               = [local.alias.arn]
  permissions_boundary_arn = var.permissions_boundary_arn
  role_path                = var.role_path
  tags                     = var.tags
}
