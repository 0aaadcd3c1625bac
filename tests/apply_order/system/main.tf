# A system of every kind of API that the modules make, small enough to be applied hundreds of times.

module "authorizer" {
  source = "../../../terraform/modules/jwt-authorizer"

  name     = "authorizer"
  manifest = var.manifest

  bind_policy_to_expiry    = var.bind_policy_to_expiry
  context_claims           = var.context_claims
  environment              = var.environment
  generated_secret_version = var.generated_secret_version
  issuers                  = var.issuers
  memory_mb                = var.memory_mb
  on_invalid_token         = var.on_invalid_token
  provisioned_concurrency  = var.provisioned_concurrency
  recovery_window_days     = 0
  revocation               = var.revocation
  rules                    = var.rules
  telemetry                = var.telemetry
  timeout_seconds          = var.timeout_seconds
  tracing                  = var.tracing
}

module "backend" {
  source   = "../../../terraform/modules/lambda-function"
  for_each = var.backends

  name              = each.key
  manifest          = var.manifest
  package           = each.value.package
  aliases           = each.value.aliases
  memory_mb         = each.value.memory_mb
  environment       = each.value.table ? { TABLE = "${each.key}-records" } : {}
  policy_statements = each.value.table ? { Read = { actions = ["dynamodb:GetItem"], resources = [aws_dynamodb_table.records[each.key].arn] } } : {}
}

resource "aws_dynamodb_table" "records" {
  for_each = { for name, backend in var.backends : name => backend if backend.table }

  name         = "${each.key}-records"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "principal"

  attribute {
    name = "principal"
    type = "S"
  }
}

locals {
  functions = {
    for key, function in var.functions : key => {
      function_name = module.backend[function.backend].function_name
      invoke_arn    = module.backend[function.backend].aliases[function.alias].invoke_arn
      qualifier     = function.alias
    }
  }
}

module "rest_authorizer" {
  source = "../../../terraform/modules/rest-authorizer"

  name        = "system"
  rest_api_id = module.rest_api.rest_api_id
  rules       = module.authorizer.rules
}

module "rest_api" {
  source = "../../../terraform/modules/rest-api"

  name            = "system"
  stage_name      = "v1"
  routes          = var.routes
  authorizers     = module.rest_authorizer.authorizers
  functions       = local.functions
  access_logs     = var.access_logs
  cors            = var.cors
  stage_variables = var.stage_variables
  throttling      = var.throttling
}

module "websocket_api" {
  source = "../../../terraform/modules/websocket-api"

  name             = "system-websocket"
  stage_name       = "v1"
  routes           = var.websocket_routes
  rules            = module.authorizer.rules
  functions        = local.functions
  access_logs      = var.access_logs
  identity_sources = var.websocket_identity_sources
  throttling       = var.throttling
}

# The HTTP API is somebody's own; the module adds authorizers to it.

resource "aws_apigatewayv2_api" "http" {
  name          = "system-http"
  protocol_type = "HTTP"
}

module "http_authorizer" {
  source = "../../../terraform/modules/http-authorizer"

  name     = "system-http"
  api_id   = aws_apigatewayv2_api.http.id
  rules    = { for name, rule in module.authorizer.rules : name => rule if contains(var.http_rules, name) }
  settings = var.http_settings
}

resource "aws_apigatewayv2_integration" "http" {
  for_each = local.functions

  api_id                 = aws_apigatewayv2_api.http.id
  integration_type       = "AWS_PROXY"
  integration_uri        = each.value.invoke_arn
  payload_format_version = "2.0"
  depends_on             = [aws_lambda_permission.http]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_apigatewayv2_route" "http" {
  for_each = var.http_routes

  api_id             = aws_apigatewayv2_api.http.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.http[each.value.function].id}"
  authorization_type = each.value.rule == null ? "NONE" : "CUSTOM"
  authorizer_id      = each.value.rule == null ? null : module.http_authorizer.authorizers[each.value.rule].id
}

resource "aws_apigatewayv2_stage" "http" {
  api_id      = aws_apigatewayv2_api.http.id
  name        = "v1"
  auto_deploy = true
}

resource "aws_lambda_permission" "http" {
  for_each = local.functions

  # The API serves at once what a route says, so the permission for a function's other alias stands beside the old one.
  statement_id  = "http-${each.key}-${each.value.qualifier}"
  action        = "lambda:InvokeFunction"
  function_name = each.value.function_name
  qualifier     = each.value.qualifier
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.http.execution_arn}/*"

  lifecycle {
    create_before_destroy = true
  }
}
