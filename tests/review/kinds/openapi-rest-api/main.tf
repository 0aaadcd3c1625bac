# A REST API that is described by OpenAPI.
resource "aws_api_gateway_rest_api" "orders" {
  name = "orders"
  body = templatefile("${path.module}/openapi.json", { pool = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_aaaaaaaaa" })
}

resource "aws_api_gateway_deployment" "orders" {
  rest_api_id = aws_api_gateway_rest_api.orders.id
  triggers    = { redeployment = sha256(aws_api_gateway_rest_api.orders.body) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.orders.id
  deployment_id = aws_api_gateway_deployment.orders.id
  stage_name    = "live"
}
