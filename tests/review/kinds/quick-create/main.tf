# An HTTP API with a target, whose one route AWS makes.
resource "aws_apigatewayv2_api" "hello" {
  name          = "hello"
  protocol_type = "HTTP"
  target        = "https://hello.example.com"
  route_key     = "GET /hello"

  cors_configuration {
    allow_origins = ["https://app.example.com"]
  }
}
