# The authorizer of a release, before the API of this repository. The packages lie in the release, so Terraform needs
# neither Python nor make.

module "jwt_authorizer" {
  # checkov:skip=CKV_TF_1:A tag is what a person reads and compares; who wants more writes the commit in its place.
  source = "git::https://github.com/CHANGE-ME/terraform-aws-jwt-authorizer.git?ref=v1.0.0"

  name        = var.name
  rest_api_id = module.api.rest_api_id
  issuers = [{
    issuer     = "https://login.example.com/"
    audiences  = ["https://orders.example.com"]
    algorithms = ["HS256"]
    keys       = { secret = { generate = "hmac" } }
  }]
  rules = { signed-in = {}, profile = { scopes = ["profile"] } }
}
