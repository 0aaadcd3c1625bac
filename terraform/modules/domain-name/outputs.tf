output "arn" {
  description = "ARN of the domain name."
  value       = aws_api_gateway_domain_name.this.arn
}

output "target" {
  description = "Where the domain's DNS record must lead: `name` and `zone_id`, as an alias record of Route 53 takes them."
  value = {
    name    = var.endpoint_type == "EDGE" ? aws_api_gateway_domain_name.this.cloudfront_domain_name : aws_api_gateway_domain_name.this.regional_domain_name
    zone_id = var.endpoint_type == "EDGE" ? aws_api_gateway_domain_name.this.cloudfront_zone_id : aws_api_gateway_domain_name.this.regional_zone_id
  }
}

output "urls" {
  description = "Base path => its URL, without a slash at the end."
  value       = { for path in keys(aws_api_gateway_base_path_mapping.this) : path => "https://${var.domain_name}${path == "" ? "" : "/${path}"}" }
}
