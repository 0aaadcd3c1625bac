output "authorizers" {
  description = "The authorizers by rule: `id` to attach to a method, and `fingerprint`, which changes whenever the authorizer does, to redeploy the API by."
  value       = module.rest_authorizer.authorizers
}

output "configuration" {
  description = "The JSON configuration that the function gets, readable in a plan. It names secrets and holds none."
  value       = module.jwt_authorizer.configuration
}

output "denylist_table" {
  description = "Name of the table that `make revoke` writes; null without one."
  value       = module.jwt_authorizer.denylist_table
}

output "function_name" {
  description = "Name of the authorizer function."
  value       = module.jwt_authorizer.function_name
}

output "generated_secrets" {
  description = "The key an issuer gives in `generate` => the name of the secret in Secrets Manager."
  value       = module.jwt_authorizer.generated_secrets
}

output "log_group_name" {
  description = "Name of the authorizer's log group."
  value       = module.jwt_authorizer.log_group_name
}

output "rotation_function_name" {
  description = "Name of the function that rotates the generated secrets; null where nothing does."
  value       = module.jwt_authorizer.rotation_function_name
}

output "rules" {
  description = "Rule => ARN and invoke ARN of its alias, and how API Gateway is to call it: what the modules http-authorizer and websocket-api take."
  value       = module.jwt_authorizer.rules
}

output "version" {
  description = "The newest published version of the authorizer, for `traffic_shift.from_version`."
  value       = module.jwt_authorizer.version
}
