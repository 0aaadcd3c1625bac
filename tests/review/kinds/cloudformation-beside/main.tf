# An HTTP API by Terraform, and beside it a stack of another team that holds one too.
resource "aws_apigatewayv2_api" "orders" {
  name          = "orders"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "backend" {
  api_id             = aws_apigatewayv2_api.orders.id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = "https://orders.example.com"
}

resource "aws_apigatewayv2_route" "list" {
  api_id             = aws_apigatewayv2_api.orders.id
  route_key          = "GET /orders"
  target             = "integrations/${aws_apigatewayv2_integration.backend.id}"
  authorization_type = "AWS_IAM"
}

resource "aws_cloudformation_stack" "legacy" {
  name = "legacy"

  template_body = jsonencode({
    Resources = {
      Api = { Type = "AWS::ApiGatewayV2::Api", Properties = { Name = "legacy", ProtocolType = "HTTP" } }
      Route = {
        Type       = "AWS::ApiGatewayV2::Route"
        Properties = { ApiId = { Ref = "Api" }, RouteKey = "GET /legacy", AuthorizationType = "AWS_IAM" }
      }
    }
  })
}

resource "aws_cloudformation_stack" "queue" {
  name          = "queue"
  template_body = jsonencode({ Resources = { Queue = { Type = "AWS::SQS::Queue" } } })
  tags          = { Team = "orders" }
}
