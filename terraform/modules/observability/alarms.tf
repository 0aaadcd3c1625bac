locals {
  # What each alarm watches. `query` is a metric, or an `expression` over `metrics`; `why` is for whoever it wakes.
  alarms = merge(
    {
      keys-unavailable = {
        why       = "Calls end in 500 because an issuer's keys cannot be had: its key server or the secret store does not answer, and what was cached has passed its grace."
        metrics   = { found = { name = "decisions", dimensions = { reason = "keys_unavailable" } } }
        threshold = 0
      }
      stale-keys = {
        why       = "Decisions are made with keys past their time, because their source does not answer: when their grace ends, calls end in 500."
        metrics   = { found = { name = "stale_keys_served" } }
        threshold = 0
        minutes   = 5
      }
      internal-errors = {
        why       = "Calls end in 500 by an error that should not happen: the log says where."
        metrics   = { found = { name = "decisions", dimensions = { reason = "internal_error" } } }
        threshold = 0
      }
      configuration-errors = {
        why        = "Calls end in 500 because of how the function is called: by an alias that names no rule, or with an event of another kind."
        expression = "FILL(configuration, 0) + FILL(event, 0)"
        metrics = {
          configuration = { name = "decisions", dimensions = { reason = "configuration_error" } }
          event         = { name = "decisions", dimensions = { reason = "event_not_recognized" } }
        }
        threshold = 0
      }
      crashes = {
        why       = "The function does not start, runs out of time or memory: calls end in 500 without a decision. A mistake in its configuration looks so too, and the log lists it."
        metrics   = { found = { name = local.crashes, dimensions = null } }
        threshold = 0
      }
      bad-signatures = {
        why        = "Many tokens with a signature that does not hold: somebody forges tokens, or an issuer has changed its keys without publishing them."
        expression = "IF(FILL(bad, 0) >= ${var.thresholds.bad_signatures_minimum}, 100 * bad / all, 0)"
        metrics = {
          bad = { name = "decisions", dimensions = { reason = "signature_invalid" } }
          all = { name = "decisions" }
        }
        threshold = var.thresholds.bad_signatures_percent
        seconds   = 300
      }
      throttles = {
        why       = "Lambda refuses calls because too many copies of the function run: callers get errors in place of answers."
        metrics   = { found = { namespace = "AWS/Lambda", name = "Throttles", function = "FunctionName" } }
        threshold = 0
      }
      latency = {
        why       = "One decision in a hundred takes longer than ${var.thresholds.latency_p99_milliseconds} ms: a key server, the denylist or the function itself has become slow."
        metrics   = { found = { name = "latency", statistic = "p99" } }
        threshold = var.thresholds.latency_p99_milliseconds
        minutes   = 5
      }
    },
    !var.denylist ? {} : {
      denylist-failures = {
        why       = "The denylist cannot be read: calls end in 500, or revoked tokens pass, as its configuration says."
        metrics   = { found = { name = "denylist_failures" } }
        threshold = 0
      }
    },
  )

  alarm_names = { for key in keys(local.alarms) : key => "${var.name}-${key}" }

  # What the log tells of calls that end without a decision.
  crashes = "crashes_${var.function_name}"
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = local.alarm_names[each.key]
  alarm_description   = "${each.value.why} Runbook: ${var.runbook_url}#alarm-${each.key}"
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  # Three minutes of the last so many, for what passes by itself; else the first one is told at once.
  evaluation_periods  = try(each.value.minutes, 1)
  datapoints_to_alarm = min(try(each.value.minutes, 1), 3)
  treat_missing_data  = "notBreaching" # nobody calls, or the thing did not happen
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = var.tags

  dynamic "metric_query" {
    for_each = try([each.value.expression], [])
    content {
      id          = "share"
      expression  = metric_query.value
      label       = each.key
      return_data = true
    }
  }

  dynamic "metric_query" {
    for_each = each.value.metrics
    content {
      id          = metric_query.key
      return_data = !can(each.value.expression)

      metric {
        namespace   = try(metric_query.value.namespace, var.namespace)
        metric_name = metric_query.value.name
        period      = try(each.value.seconds, 60)
        stat        = try(metric_query.value.statistic, "Sum")
        dimensions = metric_query.value.name == local.crashes ? {} : merge(
          { (try(metric_query.value.function, "function")) = var.function_name },
          try(metric_query.value.dimensions, {}),
        )
      }
    }
  }
}
