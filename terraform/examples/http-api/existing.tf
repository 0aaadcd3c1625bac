# Stands for the API that is there already: an HTTP API with one function behind it.

resource "aws_apigatewayv2_api" "existing" {
  name          = var.name
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "existing" {
  api_id                 = aws_apigatewayv2_api.existing.id
  integration_type       = "AWS_PROXY"
  integration_uri        = module.backend.aliases["live"].invoke_arn
  payload_format_version = "2.0" # hands on the context's types; the authorizer's format is chosen apart
}

resource "aws_apigatewayv2_stage" "existing" {
  # checkov:skip=CKV_AWS_76:The API stands for somebody else's, whose settings these are; the example adds an authorizer alone.
  api_id      = aws_apigatewayv2_api.existing.id
  name        = "v1"
  auto_deploy = true

  # Any one setting here sets those left out to 0, and a limit of 0 refuses every request: so both are written.
  default_route_settings {
    throttling_burst_limit = 500
    throttling_rate_limit  = 1000
  }
}

resource "aws_lambda_permission" "existing" {
  statement_id  = "api-gateway-${aws_apigatewayv2_api.existing.id}"
  action        = "lambda:InvokeFunction"
  function_name = module.backend.function_name
  qualifier     = "live"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.existing.execution_arn}/*"

  # The function's name is known before its alias exists.
  depends_on = [module.backend]
}

module "backend" {
  source = "../../modules/lambda-function"

  name        = "${var.name}-backend"
  manifest    = var.manifest
  package     = "backend"
  aliases     = ["live"]
  environment = { RECORDS_TABLE = aws_dynamodb_table.records.name }

  policy_statements = {
    UseRecords = {
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
      resources = [aws_dynamodb_table.records.arn]
    }
  }
}

resource "aws_dynamodb_table" "records" {
  # checkov:skip=CKV_AWS_28:An example's records are thrown away with it; the root's are recoverable.
  # checkov:skip=CKV_AWS_119:An example needs no key of its own; the root takes one.
  name         = "${var.name}-records"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "principal"

  attribute {
    name = "principal"
    type = "S"
  }
}
