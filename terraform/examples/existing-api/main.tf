# The authorizer, attached to an API that is there already. All it needs of that API is the id.

module "authorizer" {
  source = "../../modules/jwt-authorizer"

  name     = "${var.name}-authorizer"
  manifest = var.manifest

  issuers = [{
    issuer          = "https://login.example.com/"
    audiences       = ["https://orders.example.com"]
    algorithms      = ["HS256"]
    keys            = { secret = { generate = "hmac" } }
    required_claims = ["exp", "sub"]
  }]

  rules = {
    signed-in    = {}
    orders-write = { scopes = ["orders:write"], cache_seconds = 60 }
  }

  recovery_window_days = 0
}

module "rest_authorizer" {
  source = "../../modules/rest-authorizer"

  name        = var.name
  rest_api_id = aws_api_gateway_rest_api.orders.id
  rules       = module.authorizer.rules
}
