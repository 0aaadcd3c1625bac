# A WebSocket API whose connection is decided by a Lambda authorizer.
resource "aws_iam_role" "function" {
  name = "chat-function"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_lambda_function" "chat" {
  for_each = toset(["chat-authorizer", "chat-backend"])

  function_name = each.key
  role          = aws_iam_role.function.arn
  runtime       = "python3.13"
  handler       = "main.handler"
  s3_bucket     = "packages"
  s3_key        = "${each.key}.zip"
  memory_size   = 256
}

resource "aws_apigatewayv2_api" "chat" {
  name                       = "chat"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_authorizer" "chat" {
  api_id           = aws_apigatewayv2_api.chat.id
  name             = "chat"
  authorizer_type  = "REQUEST"
  authorizer_uri   = aws_lambda_function.chat["chat-authorizer"].invoke_arn
  identity_sources = ["route.request.header.Authorization"]
}

resource "aws_apigatewayv2_integration" "backend" {
  api_id           = aws_apigatewayv2_api.chat.id
  integration_type = "AWS_PROXY"
  integration_uri  = aws_lambda_function.chat["chat-backend"].invoke_arn
}

resource "aws_apigatewayv2_route" "connect" {
  api_id             = aws_apigatewayv2_api.chat.id
  route_key          = "$connect"
  target             = "integrations/${aws_apigatewayv2_integration.backend.id}"
  authorization_type = "CUSTOM"
  authorizer_id      = aws_apigatewayv2_authorizer.chat.id
}

resource "aws_apigatewayv2_route" "say" {
  api_id    = aws_apigatewayv2_api.chat.id
  route_key = "say"
  target    = "integrations/${aws_apigatewayv2_integration.backend.id}"
}

resource "aws_apigatewayv2_stage" "live" {
  api_id      = aws_apigatewayv2_api.chat.id
  name        = "live"
  auto_deploy = true
}

resource "aws_lambda_permission" "chat" {
  for_each = aws_lambda_function.chat

  statement_id  = "apigateway"
  action        = "lambda:InvokeFunction"
  function_name = each.value.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.chat.execution_arn}/*"
}
