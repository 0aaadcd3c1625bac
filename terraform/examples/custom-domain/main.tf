# A domain name that asks clients for certificates, and a rule that asks for the token's own certificate.

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
    issuer     = "https://login.example.com/"
    audiences  = ["https://api.example.com"]
    algorithms = ["RS256"]
    keys       = { discovery = true }
  }]

  rules = {
    signed-in = {}
    bound     = { binding = "mtls", type = "REQUEST", cache_seconds = 0 }
  }
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
  authorizers = module.rest_authorizer.authorizers
  access_logs = false # they need the account's settings

  # The execute-api URL asks for no certificate.
  disable_execute_api_endpoint = true

  functions = {
    backend = {
      function_name = module.backend.function_name
      qualifier     = "live"
      invoke_arn    = module.backend.aliases["live"].invoke_arn
    }
  }

  routes = {
    "GET /hello" = { function = "backend", rule = "signed-in" }
    "GET /me"    = { function = "backend", rule = "bound" }
  }
}

module "domain_name" {
  source = "../../modules/domain-name"

  domain_name     = var.domain_name
  certificate_arn = var.certificate_arn
  mutual_tls      = { truststore_uri = var.truststore_uri, truststore_version = var.truststore_version }
  mappings        = { orders = { rest_api_id = module.api.rest_api_id, stage_name = module.api.stage_name } }
}
