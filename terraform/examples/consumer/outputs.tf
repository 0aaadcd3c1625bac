output "base_url" {
  description = "URL of the API's stage; a route's path follows it."
  value       = module.api.invoke_url
}

output "configuration" {
  description = "The authorizer's configuration, as JSON. It names secrets and holds none."
  value       = module.jwt_authorizer.configuration
}

output "rest_api_id" {
  description = "Id of the REST API."
  value       = module.api.rest_api_id
}

output "secret_name" {
  description = "Name of the generated secret that signs the tokens."
  value       = module.jwt_authorizer.generated_secrets["hmac"]
}

output "stage_name" {
  description = "Name of the API's stage."
  value       = module.api.stage_name
}
