# An HTTP API that is described by OpenAPI, with a template for what differs between environments.
locals {
  issuer = "https://login.example.com/"
}

resource "aws_apigatewayv2_api" "orders" {
  name          = "orders"
  protocol_type = "HTTP"
  body          = templatefile("${path.module}/openapi.yaml", { issuer = local.issuer })
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.orders.id
  name        = "$default"
  auto_deploy = true
}
