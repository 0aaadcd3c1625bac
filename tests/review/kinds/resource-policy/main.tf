# A REST API without authorizers: its resource policy lets one office in.
resource "aws_api_gateway_rest_api" "reports" {
  name = "reports"
}

data "aws_iam_policy_document" "office" {
  statement {
    actions   = ["execute-api:Invoke"]
    resources = ["execute-api:/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "IpAddress"
      variable = "aws:SourceIp"
      values   = ["203.0.113.0/24"]
    }
  }
}

resource "aws_api_gateway_rest_api_policy" "office" {
  rest_api_id = aws_api_gateway_rest_api.reports.id
  policy      = data.aws_iam_policy_document.office.json
}

resource "aws_api_gateway_resource" "reports" {
  rest_api_id = aws_api_gateway_rest_api.reports.id
  parent_id   = aws_api_gateway_rest_api.reports.root_resource_id
  path_part   = "reports"
}

resource "aws_api_gateway_method" "read" {
  rest_api_id   = aws_api_gateway_rest_api.reports.id
  resource_id   = aws_api_gateway_resource.reports.id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "read" {
  rest_api_id             = aws_api_gateway_rest_api.reports.id
  resource_id             = aws_api_gateway_resource.reports.id
  http_method             = aws_api_gateway_method.read.http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "GET"
  uri                     = "https://reports.example.com"
}

resource "aws_api_gateway_deployment" "reports" {
  rest_api_id = aws_api_gateway_rest_api.reports.id

  triggers = {
    redeployment = sha256(jsonencode([aws_api_gateway_method.read, data.aws_iam_policy_document.office.json]))
  }

  depends_on = [aws_api_gateway_rest_api_policy.office]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id          = aws_api_gateway_rest_api.reports.id
  deployment_id        = aws_api_gateway_deployment.reports.id
  stage_name           = "live"
  xray_tracing_enabled = false
}
