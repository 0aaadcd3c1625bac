# A private REST API that one VPC endpoint reaches.
resource "aws_vpc_endpoint" "api" {
  vpc_id              = "vpc-0a1b2c3d"
  service_name        = "com.amazonaws.eu-west-1.execute-api"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = ["subnet-0a1b2c3d"]
  security_group_ids  = ["sg-0a1b2c3d"]
}

resource "aws_api_gateway_rest_api" "ledger" {
  name = "ledger"
  tags = { Team = "ledger" }

  endpoint_configuration {
    types            = ["PRIVATE"]
    vpc_endpoint_ids = [aws_vpc_endpoint.api.id]
  }
}

resource "aws_api_gateway_rest_api_policy" "endpoint" {
  rest_api_id = aws_api_gateway_rest_api.ledger.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "execute-api:Invoke"
      Resource  = "execute-api:/*"
      Condition = { StringEquals = { "aws:SourceVpce" = aws_vpc_endpoint.api.id } }
    }]
  })
}

resource "aws_api_gateway_method" "root" {
  rest_api_id   = aws_api_gateway_rest_api.ledger.id
  resource_id   = aws_api_gateway_rest_api.ledger.root_resource_id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "root" {
  rest_api_id             = aws_api_gateway_rest_api.ledger.id
  resource_id             = aws_api_gateway_rest_api.ledger.root_resource_id
  http_method             = aws_api_gateway_method.root.http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "GET"
  uri                     = "https://ledger.example.com"
}

resource "aws_api_gateway_deployment" "ledger" {
  rest_api_id = aws_api_gateway_rest_api.ledger.id
  triggers    = { redeployment = sha256(jsonencode([aws_api_gateway_method.root, aws_api_gateway_rest_api_policy.endpoint])) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.ledger.id
  deployment_id = aws_api_gateway_deployment.ledger.id
  stage_name    = "live"
}
