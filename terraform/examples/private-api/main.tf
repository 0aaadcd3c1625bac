# A REST API that is reached from a VPC alone, by one VPC endpoint, and asks for a token there.

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
    algorithms = ["HS256"]
    keys       = { secret = { generate = "hmac" } }
  }]

  rules = { signed-in = {} }
}

module "rest_authorizer" {
  source = "../../modules/rest-authorizer"

  name        = var.name
  rest_api_id = module.api.rest_api_id
  rules       = module.authorizer.rules
}

module "api" {
  source = "../../modules/rest-api"

  name             = var.name
  stage_name       = "v1"
  authorizers      = module.rest_authorizer.authorizers
  access_logs      = false # they need the account's settings
  endpoint_type    = "PRIVATE"
  vpc_endpoint_ids = [var.vpc_endpoint_id]

  # Everybody is let in, and then all who do not come by the endpoint are refused: a Deny is above every Allow, that of the
  # authorizer too.
  resource_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action    = "execute-api:Invoke"
        Resource  = "execute-api:/*"
      },
      {
        Effect    = "Deny"
        Principal = "*"
        Action    = "execute-api:Invoke"
        Resource  = "execute-api:/*"
        Condition = { StringNotEquals = { "aws:SourceVpce" = var.vpc_endpoint_id } }
      },
    ]
  })

  functions = {
    backend = {
      function_name = module.backend.function_name
      qualifier     = "live"
      invoke_arn    = module.backend.aliases["live"].invoke_arn
    }
  }

  routes = { "GET /hello" = { function = "backend", rule = "signed-in" } }
}
