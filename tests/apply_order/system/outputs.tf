output "http_api_id" {
  value = aws_apigatewayv2_api.http.id
}

output "rest_api_id" {
  value = module.rest_api.rest_api_id
}

output "secret_names" {
  value = module.authorizer.generated_secrets
}

output "websocket_api_id" {
  value = module.websocket_api.api_id
}
