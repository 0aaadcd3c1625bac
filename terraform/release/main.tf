# The root module of a release: the authorizer before a REST API that is there already. What it does not offer, its two
# modules do.

module "jwt_authorizer" {
  source = "../modules/jwt-authorizer"

  name         = "${var.name}-authorizer"
  architecture = var.architecture
  manifest     = var.manifest

  context_claims   = var.context_claims
  issuers          = var.issuers
  on_invalid_token = var.on_invalid_token
  revocation       = var.revocation
  rules            = var.rules
  tags             = var.tags
}

module "rest_authorizer" {
  source = "../modules/rest-authorizer"

  name        = var.name
  rest_api_id = var.rest_api_id
  rules       = module.jwt_authorizer.rules
  tags        = var.tags
}
