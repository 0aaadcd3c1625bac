output "authorizer_function_name" {
  description = "Name of the authorizer Lambda function."
  value       = module.authorizer.function_name
}

output "configuration" {
  description = "The authorizer's configuration, as JSON. It names secrets and holds none."
  value       = module.authorizer.configuration
}

output "metadata_url" {
  description = "URL of the document that says where to get a token."
  value       = module.api.protected_resource_metadata
}

output "resource" {
  description = "URL of the MCP server: what a client is given, and an audience of each issuer."
  value       = local.resource
}

output "rest_api_id" {
  description = "Id of the REST API."
  value       = module.api.rest_api_id
}

output "routes" {
  description = "Who may call what: each route's rule, or the reason why it is public."
  value       = module.api.routes
}

output "stage_name" {
  description = "Name of the API's stage."
  value       = module.api.stage_name
}
