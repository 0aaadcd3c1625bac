# A REST API for partners: a signature by IAM, and a key for the usage plan.
resource "aws_api_gateway_rest_api" "partners" {
  name = "partners"
}

resource "aws_api_gateway_resource" "quotes" {
  rest_api_id = aws_api_gateway_rest_api.partners.id
  parent_id   = aws_api_gateway_rest_api.partners.root_resource_id
  path_part   = "quotes"
}

resource "aws_api_gateway_method" "ask" {
  rest_api_id      = aws_api_gateway_rest_api.partners.id
  resource_id      = aws_api_gateway_resource.quotes.id
  http_method      = "POST"
  authorization    = "AWS_IAM"
  api_key_required = true
}

resource "aws_api_gateway_method" "demo" {
  rest_api_id      = aws_api_gateway_rest_api.partners.id
  resource_id      = aws_api_gateway_resource.quotes.id
  http_method      = "GET"
  authorization    = "NONE"
  api_key_required = true
}

resource "aws_api_gateway_integration" "quotes" {
  for_each = { GET = aws_api_gateway_method.demo, POST = aws_api_gateway_method.ask }

  rest_api_id             = aws_api_gateway_rest_api.partners.id
  resource_id             = aws_api_gateway_resource.quotes.id
  http_method             = each.value.http_method
  type                    = "HTTP_PROXY"
  integration_http_method = each.key
  uri                     = "https://quotes.example.com"
}

resource "aws_api_gateway_deployment" "partners" {
  rest_api_id = aws_api_gateway_rest_api.partners.id
  triggers    = { redeployment = sha256(jsonencode([aws_api_gateway_method.ask, aws_api_gateway_method.demo])) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.partners.id
  deployment_id = aws_api_gateway_deployment.partners.id
  stage_name    = "live"
}

resource "aws_api_gateway_api_key" "partner" {
  name = "partner"
}

resource "aws_api_gateway_usage_plan" "partners" {
  name = "partners"

  api_stages {
    api_id = aws_api_gateway_rest_api.partners.id
    stage  = aws_api_gateway_stage.live.stage_name
  }

  quota_settings {
    limit  = 1000
    period = "DAY"
  }
}

resource "aws_api_gateway_usage_plan_key" "partner" {
  key_id        = aws_api_gateway_api_key.partner.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.partners.id
}
