output "authorizers" {
  description = "The authorizers by rule: `id` to attach to a method, and `fingerprint`, which changes whenever the authorizer does, to redeploy the API by."
  value       = module.rest_authorizer.authorizers
}

output "configuration" {
  description = "The JSON configuration that the function gets, readable in a plan. It names secrets and holds none."
  value       = module.jwt_authorizer.configuration
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
