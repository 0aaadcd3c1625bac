# What `make acceptance` applies once to a real account, asks, and destroys: nothing here is for use.

locals {
  # Each is an authorizer of its own, with a secret of its own: what one of them shows must not depend on another.
  authorizers = {
    plain = { rules = { signed-in = {}, scoped = { scopes = ["write"] } } }
    bound = { rules = { bound = {} }, bind_policy_to_expiry = true }
    full  = { rules = { signed-in = {} }, issuers = [local.public_issuer] } # the package with cryptography
    snap  = { rules = { signed-in = {} }, snap_start = var.snap_start }
    ready = { rules = { signed-in = {} }, provisioned_concurrency = { executions = 1 } }
  }

  issuer = {
    issuer          = "https://acceptance.example.com/"
    audiences       = ["https://api.example.com"]
    algorithms      = ["HS256"]
    keys            = { secret = { generate = "hmac" } }
    required_claims = ["exp", "sub"]
    leeway_seconds  = 5 # the clock of the machine that signs
    usage_key_claim = "tenant_key"
  }

  # Nobody signs for it: it makes the module take the package that knows public keys.
  public_issuer = {
    issuer     = "https://public.example.com/"
    audiences  = ["https://api.example.com"]
    algorithms = ["EdDSA"]
    keys       = { jwks = { keys = [{ kty = "OKP", crv = "Ed25519", kid = "rfc8037", x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] } }
  }

  functions = {
    backend = {
      function_name = module.backend.function_name
      qualifier     = "live"
      invoke_arn    = module.backend.aliases["live"].invoke_arn
    }
  }
}

module "authorizer" {
  source   = "../modules/jwt-authorizer"
  for_each = local.authorizers

  name                    = "${var.name}-${each.key}"
  manifest                = var.manifest
  issuers                 = concat([local.issuer], try(each.value.issuers, []))
  rules                   = each.value.rules
  bind_policy_to_expiry   = try(each.value.bind_policy_to_expiry, false)
  context_claims          = ["foo"]
  provisioned_concurrency = try(each.value.provisioned_concurrency, null)
  snap_start              = try(each.value.snap_start, false)
  recovery_window_days    = 0
  log_retention_days      = 1
}

module "backend" {
  source = "../modules/lambda-function"

  name               = "${var.name}-backend"
  manifest           = var.manifest
  package            = "backend"
  aliases            = ["live"]
  log_retention_days = 1
}

module "rest_authorizer" {
  source   = "../modules/rest-authorizer"
  for_each = toset(["bound", "plain"])

  name        = "${var.name}-${each.key}"
  rest_api_id = module.rest_api.rest_api_id
  rules       = module.authorizer[each.key].rules
}

module "rest_api" {
  source = "../modules/rest-api"

  name        = "${var.name}-rest"
  stage_name  = "v1"
  access_logs = var.access_logs
  authorizers = merge([for authorizers in module.rest_authorizer : authorizers.authorizers]...)
  functions   = local.functions

  routes = {
    "GET /hello"   = { function = "backend", rule = "signed-in" }
    "GET /bound"   = { function = "backend", rule = "bound" }
    "GET /metered" = { function = "backend", rule = "signed-in", api_key_required = true }
    "GET /scoped"  = { function = "backend", rule = "scoped" }
  }

  usage_plans = { tenants = { quota = { limit = 1000, period = "DAY" } } }
  usage_keys  = { tenant = { plan = "tenants", value = var.usage_key } }
}

resource "aws_apigatewayv2_api" "http" {
  name          = "${var.name}-http"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "http" {
  api_id                 = aws_apigatewayv2_api.http.id
  integration_type       = "AWS_PROXY"
  integration_uri        = local.functions.backend.invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_stage" "http" {
  # checkov:skip=CKV_AWS_76:It stands for minutes, and its answers are all that is looked at.
  api_id      = aws_apigatewayv2_api.http.id
  name        = "v1"
  auto_deploy = true

  default_route_settings {
    throttling_burst_limit = 50
    throttling_rate_limit  = 100
  }
}

resource "aws_lambda_permission" "http" {
  statement_id  = "api-gateway-${aws_apigatewayv2_api.http.id}"
  action        = "lambda:InvokeFunction"
  function_name = module.backend.function_name
  qualifier     = "live"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.http.execution_arn}/*"

  # The function's name is known before its alias exists.
  depends_on = [module.backend]
}

module "http_authorizer" {
  source = "../modules/http-authorizer"

  name   = "${var.name}-http"
  api_id = aws_apigatewayv2_api.http.id
  rules  = module.authorizer["plain"].rules
}

resource "aws_apigatewayv2_route" "http" {
  for_each = { "GET /hello" = "signed-in", "GET /scoped" = "scoped" }

  api_id             = aws_apigatewayv2_api.http.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.http.id}"
  authorization_type = "CUSTOM"
  authorizer_id      = module.http_authorizer.authorizers[each.value].id
}

module "websocket_api" {
  source = "../modules/websocket-api"

  name        = "${var.name}-websocket"
  stage_name  = "v1"
  rules       = module.authorizer["plain"].rules
  functions   = local.functions
  access_logs = false

  routes = {
    "$connect"    = { function = "backend", rule = "scoped" }
    "$default"    = { function = "backend" }
    "$disconnect" = { function = "backend" }
  }
}

# A policy of its own: its ARN holds the API's id, which a first plan does not know, and hides nothing else with it.
resource "aws_iam_role_policy" "backend_answers_connections" {
  name = "answer-connections"
  role = module.backend.role_name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [module.websocket_api.manage_connections_statement]
  })
}
