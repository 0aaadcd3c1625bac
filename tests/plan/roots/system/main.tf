# Every module of ours in one system, as a platform team composes them: what the tests of order and of depends_on apply and change.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

variable "manifest" {
  type = string
}

variable "before" {
  description = "Changes something that every module waits for."
  type        = string
  default     = "this"
}

variable "access_logs" {
  type    = bool
  default = true
}

variable "function_keys" {
  description = "Name that routes use => the backend it stands for."
  type        = map(string)
  default     = { first = "first", second = "second" }
}

variable "issuers" {
  type = any
  default = [{
    issuer     = "https://login.example.com/"
    audiences  = ["api"]
    algorithms = ["HS256"]
    keys       = { secret = { generate = "hmac" } }
  }]
}

variable "revocation" {
  type    = any
  default = null
}

variable "role_path" {
  type    = string
  default = "/"
}

variable "routes" {
  type = any
  default = {
    "GET /orders"  = { function = "first", rule = "signed-in" }
    "POST /orders" = { function = "first", rule = "writers" }
  }
}

variable "rules" {
  type    = any
  default = { signed-in = {}, writers = { scopes = ["write"] } }
}

variable "rules_of_routes" {
  description = "The rules of the HTTP API's route and of $connect."
  type        = string
  default     = "writers"
}

resource "terraform_data" "before" {
  input = var.before
}

module "backend" {
  source   = "../../../../terraform/modules/lambda-function"
  for_each = toset(["first", "second"])

  name     = "system-${each.key}"
  manifest = var.manifest
  package  = "backend"
  aliases  = ["live"]

  depends_on = [terraform_data.before]
}

locals {
  functions = {
    for key, backend in var.function_keys : key => {
      function_name = module.backend[backend].function_name
      qualifier     = "live"
      invoke_arn    = module.backend[backend].aliases["live"].invoke_arn
    }
  }
}

module "authorizer" {
  source = "../../../../terraform/modules/jwt-authorizer"

  name                 = "system-authorizer"
  manifest             = var.manifest
  issuers              = var.issuers
  rules                = var.rules
  revocation           = var.revocation
  recovery_window_days = 0
  role_path            = var.role_path

  depends_on = [terraform_data.before]
}

module "rest_authorizer" {
  source = "../../../../terraform/modules/rest-authorizer"

  name        = "system"
  rest_api_id = module.rest_api.rest_api_id
  rules       = module.authorizer.rules
  role_path   = var.role_path

  depends_on = [terraform_data.before]
}

module "rest_api" {
  source = "../../../../terraform/modules/rest-api"

  name        = "system"
  stage_name  = "v1"
  routes      = var.routes
  authorizers = module.rest_authorizer.authorizers
  functions   = local.functions
  access_logs = var.access_logs

  depends_on = [terraform_data.before]
}

resource "aws_apigatewayv2_api" "http" {
  name          = "system-http"
  protocol_type = "HTTP"
}

module "http_authorizer" {
  source = "../../../../terraform/modules/http-authorizer"

  name      = "system-http"
  api_id    = aws_apigatewayv2_api.http.id
  rules     = module.authorizer.rules
  role_path = var.role_path

  depends_on = [terraform_data.before]
}

resource "aws_apigatewayv2_integration" "http" {
  api_id                 = aws_apigatewayv2_api.http.id
  integration_type       = "AWS_PROXY"
  integration_uri        = module.backend["first"].aliases["live"].invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "http" {
  api_id             = aws_apigatewayv2_api.http.id
  route_key          = "GET /orders"
  target             = "integrations/${aws_apigatewayv2_integration.http.id}"
  authorization_type = "CUSTOM"
  authorizer_id      = module.http_authorizer.authorizers[var.rules_of_routes].id
}

module "websocket_api" {
  source = "../../../../terraform/modules/websocket-api"

  name        = "system-websocket"
  stage_name  = "v1"
  access_logs = var.access_logs
  rules       = module.authorizer.rules
  functions   = local.functions
  routes      = { "$connect" = { function = keys(var.function_keys)[0], rule = var.rules_of_routes } }
  role_path   = var.role_path

  depends_on = [terraform_data.before]
}

module "observability" {
  source = "../../../../terraform/modules/observability"

  name           = "system"
  function_name  = module.authorizer.function_name
  log_group_name = module.authorizer.log_group_name

  depends_on = [terraform_data.before]
}
