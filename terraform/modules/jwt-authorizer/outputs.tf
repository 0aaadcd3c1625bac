output "configuration" {
  description = "The JSON configuration that the function gets, readable in a plan. It names secrets and holds none."
  value       = local.configuration
}

output "denylist_table" {
  description = "Name of the table that `make revoke` writes; null without one."
  value       = one(aws_dynamodb_table.denylist[*].name)
}

output "function_arn" {
  description = "ARN of the authorizer function, without an alias: calls by this one are refused."
  value       = module.function.arn
}

output "function_name" {
  description = "Name of the authorizer function."
  value       = module.function.function_name
}

output "generated_secrets" {
  description = "The key an issuer gives in `generate` => the name of the secret in Secrets Manager."
  value       = local.generated_secrets

  # The names are known at once; what reads a secret by its name must wait until it has a value.
  depends_on = [aws_secretsmanager_secret_version.generated]
}

output "log_group_name" {
  description = "Name of the authorizer's log group."
  value       = module.function.log_group_name
}

output "role_name" {
  description = "Name of the role that the authorizer runs with."
  value       = module.function.role_name
}

output "rotation_function_name" {
  description = "Name of the function that rotates the generated secrets; null where nothing does."
  value       = one(module.rotation[*].function_name)
}

output "rules" {
  description = "Rule => ARN and invoke ARN of its alias, and how API Gateway is to call it: what the modules rest-authorizer and http-authorizer take."
  value       = { for name, rule in local.authorizers : name => merge(module.function.aliases[name], rule) }
}

output "version" {
  description = "The newest published version, which every alias points at."
  value       = module.function.version
}
