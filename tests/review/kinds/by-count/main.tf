# Methods by count, over a list of verbs, with a resource that some environments leave out.
locals {
  verbs         = ["GET", "POST"]
  authorization = "AWS_IAM"
  with_admin    = true
}

resource "aws_api_gateway_rest_api" "orders" {
  name = "orders"
  tags = { Team = "orders" }
}

resource "aws_api_gateway_resource" "orders" {
  rest_api_id = aws_api_gateway_rest_api.orders.id
  parent_id   = aws_api_gateway_rest_api.orders.root_resource_id
  path_part   = "orders"
}

resource "aws_api_gateway_resource" "admin" {
  count = local.with_admin ? 1 : 0

  rest_api_id = aws_api_gateway_rest_api.orders.id
  parent_id   = aws_api_gateway_rest_api.orders.root_resource_id
  path_part   = "admin"
}

resource "aws_api_gateway_method" "orders" {
  count = length(local.verbs)

  rest_api_id   = aws_api_gateway_rest_api.orders.id
  resource_id   = aws_api_gateway_resource.orders.id
  http_method   = local.verbs[count.index]
  authorization = local.authorization
}

resource "aws_api_gateway_method" "admin" {
  count = local.with_admin ? 1 : 0

  rest_api_id   = aws_api_gateway_rest_api.orders.id
  resource_id   = aws_api_gateway_resource.admin[0].id
  http_method   = "ANY"
  authorization = "AWS_IAM"
}

resource "aws_api_gateway_deployment" "orders" {
  rest_api_id = aws_api_gateway_rest_api.orders.id
  triggers    = { redeployment = jsonencode([local.verbs, local.authorization, local.with_admin]) }
  depends_on  = [aws_api_gateway_method.orders, aws_api_gateway_method.admin]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.orders.id
  deployment_id = aws_api_gateway_deployment.orders.id
  stage_name    = "live"
}
