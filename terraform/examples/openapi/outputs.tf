output "base_url" {
  description = "URL of the API's stage; a route's path follows it."
  value       = aws_api_gateway_stage.orders.invoke_url
}
