# A small API of every kind, which the tests of the plan review change in one way each.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" {
  type = string
}

variable "zip" {
  type = string
}

variable "change" {
  type    = any
  default = {}
}

locals {
  routes = merge({
    "GET /users"        = { authorization = "CUSTOM", authorizer = "signed-in" }
    "POST /users"       = { authorization = "CUSTOM", authorizer = "writers" }
    "OPTIONS /users"    = { authorization = "NONE", integration = "MOCK" }
    "GET /health"       = { authorization = "NONE" }
    "GET /keyed"        = { authorization = "NONE", api_key = true }
    "GET /robots"       = { authorization = "AWS_IAM" }
    "ANY /open"         = { authorization = "NONE" }
    "ANY /open/{path+}" = { authorization = "NONE" }
  }, try(var.change.routes, {}))
  gone   = try(var.change.gone, [])
  served = { for key, route in local.routes : key => route if !contains(local.gone, key) }
  path   = { for key in keys(local.served) : key => trimprefix(key, "${split(" ", key)[0]} /") }
  paths  = distinct(values(local.path))

  rules = try(var.change.rules, {
    signed-in = {}
    writers   = { scopes = ["users:write"], claims = { groups = ["ops"] } }
  })

  authorizers = merge({
    signed-in = { alias = "signed-in" }
    writers   = { alias = "writers", ttl = 0 }
  }, try(var.change.authorizers, {}))
  kept_authorizers = { for name, authorizer in local.authorizers : name => authorizer if !contains(try(var.change.gone_authorizers, []), name) }

  configuration = jsonencode({
    issuers          = try(var.change.issuers, [{ issuer = "https://login.example.com/", audiences = ["api"], algorithms = ["RS256"], keys = { discovery = true } }])
    context_claims   = []
    on_invalid_token = "unauthorized"
    rules            = local.rules
  })
}

resource "aws_iam_role" "function" {
  name               = "${var.name}-function"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = try(var.change.trust, [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]) })
}

resource "aws_iam_role_policy" "function" {
  name   = "function"
  role   = aws_iam_role.function.id
  policy = jsonencode({ Version = "2012-10-17", Statement = try(var.change.statements, [{ Sid = "Read", Effect = "Allow", Action = "dynamodb:GetItem", Resource = "arn:aws:dynamodb:eu-west-1:000000000000:table/users" }]) })
}

resource "aws_lambda_function" "authorizer" {
  function_name    = "${var.name}-authorizer"
  filename         = var.zip
  source_code_hash = try(var.change.code, "first")
  handler          = "m.handler"
  runtime          = "python3.13"
  role             = aws_iam_role.function.arn
  publish          = true

  environment {
    variables = merge(
      { AUTHORIZER_CONFIG = try(var.change.packed, false) ? base64gzip(local.configuration) : local.configuration },
      { for key, value in try(var.change.environment, {}) : key => value if key != "MARKED" },
      try({ MARKED = sensitive(var.change.environment.MARKED) }, {}),
    )
  }
}

resource "aws_lambda_alias" "rule" {
  for_each = local.rules

  name             = each.key
  function_name    = aws_lambda_function.authorizer.function_name
  function_version = aws_lambda_function.authorizer.version
}

resource "aws_lambda_function" "other" {
  count = try(var.change.other, false) ? 1 : 0

  function_name = "${var.name}-other"
  filename      = var.zip
  handler       = "m.handler"
  runtime       = "python3.13"
  role          = aws_iam_role.function.arn
}

resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.authorizer.function_name
  principal     = try(var.change.principal, "apigateway.amazonaws.com")
  source_arn    = try(var.change.no_source, false) ? null : "${aws_api_gateway_rest_api.this.execution_arn}${try(var.change.source, "/*/GET/users")}"
}

resource "aws_api_gateway_rest_api" "this" {
  name                         = var.name
  disable_execute_api_endpoint = try(var.change.closed_endpoint, true)

  endpoint_configuration {
    types = [try(var.change.endpoint, "REGIONAL")]
  }
}

resource "aws_api_gateway_resource" "top" {
  for_each = toset([for path in local.paths : path if length(split("/", path)) == 1])

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = each.key
}

resource "aws_api_gateway_resource" "below" {
  for_each = toset([for path in local.paths : path if length(split("/", path)) == 2])

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.top[split("/", each.key)[0]].id
  path_part   = split("/", each.key)[1]
}

resource "aws_api_gateway_authorizer" "this" {
  for_each = local.kept_authorizers

  name                             = each.key
  rest_api_id                      = aws_api_gateway_rest_api.this.id
  type                             = try(each.value.type, "TOKEN")
  identity_source                  = try(each.value.source, "method.request.header.Authorization")
  identity_validation_expression   = try(each.value.expression, null)
  authorizer_result_ttl_in_seconds = try(each.value.ttl, 300)
  authorizer_uri                   = try(aws_lambda_alias.rule[each.value.alias].invoke_arn, aws_lambda_function.other[0].invoke_arn)
  authorizer_credentials           = aws_iam_role.function.arn

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_method" "this" {
  for_each = local.served

  rest_api_id      = aws_api_gateway_rest_api.this.id
  resource_id      = merge(aws_api_gateway_resource.top, aws_api_gateway_resource.below)[local.path[each.key]].id
  http_method      = split(" ", each.key)[0]
  authorization    = each.value.authorization
  authorizer_id    = try(each.value.authorizer_id, aws_api_gateway_authorizer.this[each.value.authorizer].id, null)
  api_key_required = try(each.value.api_key, false)
}

resource "aws_api_gateway_integration" "this" {
  for_each = local.served

  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_method.this[each.key].resource_id
  http_method             = aws_api_gateway_method.this[each.key].http_method
  type                    = try(each.value.integration, "AWS_PROXY")
  integration_http_method = try(each.value.integration, "AWS_PROXY") == "MOCK" ? null : "POST"
  uri                     = try(each.value.integration, "AWS_PROXY") == "MOCK" ? null : aws_lambda_function.authorizer.invoke_arn

  lifecycle {
    ignore_changes = [integration_http_method] # the local AWS reports one for MOCK too
  }
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  triggers    = { redeployment = try(var.change.deployment, sha256(jsonencode([local.served, local.kept_authorizers]))) }
  depends_on  = [aws_api_gateway_integration.this]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = try(var.change.retention, 30)
}

resource "aws_api_gateway_stage" "this" {
  rest_api_id   = aws_api_gateway_rest_api.this.id
  deployment_id = aws_api_gateway_deployment.this.id
  stage_name    = "live"

  dynamic "access_log_settings" {
    for_each = try(var.change.access_logs, true) ? [true] : []
    content {
      destination_arn = aws_cloudwatch_log_group.access.arn
      format          = "$context.requestId"
    }
  }
}

resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    data_trace_enabled     = try(var.change.data_trace, false)
    logging_level          = try(var.change.logging_level, "ERROR")
    throttling_burst_limit = try(var.change.burst, 50)
    throttling_rate_limit  = try(var.change.rate, 100)
  }
}

# An HTTP API beside it.
resource "aws_apigatewayv2_api" "http" {
  name          = "${var.name}-http"
  protocol_type = "HTTP"

  cors_configuration {
    allow_origins = try(var.change.origins, ["https://app.example.com"])
  }
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  api_id           = aws_apigatewayv2_api.http.id
  name             = "jwt"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    audience = try(var.change.audience, ["web"])
    issuer   = "https://login.example.com/"
  }

  lifecycle {
    ignore_changes = [authorizer_payload_format_version] # the local AWS reports one for JWT too
  }
}

resource "aws_apigatewayv2_route" "orders" {
  api_id               = aws_apigatewayv2_api.http.id
  route_key            = "GET /orders"
  authorization_type   = try(var.change.http, "JWT")
  authorizer_id        = try(var.change.http, "JWT") == "JWT" ? aws_apigatewayv2_authorizer.jwt.id : null
  authorization_scopes = try(var.change.http, "JWT") == "JWT" ? try(var.change.http_scopes, ["orders:read"]) : null
}

resource "aws_apigatewayv2_stage" "http" {
  api_id      = aws_apigatewayv2_api.http.id
  name        = "$default"
  auto_deploy = true
}

resource "terraform_data" "note" {
  for_each = try(var.change.notes, {})

  input = each.value
}

resource "aws_ssm_parameter" "setting" {
  name  = "/${var.name}/setting"
  type  = "SecureString"
  value = try(var.change.parameter, "first-secret-of-the-state")
}
