resource "aws_dynamodb_table" "records" {
  # checkov:skip=CKV_AWS_28:A tutorial's records are thrown away with it; the root's are recoverable.
  # checkov:skip=CKV_AWS_119:A tutorial needs no key of its own; the root takes one.
  name         = "${var.name}-records"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "principal"

  attribute {
    name = "principal"
    type = "S"
  }
}

module "backend" {
  source = "../../modules/lambda-function"

  name        = "${var.name}-backend"
  manifest    = var.manifest
  package     = "backend"
  aliases     = ["live"]
  environment = { RECORDS_TABLE = aws_dynamodb_table.records.name }

  policy_statements = {
    UseRecords = {
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
      resources = [aws_dynamodb_table.records.arn]
    }
  }
}

module "authorizer" {
  source = "../../modules/jwt-authorizer"

  name     = "${var.name}-authorizer"
  manifest = var.manifest

  issuers = [{
    issuer     = null # the tutorial's tokens carry no iss,
    audiences  = []   # no aud,
    algorithms = ["HS256"]
    keys       = { secret = { environment = "AUTH_TOKEN_SALT" } }

    required_claims = ["userId"] # and no exp.
    principal_claim = "userId"
  }]

  environment    = { AUTH_TOKEN_SALT = var.auth_token_salt }
  context_claims = ["*"]
  rules          = { signed-in = {} }
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

  routes = {
    "GET /me" = { function = "backend", rule = "signed-in" }
    "PUT /me" = { function = "backend", rule = "signed-in" }
  }

  functions = {
    backend = {
      function_name = module.backend.function_name
      qualifier     = "live"
      invoke_arn    = module.backend.aliases["live"].invoke_arn
    }
  }
}
