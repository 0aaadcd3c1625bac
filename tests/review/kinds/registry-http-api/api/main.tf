variable "name" {
  type = string
}

variable "authorizers" {
  type = map(object({
    audience = list(string)
    issuer   = string
  }))
  default = {}
}

variable "routes" {
  type = map(object({
    authorization_scopes = optional(list(string))
    authorization_type   = optional(string)
    authorizer_id        = optional(string)
    authorizer_key       = optional(string)
    integration = object({
      method = optional(string, "ANY")
      type   = optional(string, "HTTP_PROXY")
      uri    = string
    })
  }))
  default = {}
}

variable "tags" {
  type    = map(string)
  default = {}
}

resource "aws_apigatewayv2_api" "this" {
  count = 1

  name          = var.name
  protocol_type = "HTTP"
  tags          = var.tags
}

resource "aws_apigatewayv2_authorizer" "this" {
  for_each = var.authorizers

  api_id           = aws_apigatewayv2_api.this[0].id
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]
  name             = each.key

  jwt_configuration {
    audience = each.value.audience
    issuer   = each.value.issuer
  }
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = var.routes

  api_id             = aws_apigatewayv2_api.this[0].id
  integration_method = each.value.integration.method
  integration_type   = each.value.integration.type
  integration_uri    = each.value.integration.uri
}

resource "aws_apigatewayv2_route" "this" {
  for_each = var.routes

  api_id               = aws_apigatewayv2_api.this[0].id
  authorization_scopes = each.value.authorization_scopes
  authorization_type   = each.value.authorization_type
  authorizer_id        = try(aws_apigatewayv2_authorizer.this[each.value.authorizer_key].id, each.value.authorizer_id)
  route_key            = each.key
  target               = "integrations/${aws_apigatewayv2_integration.this[each.key].id}"
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this[0].id
  name        = "$default"
  auto_deploy = true
}

output "api_id" {
  value = aws_apigatewayv2_api.this[0].id
}
