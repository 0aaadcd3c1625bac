# An HTTP API behind a custom domain: whoever calls shows a certificate, and nobody reaches it by its own endpoint.
resource "aws_apigatewayv2_api" "bank" {
  name                         = "bank"
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = true
}

resource "aws_apigatewayv2_integration" "backend" {
  api_id             = aws_apigatewayv2_api.bank.id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = "https://bank.example.com"
}

resource "aws_apigatewayv2_route" "payments" {
  api_id    = aws_apigatewayv2_api.bank.id
  route_key = "POST /payments"
  target    = "integrations/${aws_apigatewayv2_integration.backend.id}"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.bank.id
  name        = "$default"
  auto_deploy = true
}

resource "aws_apigatewayv2_domain_name" "bank" {
  domain_name = "api.bank.example.com"
  tags        = { Team = "bank" }

  domain_name_configuration {
    certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d"
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }

  mutual_tls_authentication {
    truststore_uri = "s3://trust/partners.pem"
  }
}

resource "aws_apigatewayv2_api_mapping" "bank" {
  api_id      = aws_apigatewayv2_api.bank.id
  domain_name = aws_apigatewayv2_domain_name.bank.id
  stage       = aws_apigatewayv2_stage.default.id
}
