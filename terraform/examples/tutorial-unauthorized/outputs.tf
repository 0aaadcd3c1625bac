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

  # Not in the variable's own block, for Terraform prints the value, sensitive or not, where a validation fails.
  precondition {
    condition     = length(var.auth_token_salt) >= 32
    error_message = "auth_token_salt is shorter than the 32 bytes that HS256 asks for: write a random one, as `openssl rand -hex 32` prints."
  }
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
