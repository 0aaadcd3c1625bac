output "base_url" {
  description = "URL of the API's stage; a route's path follows it."
  value       = aws_api_gateway_stage.orders.invoke_url
}

output "configuration" {
  description = "The authorizer's configuration, as JSON. It names secrets and holds none."
  value       = module.authorizer.configuration
}

output "generated_secrets" {
  description = "The key an issuer gives in `generate` => the name of the secret in Secrets Manager."
  value       = module.authorizer.generated_secrets
}

output "rest_api_id" {
  description = "Id of the REST API."
  value       = aws_api_gateway_rest_api.orders.id
}

output "stage_name" {
  description = "Name of the API's stage."
  value       = aws_api_gateway_stage.orders.stage_name
}
