output "access_log_group" {
  description = "Log group of the REST API's requests; null where the account lets API Gateway write none."
  value       = var.access_logs ? module.rest_api.access_log_group_name : null
}

output "authorizers" {
  description = "The authorizers by name: function and secret."
  value = {
    for name, authorizer in module.authorizer : name => {
      function_name = authorizer.function_name
      secret_name   = authorizer.generated_secrets["hmac"]
    }
  }
}

output "http_api_id" {
  description = "Id of the HTTP API."
  value       = aws_apigatewayv2_api.http.id
}

output "http_url" {
  description = "URL of the HTTP API's stage."
  value       = aws_apigatewayv2_stage.http.invoke_url
}

output "rest_api_id" {
  description = "Id of the REST API."
  value       = module.rest_api.rest_api_id
}

output "rest_url" {
  description = "URL of the REST API's stage."
  value       = module.rest_api.invoke_url
}

output "websocket_api_id" {
  description = "Id of the WebSocket API."
  value       = module.websocket_api.api_id
}

output "websocket_url" {
  description = "URL of the WebSocket API's stage."
  value       = module.websocket_api.invoke_url
}
