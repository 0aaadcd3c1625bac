# One HTTP API for each team, from one map.
locals {
  teams = {
    orders  = { audience = "orders", open = false }
    pricing = { audience = "pricing", open = false }
  }
}

resource "aws_apigatewayv2_api" "team" {
  for_each = local.teams

  name          = each.key
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_authorizer" "team" {
  for_each = local.teams

  api_id           = aws_apigatewayv2_api.team[each.key].id
  name             = each.key
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = "https://login.example.com/"
    audience = [each.value.audience]
  }
}

resource "aws_apigatewayv2_integration" "team" {
  for_each = local.teams

  api_id             = aws_apigatewayv2_api.team[each.key].id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = "https://${each.key}.example.com"
}

resource "aws_apigatewayv2_route" "all" {
  for_each = local.teams

  api_id             = aws_apigatewayv2_api.team[each.key].id
  route_key          = "ANY /{proxy+}"
  target             = "integrations/${aws_apigatewayv2_integration.team[each.key].id}"
  authorization_type = each.value.open ? "NONE" : "JWT"
  authorizer_id      = each.value.open ? null : aws_apigatewayv2_authorizer.team[each.key].id
}

resource "aws_apigatewayv2_stage" "team" {
  for_each = local.teams

  api_id      = aws_apigatewayv2_api.team[each.key].id
  name        = "$default"
  auto_deploy = true
  tags        = { Team = each.key }
}
