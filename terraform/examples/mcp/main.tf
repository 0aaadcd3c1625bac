# An MCP server of two endpoints, each behind a rule of its own. A client that is given the URL alone finds out by the 401
# where to get a token.

data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  stage = "v1"

  resource  = var.resource == null ? "https://${module.api.rest_api_id}.execute-api.${data.aws_region.current.id}.${data.aws_partition.current.dns_suffix}/${local.stage}/mcp" : var.resource
  base_path = var.resource == null ? local.stage : var.base_path
}

module "authorizer" {
  source = "../../modules/jwt-authorizer"

  name        = "${var.name}-authorizer"
  manifest    = var.manifest
  environment = var.environment

  issuers = [for issuer in var.issuers : merge({ audiences = [local.resource] }, issuer)]

  rules = {
    tools = { scopes = ["mcp:tools"] }
    admin = { scopes = ["mcp:tools", "mcp:admin"] }
  }

  # For tools that look at the caller's scopes themselves.
  context_claims = ["scope"]
}

module "rest_authorizer" {
  source = "../../modules/rest-authorizer"

  name        = var.name
  rest_api_id = module.api.rest_api_id
  rules       = module.authorizer.rules
}

module "server" {
  source = "../../modules/lambda-function"

  name        = "${var.name}-server"
  description = "The MCP server behind the authorizer."
  manifest    = var.server_manifest
  package     = "mcp"
  aliases     = ["live"]

  # The SDK is large: with a whole CPU it starts in a second.
  memory_mb       = 1769
  timeout_seconds = 29
}

module "api" {
  source = "../../modules/rest-api"

  name        = var.name
  description = "An MCP server behind the authorizer."
  stage_name  = local.stage
  access_logs = false # they need the region's account settings to name a role: see the module

  authorizers = module.rest_authorizer.authorizers
  functions = {
    server = {
      function_name = module.server.function_name
      qualifier     = "live"
      invoke_arn    = module.server.aliases["live"].invoke_arn
    }
  }

  # ANY, for the server itself answers 405 to what the transport has and this server has not.
  routes = {
    "ANY /mcp"       = { function = "server", rule = "tools" }
    "ANY /mcp/admin" = { function = "server", rule = "admin" }
  }

  protected_resource = {
    resource      = local.resource
    base_path     = local.base_path
    configuration = module.authorizer.configuration
    scope_prefix  = var.scope_prefix
  }
}
