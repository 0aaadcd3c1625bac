# A function with a URL of its own, for callers that sign.
resource "aws_iam_role" "function" {
  name = "webhook-function"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_lambda_function" "webhook" {
  function_name = "webhook"
  role          = aws_iam_role.function.arn
  runtime       = "python3.13"
  handler       = "main.handler"
  s3_bucket     = "packages"
  s3_key        = "webhook.zip"
  timeout       = 10
}

resource "aws_lambda_function_url" "webhook" {
  function_name      = aws_lambda_function.webhook.function_name
  authorization_type = "AWS_IAM"
  invoke_mode        = "BUFFERED"
}

resource "aws_lambda_permission" "partner" {
  statement_id           = "partner"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.webhook.function_name
  principal              = "arn:aws:iam::210987654321:role/partner"
  function_url_auth_type = "AWS_IAM"
}
