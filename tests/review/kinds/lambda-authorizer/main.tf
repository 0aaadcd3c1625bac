# A REST API that asks a Lambda authorizer of one's own, by an alias.
locals {
  package = "authorizer-1.zip"
}

resource "aws_iam_role" "function" {
  name = "authorizer-function"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_lambda_function" "authorizer" {
  function_name    = "authorizer"
  role             = aws_iam_role.function.arn
  runtime          = "python3.13"
  handler          = "main.handler"
  s3_bucket        = "packages"
  s3_key           = local.package
  source_code_hash = base64sha256(local.package)
  publish          = true
  memory_size      = 256

  environment {
    variables = { ISSUER = "https://login.example.com/" }
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.authorizer.function_name
  function_version = aws_lambda_function.authorizer.version
}

resource "aws_api_gateway_rest_api" "orders" {
  name = "orders"
}

resource "aws_api_gateway_authorizer" "live" {
  rest_api_id                      = aws_api_gateway_rest_api.orders.id
  name                             = "live"
  type                             = "TOKEN"
  authorizer_uri                   = aws_lambda_alias.live.invoke_arn
  authorizer_result_ttl_in_seconds = 300
}

resource "aws_api_gateway_resource" "orders" {
  rest_api_id = aws_api_gateway_rest_api.orders.id
  parent_id   = aws_api_gateway_rest_api.orders.root_resource_id
  path_part   = "orders"
}

resource "aws_api_gateway_method" "list" {
  rest_api_id   = aws_api_gateway_rest_api.orders.id
  resource_id   = aws_api_gateway_resource.orders.id
  http_method   = "GET"
  authorization = "CUSTOM"
  authorizer_id = aws_api_gateway_authorizer.live.id
}

resource "aws_api_gateway_integration" "list" {
  rest_api_id             = aws_api_gateway_rest_api.orders.id
  resource_id             = aws_api_gateway_resource.orders.id
  http_method             = aws_api_gateway_method.list.http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "GET"
  uri                     = "https://orders.example.com"
}

resource "aws_api_gateway_deployment" "orders" {
  rest_api_id = aws_api_gateway_rest_api.orders.id
  triggers    = { redeployment = sha256(jsonencode([aws_api_gateway_authorizer.live, aws_api_gateway_method.list])) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.orders.id
  deployment_id = aws_api_gateway_deployment.orders.id
  stage_name    = "live"
}

resource "aws_lambda_permission" "authorizer" {
  statement_id  = "apigateway"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.authorizer.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.orders.execution_arn}/authorizers/${aws_api_gateway_authorizer.live.id}"
}
