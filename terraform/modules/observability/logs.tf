# What the function cannot count itself, for it never came to a decision; an error of one call has one, and is not counted
# here. Metrics from logs have no dimensions but what a line holds, so their names hold the function's.
resource "aws_cloudwatch_log_metric_filter" "crashes" {
  name           = "${var.name}-crashes"
  log_group_name = var.log_group_name
  pattern        = "?\"[ERROR] StartFailure\" ?\"Task timed out\" ?\"Runtime exited\" ?\"Runtime.ImportModuleError\""

  metric_transformation {
    name      = local.crashes
    namespace = var.namespace
    value     = "1"
    unit      = "Count"
  }
}

# One line tells of each call. INIT_REPORT and RESTORE_REPORT name durations too, beside it.
resource "aws_cloudwatch_log_metric_filter" "cold_starts" {
  name           = "${var.name}-cold-starts"
  log_group_name = var.log_group_name
  pattern        = "\"REPORT RequestId\" \"Init Duration\""

  metric_transformation {
    name      = local.cold_starts
    namespace = var.namespace
    value     = "1"
    unit      = "Count"
  }
}

resource "aws_cloudwatch_log_metric_filter" "restores" {
  name           = "${var.name}-restores"
  log_group_name = var.log_group_name
  pattern        = "\"REPORT RequestId\" \"Restore Duration\""

  metric_transformation {
    name      = local.cold_starts
    namespace = var.namespace
    value     = "1"
    unit      = "Count"
  }
}

locals {
  cold_starts = "cold_starts_${var.function_name}"
}
