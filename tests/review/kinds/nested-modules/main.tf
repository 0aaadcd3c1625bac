# A REST API whose routes are modules inside a module.
resource "aws_api_gateway_rest_api" "shop" {
  name = "shop"
}

module "orders" {
  source = "./service"

  rest_api_id = aws_api_gateway_rest_api.shop.id
  parent_id   = aws_api_gateway_rest_api.shop.root_resource_id
  path        = "orders"
  methods     = { GET = "AWS_IAM", POST = "AWS_IAM" }
}

module "prices" {
  source = "./service"

  rest_api_id = aws_api_gateway_rest_api.shop.id
  parent_id   = aws_api_gateway_rest_api.shop.root_resource_id
  path        = "prices"
  methods     = { GET = "AWS_IAM" }
}

resource "aws_api_gateway_deployment" "shop" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  triggers    = { redeployment = sha256(jsonencode([module.orders.content, module.prices.content])) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  deployment_id = aws_api_gateway_deployment.shop.id
  stage_name    = "live"
  description   = "What customers use."
}
