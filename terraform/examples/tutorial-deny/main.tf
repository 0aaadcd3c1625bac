module "backend" {
  source = "../../modules/lambda-function"

  name     = "${var.name}-backend"
  manifest = var.manifest
  package  = "backend"
  aliases  = ["live"]
}

module "authorizer" {
  source = "../../modules/jwt-authorizer"

  name     = "${var.name}-authorizer"
  manifest = var.manifest

  issuers = [{
    issuer     = null # the tutorial's token carries no iss,
    audiences  = []   # no aud,
    algorithms = ["HS256"]
    keys       = { secret = { environment = "SECRET" } }

    required_claims      = []     # no exp,
    principal_fallback   = "user" # no sub,
    minimum_secret_bytes = 9      # and "my-secret" is nine bytes long.
  }]

  environment      = { SECRET = var.secret }
  context_claims   = ["*"]
  on_invalid_token = "deny"
  rules            = { signed-in = {} }
}

module "rest_authorizer" {
  source = "../../modules/rest-authorizer"

  name        = var.name
  rest_api_id = module.api.rest_api_id
  rules       = module.authorizer.rules
}

module "api" {
  source = "../../modules/rest-api"

  name        = var.name
  stage_name  = "v1"
  access_logs = false # they need the region's account settings to name a role: see the module
  authorizers = module.rest_authorizer.authorizers
  routes      = { "GET /hello" = { function = "backend", rule = "signed-in" } }

  functions = {
    backend = {
      function_name = module.backend.function_name
      qualifier     = "live"
      invoke_arn    = module.backend.aliases["live"].invoke_arn
    }
  }
}
