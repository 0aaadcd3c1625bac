locals {
  # What each alarm watches, by the anchor of its runbook: one metric, or an `expression` over several. `why` is for the
  # person it wakes, and `seconds` the length of a period (60). With `minutes`, it must hold in three of so many; else in one.
  alarms = merge(
    {
      keys-unavailable = {
        why       = "Calls end in 500 because an issuer's keys cannot be had: its key server or the secret store does not answer, and what was kept of them has passed its grace."
        metrics   = { found = { name = "decisions", dimensions = { reason = "keys_unavailable" } } }
        threshold = 0
      }
      key-source-failures = {
        why       = "An issuer's keys cannot be renewed; those that are kept serve meanwhile, and nobody is refused yet."
        metrics   = { found = { name = "key_source_failures" } }
        threshold = 0
        minutes   = 5
      }
      stale-keys-served = {
        why       = "Decisions are made with keys past their time, because their source does not answer: when their grace ends, calls end in 500."
        metrics   = { found = { name = "stale_keys_served" } }
        threshold = 0
      }
      internal-error = {
        why       = "Calls end in 500 by an error that should not happen: the log says where."
        metrics   = { found = { name = "decisions", dimensions = { reason = "internal_error" } } }
        threshold = 0
      }
      configuration-error = {
        why       = "Calls end in 500 because the API and the function do not fit: it is called by an alias that names no rule, for instance."
        metrics   = { found = { name = "decisions", dimensions = { reason = "configuration_error" } } }
        threshold = 0
      }
      event-not-recognized = {
        why       = "Calls end in 500 because what calls the function is no authorizer of an API Gateway API."
        metrics   = { found = { name = "decisions", dimensions = { reason = "event_not_recognized" } } }
        threshold = 0
      }
      start-failures = {
        why        = "The function does not start with its configuration, or it runs out of time or memory: calls end in 500 without a decision, and the log says why."
        expression = "FILL(counted, 0) + FILL(logged, 0)"
        metrics = {
          counted = { name = "start_failures" }
          logged  = { name = local.crashes }
        }
        threshold = 0
      }
      signature-invalid = {
        why        = "Many tokens have a signature that does not hold, or name a key that there is not: somebody forges tokens, or signs with a key that the authorizer does not have."
        expression = "IF(FILL(bad, 0) + FILL(unknown, 0) >= ${var.thresholds.bad_signatures_minimum}, 100 * (FILL(bad, 0) + FILL(unknown, 0)) / all, 0)"
        metrics = {
          bad     = { name = "decisions", dimensions = { reason = "signature_invalid" } }
          unknown = { name = "decisions", dimensions = { reason = "key_unknown" } }
          all     = { name = "decisions" }
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
    var.rotation_function_name == null ? {} : {
      rotation = {
        why       = "A rotation of a generated secret has stopped; the current value stays, and Secrets Manager tries again."
        metrics   = { found = { namespace = "AWS/Lambda", name = "Errors", function = "FunctionName", of = var.rotation_function_name } }
        threshold = 0
      }
    },
  )

  alarm_names = { for key in keys(local.alarms) : key => "${var.name}-${key}" }

  # The metric that the log makes of calls which end without a decision; it has no dimensions.
  crashes = "crashes_${var.function_name}"
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = local.alarm_names[each.key]
  alarm_description   = "${each.value.why} Runbook: ${var.runbook_url}#alarm-${each.key}"
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  # What passes by itself must last for a while; all else rings at once.
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
          { (try(metric_query.value.function, "function")) = try(metric_query.value.of, var.function_name) },
          try(metric_query.value.dimensions, {}),
        )
      }
    }
  }
}
