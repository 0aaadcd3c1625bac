locals {
  # On the version rather than on an alias: a version has one configuration at most, and there it serves the calls by all
  # aliases. At most one of these lists has an entry.
  kept_ready           = var.provisioned_concurrency == null ? [] : [var.provisioned_concurrency]
  kept_ready_fixed     = [for each in local.kept_ready : each if each.utilization == null && length(each.schedule) == 0]
  kept_ready_scaled    = [for each in local.kept_ready : each if each.utilization != null || length(each.schedule) > 0]
  kept_ready_by_load   = [for each in local.kept_ready_scaled : each if length(each.schedule) == 0]
  kept_ready_scheduled = [for each in local.kept_ready_scaled : each if length(each.schedule) > 0]

  scaling_target = one(concat(aws_appautoscaling_target.by_load, aws_appautoscaling_target.by_schedule))

  # What else may change them is another resource here and the same object of a version in AWS: destroying the one would
  # end the other. In the description, it makes another way of scaling another version, which has its own.
  scaling = join("", concat(
    [for each in local.kept_ready_by_load : "Scaled by load."],
    [for each in local.kept_ready_scheduled : "Scaled by schedule."],
  ))
}

# The new version's is ready before the aliases move there, and the old version's goes after they have.
resource "aws_lambda_provisioned_concurrency_config" "fixed" {
  count = length(local.kept_ready_fixed)

  function_name                     = aws_lambda_function.this.function_name
  qualifier                         = aws_lambda_function.this.version
  provisioned_concurrent_executions = local.kept_ready_fixed[0].executions

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lambda_provisioned_concurrency_config" "scaled" {
  count = length(local.kept_ready_scaled)

  function_name                     = aws_lambda_function.this.function_name
  qualifier                         = aws_lambda_function.this.version
  provisioned_concurrent_executions = local.kept_ready_scaled[0].executions

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [provisioned_concurrent_executions] # scaling decides from here on
  }
}

resource "aws_appautoscaling_target" "by_load" {
  count = length(local.kept_ready_by_load)

  service_namespace  = "lambda"
  resource_id        = "function:${local.function_name}:${aws_lambda_function.this.version}"
  scalable_dimension = "lambda:function:ProvisionedConcurrency"
  min_capacity       = local.kept_ready_by_load[0].executions
  max_capacity       = local.kept_ready_by_load[0].maximum
  tags               = var.tags

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_lambda_provisioned_concurrency_config.scaled]
}

resource "aws_appautoscaling_target" "by_schedule" {
  count = length(local.kept_ready_scheduled)

  service_namespace  = "lambda"
  resource_id        = "function:${local.function_name}:${aws_lambda_function.this.version}"
  scalable_dimension = "lambda:function:ProvisionedConcurrency"
  min_capacity       = local.kept_ready_scheduled[0].executions
  max_capacity       = coalesce(local.kept_ready_scheduled[0].maximum, local.kept_ready_scheduled[0].executions)
  tags               = var.tags

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [min_capacity, max_capacity] # the schedule sets both
  }

  depends_on = [aws_lambda_provisioned_concurrency_config.scaled]
}

resource "aws_appautoscaling_policy" "utilization" {
  count = length([for each in local.kept_ready_scaled : each if each.utilization != null])

  name               = "utilization"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = local.scaling_target.service_namespace
  resource_id        = local.scaling_target.resource_id
  scalable_dimension = local.scaling_target.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = var.provisioned_concurrency.utilization

    predefined_metric_specification {
      predefined_metric_type = "LambdaProvisionedConcurrencyUtilization"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_appautoscaling_scheduled_action" "this" {
  for_each = var.provisioned_concurrency == null ? {} : var.provisioned_concurrency.schedule

  name               = each.key
  service_namespace  = local.scaling_target.service_namespace
  resource_id        = local.scaling_target.resource_id
  scalable_dimension = local.scaling_target.scalable_dimension
  schedule           = each.value.when
  timezone           = each.value.timezone

  scalable_target_action {
    min_capacity = each.value.minimum
    max_capacity = each.value.maximum
  }

  lifecycle {
    create_before_destroy = true
  }
}
