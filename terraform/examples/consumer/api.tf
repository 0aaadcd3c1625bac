# The API of this repository: one map says what each route asks for.

module "api" {
  # checkov:skip=CKV_TF_1:A tag is what a person reads and compares; who wants more writes the commit in its place.
  source = "git::https://github.com/CHANGE-ME/terraform-aws-jwt-authorizer.git//modules/rest-api?ref=v1.0.0"

  name        = var.name
  stage_name  = "v1"
  access_logs = false # they need the region's account settings to name a role: see the module
  authorizers = module.jwt_authorizer.authorizers

  routes = {
    "GET /hello" = { function = "backend", rule = "signed-in" }
    "GET /me"    = { function = "backend", rule = "profile" }
  }
  functions = {
    backend = {
      function_name = module.backend.function_name
      qualifier     = "live"
      invoke_arn    = module.backend.aliases["live"].invoke_arn
    }
  }
}

# It stands for a function of yours.
module "backend" {
  # checkov:skip=CKV_TF_1:A tag is what a person reads and compares; who wants more writes the commit in its place.
  source = "git::https://github.com/CHANGE-ME/terraform-aws-jwt-authorizer.git//modules/lambda-function?ref=v1.0.0"

  name    = "${var.name}-backend"
  package = "backend"
  aliases = ["live"]
}
