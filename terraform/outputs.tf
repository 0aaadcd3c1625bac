output "authorizer_function_name" {
  description = "Name of the authorizer Lambda function."
  value       = module.authorizer.function_name
}

output "authorizer_log_group" {
  description = "Log group with one line for each of the authorizer's decisions."
  value       = module.authorizer.log_group_name
}

output "authorizer_version" {
  description = "The newest published version of the authorizer: what `authorizer_traffic_shift.from_version` takes before a change."
  value       = module.authorizer.version
}

output "base_url" {
  description = "URL of the API, by its domain name of yours where there is one; a route's path follows it."
  value       = try(one(values(module.domain_name[0].urls)), module.api.invoke_url)
}

output "configuration" {
  description = "The authorizer's configuration, as JSON. It names secrets and holds none."
  value       = module.authorizer.configuration
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard; null without one."
  value       = one(module.observability[*].dashboard_name)
}

output "custom_domain_target" {
  description = "Where the DNS record of `custom_domain` must lead: `name` and `zone_id`, as an alias record of Route 53 takes them; null without one."
  value       = one(module.domain_name[*].target)
}

output "denylist_table" {
  description = "Name of the table that `make revoke` writes; null without one."
  value       = module.authorizer.denylist_table
}

output "generated_secrets" {
  description = "The key an issuer gives in `generate` => the name of the secret in Secrets Manager."
  value       = module.authorizer.generated_secrets
}

output "rest_api_id" {
  description = "Id of the REST API."
  value       = module.api.rest_api_id
}

output "routes" {
  description = "Who may call what: each route's rule, or the reason why it is public."
  value       = module.api.routes
}

output "stage_arn" {
  description = "ARN of the API's stage: what aws_wafv2_web_acl_association takes as resource_arn."
  value       = module.api.stage_arn
}

output "stage_name" {
  description = "Name of the API's stage."
  value       = module.api.stage_name
}

output "websocket_api_id" {
  description = "Id of the WebSocket API; null without one."
  value       = one(module.websocket_api[*].api_id)
}

output "websocket_url" {
  description = "URL to connect to; null without a WebSocket API."
  value       = one(module.websocket_api[*].invoke_url)
}
