data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

module "dashboard" {
  source = "./dashboard"

  # Written out, so that a plan shows the dashboard before the alarms exist.
  alarm_arns = [
    for name in values(local.alarm_names) : "arn:${data.aws_partition.current.partition}:cloudwatch:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:alarm:${name}"
  ]
  api                = var.api
  cold_starts_metric = local.cold_starts
  denylist           = var.denylist
  function_name      = var.function_name
  namespace          = var.namespace
  region             = data.aws_region.current.id
  runbook_url        = var.runbook_url
  title              = var.name
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = module.dashboard.body
}
