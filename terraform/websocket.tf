module "websocket_api" {
  source = "./modules/websocket-api"
  count  = var.websocket == null ? 0 : 1

  name        = "${local.name}-websocket"
  description = "A WebSocket API that accepts the JWTs its authorizer trusts."
  stage_name  = var.environment

  identity_sources = var.websocket.identity_sources
  rules            = module.authorizer.rules
  routes = {
    "$connect"    = { function = "backend", rule = var.websocket.rule }
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

  access_logs        = var.websocket.access_logs
  kms_key_arn        = var.kms_key_arn
  log_retention_days = var.log_retention_days
  throttling         = var.throttling
}

# A policy of its own: its ARN holds the API's id, which a first plan does not know, and hides nothing else with it.
resource "aws_iam_role_policy" "backend_answers_connections" {
  count = var.websocket == null ? 0 : 1

  name = "answer-connections"
  role = module.backend.role_name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [module.websocket_api[0].manage_connections_statement]
  })
}
