module "backend" {
  source = "../../modules/lambda-function"

  name        = "${var.name}-backend"
  manifest    = var.manifest
  package     = "backend"
  aliases     = ["live"]
  environment = { SUBPROTOCOL = "jwt" } # what $connect answers to clients that offer it; the token follows it
}

module "authorizer" {
  source = "../../modules/jwt-authorizer"

  name     = "${var.name}-authorizer"
  manifest = var.manifest

  issuers = [{
    issuer          = "https://login.example.com/"
    audiences       = ["chat"]
    algorithms      = ["HS256"]
    keys            = { secret = { generate = "hmac" } }
    required_claims = ["exp", "sub"]
  }]

  rules = {
    chat = {
      scopes        = ["chat"]
      type          = "REQUEST" # the only one that WebSocket APIs know, and
      cache_seconds = 0         # they cache nothing

      # Services have headers, browsers only the other two. What is in a query string ends up in logs on its way.
      token = ["header.Authorization", "subprotocol.jwt", "querystring.token"]
    }
  }

  recovery_window_days = 0
}

module "api" {
  source = "../../modules/websocket-api"

  name             = var.name
  stage_name       = "v1"
  rules            = module.authorizer.rules
  identity_sources = []    # API Gateway asks for all of those listed, and a token is in one of three places only
  access_logs      = false # they need the region's account settings to name a role: see the module

  routes = {
    "$connect"    = { function = "backend", rule = "chat" }
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
}

# A policy of its own: its ARN holds the API's id, which a first plan does not know, and hides nothing else with it.
resource "aws_iam_role_policy" "backend_answers_connections" {
  name = "answer-connections"
  role = module.backend.role_name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [module.api.manage_connections_statement]
  })
}
