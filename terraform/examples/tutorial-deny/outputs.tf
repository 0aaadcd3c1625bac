output "authorizer_function_name" {
  description = "Name of the authorizer Lambda function."
  value       = module.authorizer.function_name
}

output "authorizer_log_group" {
  description = "Log group with one line for each of the authorizer's decisions."
  value       = module.authorizer.log_group_name
}

output "base_url" {
  description = "URL of the API's stage; a route's path follows it."
  value       = module.api.invoke_url
}

output "configuration" {
  description = "The authorizer's configuration, as JSON. It names secrets and holds none."
  value       = module.authorizer.configuration
}

output "rest_api_id" {
  description = "Id of the REST API."
  value       = module.api.rest_api_id
}

output "stage_name" {
  description = "Name of the API's stage."
  value       = module.api.stage_name
}
