module "websocket" {
  source = "./modules/schema"

  definitions = jsondecode(file("${path.module}/modules/schema/inputs.schema.json"))["$defs"]
  path        = "websocket"
  row         = { "$ref" = "#/$defs/websocket" }
  value       = var.websocket
}

locals {
  websocket = module.websocket.value == null ? null : {
    access_logs      = coalesce(try(module.websocket.value.access_logs, null), true)
    identity_sources = try(toset(module.websocket.value.identity_sources), toset(["route.request.header.Authorization"]))
    rule             = try(module.websocket.value.rule, null)
    subprotocol      = coalesce(try(module.websocket.value.subprotocol, null), "jwt")
  }
}

module "websocket_api" {
  source = "./modules/websocket-api"
  count  = local.websocket == null ? 0 : 1

  name        = "${local.name}-websocket"
  description = "A WebSocket API that accepts the JWTs its authorizer trusts."
  stage_name  = var.environment

  identity_sources = local.websocket.identity_sources
  rules            = module.authorizer.rules
  routes = {
    "$connect"    = { function = "backend", rule = local.websocket.rule }
    "$default"    = { function = "backend" }
    "$disconnect" = { function = "backend" }
  }
  functions = {
    backend = {
      function_name = module.backend.function_name
      qualifier     = "live"
      invoke_arn    = module.backend.aliases["live"].invoke_arn
    }
  }

  access_logs              = local.websocket.access_logs
  kms_key_arn              = var.kms_key_arn
  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  role_path                = var.role_path
  throttling               = var.throttling
}

# A policy of its own: its ARN holds the API's id, which a first plan does not know, and hides nothing else with it.
resource "aws_iam_role_policy" "backend_answers_connections" {
  count = local.websocket == null ? 0 : 1

  name = "answer-connections"
  role = module.backend.role_name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [module.websocket_api[0].manage_connections_statement]
  })
}
