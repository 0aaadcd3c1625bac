# An HTTP API whose routes ask for a JWT of one issuer.
resource "aws_apigatewayv2_api" "orders" {
  name          = "orders"
  protocol_type = "HTTP"
  description   = "Orders."
}

resource "aws_apigatewayv2_authorizer" "login" {
  api_id           = aws_apigatewayv2_api.orders.id
  name             = "login"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = "https://login.example.com/"
    audience = ["orders"]
  }
}

resource "aws_apigatewayv2_integration" "backend" {
  api_id                 = aws_apigatewayv2_api.orders.id
  integration_type       = "HTTP_PROXY"
  integration_method     = "ANY"
  integration_uri        = "https://backend.example.com"
  payload_format_version = "1.0"
}

resource "aws_apigatewayv2_route" "list" {
  api_id               = aws_apigatewayv2_api.orders.id
  route_key            = "GET /orders"
  target               = "integrations/${aws_apigatewayv2_integration.backend.id}"
  authorization_type   = "JWT"
  authorizer_id        = aws_apigatewayv2_authorizer.login.id
  authorization_scopes = ["orders:read"]
}

resource "aws_apigatewayv2_route" "create" {
  api_id             = aws_apigatewayv2_api.orders.id
  route_key          = "POST /orders"
  target             = "integrations/${aws_apigatewayv2_integration.backend.id}"
  authorization_type = "JWT"
  authorizer_id      = aws_apigatewayv2_authorizer.login.id
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.orders.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_burst_limit = 100
    throttling_rate_limit  = 50
  }
}
