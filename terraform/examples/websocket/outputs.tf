output "api_id" {
  description = "Id of the WebSocket API."
  value       = module.api.api_id
}

output "authorizer_function_name" {
  description = "Name of the authorizer Lambda function."
  value       = module.authorizer.function_name
}

output "authorizer_log_group" {
  description = "Log group with one line for each of the authorizer's decisions."
  value       = module.authorizer.log_group_name
}

output "configuration" {
  description = "The authorizer's configuration, as JSON. It names secrets and holds none."
  value       = module.authorizer.configuration
}

output "secret_name" {
  description = "Name of the generated secret that signs the tokens."
  value       = module.authorizer.generated_secrets["hmac"]
}

output "stage_name" {
  description = "Name of the API's stage."
  value       = module.api.stage_name
}

output "url" {
  description = "URL to connect to."
  value       = module.api.invoke_url
}
