output "base_url" {
  description = "URL of the API's stage, which resolves in the endpoint's VPC; a route's path follows it."
  value       = replace(module.api.invoke_url, module.api.rest_api_id, "${module.api.rest_api_id}-${var.vpc_endpoint_id}")
}
