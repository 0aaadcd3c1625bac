output "body" {
  description = "The dashboard as CloudWatch takes it, in JSON."
  value       = local.body
}
