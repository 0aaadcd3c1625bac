output "base_url" {
  description = "URL of the API; a route's path follows it."
  value       = module.domain_name.urls["orders"]
}

output "dns_target" {
  description = "Where the domain's DNS record must lead: `name` and `zone_id`."
  value       = module.domain_name.target
}
