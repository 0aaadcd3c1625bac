output "alarms" {
  description = "Alarm, by the anchor of its runbook => its name in CloudWatch."
  value       = local.alarm_names
}

output "dashboard_body" {
  description = "The dashboard as CloudWatch takes it, in JSON."
  value       = module.dashboard.body
}

output "dashboard_name" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
