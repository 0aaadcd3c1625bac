# An API of one OpenAPI document, behind CloudFront (EDGE), whose operations our authorizers guard.

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

  rules = {
    signed-in    = {}
    orders-write = { scopes = ["orders:write"] }
  }
}

locals {
  # An authorizer for each rule, as API Gateway reads it in a document. Without a role: its ARN would be unknown in the first
  # plan, and with it the whole document, of which a reviewer would see nothing. A permission stands for it below.
  security_schemes = {
    for rule, alias in module.authorizer.rules : rule => {
      type                           = "apiKey"
      name                           = "Authorization"
      in                             = "header"
      "x-amazon-apigateway-authtype" = "custom"
      "x-amazon-apigateway-authorizer" = {
        type                         = lower(alias.type)
        authorizerUri                = alias.invoke_arn
        authorizerResultTtlInSeconds = alias.cache_seconds
      }
    }
  }

  # What is behind the operations does not matter here.
  integration = {
    type             = "mock"
    requestTemplates = { "application/json" = jsonencode({ statusCode = 200 }) }
    responses        = { default = { statusCode = "200" } }
  }

  document = {
    openapi    = "3.0.1"
    info       = { title = var.name, version = "1" }
    components = { securitySchemes = local.security_schemes }
    paths = {
      "/orders" = {
        get = {
          security                          = [{ signed-in = [] }]
          responses                         = { "200" = { description = "The orders." } }
          "x-amazon-apigateway-integration" = local.integration
        }
        post = {
          security                          = [{ orders-write = [] }]
          responses                         = { "200" = { description = "The new order." } }
          "x-amazon-apigateway-integration" = local.integration
        }
      }
    }
  }
}

resource "aws_api_gateway_rest_api" "orders" {
  # checkov:skip=CKV_AWS_237:Nothing that changes here replaces the API; if anything did, two of them would only hide that its URL changes.
  name = var.name
  body = jsonencode(local.document)

  endpoint_configuration {
    types = ["EDGE"]
  }
}

# The authorizers of this API may call the rules' aliases.
resource "aws_lambda_permission" "authorizer" {
  for_each = module.authorizer.rules

  statement_id_prefix = "authorizer-"
  action              = "lambda:InvokeFunction"
  function_name       = module.authorizer.function_name
  qualifier           = each.key
  principal           = "apigateway.amazonaws.com"
  source_arn          = "${aws_api_gateway_rest_api.orders.execution_arn}/authorizers/*"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_deployment" "orders" {
  rest_api_id = aws_api_gateway_rest_api.orders.id

  triggers = {
    document = sha256(jsonencode(local.document))
  }

  depends_on = [aws_lambda_permission.authorizer]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "orders" {
  # checkov:skip=CKV_AWS_73:The API stands for somebody else's, whose settings these are.
  # checkov:skip=CKV_AWS_76:The API stands for somebody else's, whose settings these are.
  # checkov:skip=CKV_AWS_120:The API stands for somebody else's, whose settings these are.
  # checkov:skip=CKV2_AWS_29:The API stands for somebody else's, whose settings these are.
  # checkov:skip=CKV2_AWS_4:The API stands for somebody else's, whose settings these are.
  # checkov:skip=CKV2_AWS_51:The API stands for somebody else's, whose settings these are.
  rest_api_id   = aws_api_gateway_rest_api.orders.id
  deployment_id = aws_api_gateway_deployment.orders.id
  stage_name    = "v1"
}
