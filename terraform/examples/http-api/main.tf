module "authorizer" {
  source = "../../modules/jwt-authorizer"

  name     = "${var.name}-authorizer"
  manifest = var.manifest

  issuers = [{
    issuer          = "https://login.example.com/"
    audiences       = ["https://api.example.com"]
    algorithms      = ["HS256"]
    keys            = { secret = { generate = "hmac" } }
    required_claims = ["exp", "sub"]
  }]

  rules = {
    signed-in = {}                                                                   # answers with a policy
    profile   = { scopes = ["profile"], simple_response = true, cache_seconds = 60 } # answers isAuthorized
  }

  context_claims       = ["foo"]
  recovery_window_days = 0
}

module "http_authorizer" {
  source = "../../modules/http-authorizer"

  name   = var.name
  api_id = aws_apigatewayv2_api.existing.id
  rules  = module.authorizer.rules
}

# The two lines that an existing route needs: authorization_type and authorizer_id.
resource "aws_apigatewayv2_route" "existing" {
  for_each = {
    "GET /hello" = "signed-in"
    "GET /me"    = "profile"
    "PUT /me"    = "profile"
  }

  api_id             = aws_apigatewayv2_api.existing.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.existing.id}"
  authorization_type = "CUSTOM"
  authorizer_id      = module.http_authorizer.authorizers[each.value].id
}
