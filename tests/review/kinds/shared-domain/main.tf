# Two HTTP APIs behind one custom domain: one for tokens, and one whose routes anybody may read.
resource "aws_apigatewayv2_api" "orders" {
  name                         = "orders"
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = true
}

resource "aws_apigatewayv2_authorizer" "login" {
  api_id           = aws_apigatewayv2_api.orders.id
  name             = "login"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = "https://login.example.com/"
    audience = ["shop"]
  }
}

resource "aws_apigatewayv2_integration" "orders" {
  api_id             = aws_apigatewayv2_api.orders.id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = "https://orders.example.com"
}

resource "aws_apigatewayv2_route" "orders" {
  api_id             = aws_apigatewayv2_api.orders.id
  route_key          = "GET /items"
  target             = "integrations/${aws_apigatewayv2_integration.orders.id}"
  authorization_type = "JWT"
  authorizer_id      = aws_apigatewayv2_authorizer.login.id
}

resource "aws_apigatewayv2_stage" "orders" {
  api_id      = aws_apigatewayv2_api.orders.id
  name        = "$default"
  auto_deploy = true
}

resource "aws_apigatewayv2_api" "catalogue" {
  name                         = "catalogue"
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = true
}

resource "aws_apigatewayv2_integration" "catalogue" {
  api_id             = aws_apigatewayv2_api.catalogue.id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = "https://catalogue.example.com"
}

resource "aws_apigatewayv2_route" "catalogue" {
  api_id    = aws_apigatewayv2_api.catalogue.id
  route_key = "GET /items"
  target    = "integrations/${aws_apigatewayv2_integration.catalogue.id}"
}

resource "aws_apigatewayv2_stage" "catalogue" {
  api_id      = aws_apigatewayv2_api.catalogue.id
  name        = "$default"
  auto_deploy = true
}

resource "aws_apigatewayv2_domain_name" "shop" {
  domain_name = "api.shop.example.com"

  domain_name_configuration {
    certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d"
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "orders" {
  api_id          = aws_apigatewayv2_api.orders.id
  api_mapping_key = "orders"
  domain_name     = aws_apigatewayv2_domain_name.shop.id
  stage           = aws_apigatewayv2_stage.orders.id
}

resource "aws_apigatewayv2_api_mapping" "catalogue" {
  api_id          = aws_apigatewayv2_api.catalogue.id
  api_mapping_key = "catalogue"
  domain_name     = aws_apigatewayv2_domain_name.shop.id
  stage           = aws_apigatewayv2_stage.catalogue.id
}
