locals {
  columns = 3
  width   = 24 / local.columns
  height  = 6
  top     = 4

  # One graph after the other, three in a row. Metrics are written as CloudWatch takes them: namespace, name, dimensions
  # in pairs, options.
  graphs = [for graph in [
    {
      title   = "Decisions by outcome, a minute"
      stacked = true
      metrics = [
        for outcome, colour in { allow = "#2ca02c", deny = "#ff7f0e", unauthorized = "#9467bd", error = "#d62728" } :
        [var.namespace, "decisions", "function", var.function_name, "outcome", outcome, { label = outcome, color = colour }]
      ]
    },
    {
      title   = "Reasons of refusal, a minute"
      stacked = true
      metrics = [[{
        expression = "SEARCH('{\"${var.namespace}\",\"function\",\"reason\"} MetricName=\"decisions\" \"function\"=\"${var.function_name}\"', 'Sum', 60)"
        id         = "reasons"
        label      = "$${PROP('Dim.reason')}"
      }]]
    },
    var.api == null ? null : {
      title = "Effect of the cache"
      axes  = { left = { label = "a minute", min = 0 }, right = { label = "%", min = 0, max = 100 } }
      metrics = [
        [{ expression = "100 * (1 - FILL(calls, 0) / requests)", id = "cached", label = "answered without the authorizer, %", yAxis = "right", color = "#7f7f7f" }],
        ["AWS/ApiGateway", "Count", "ApiName", var.api.name, "Stage", var.api.stage, { id = "requests", label = "API requests", color = "#1f77b4" }],
        [var.namespace, "decisions", "function", var.function_name, { id = "calls", label = "authorizer calls", color = "#ff7f0e" }],
      ]
    },
    {
      title = "Latency of a decision"
      axes  = { left = { label = "ms", min = 0, showUnits = false } }
      metrics = [
        for statistic in ["p99", "p90", "p50"] : [var.namespace, "latency", "function", var.function_name, { label = statistic, stat = statistic }]
      ]
    },
    {
      title = "Cold starts, a minute"
      metrics = [
        ["AWS/Lambda", "Invocations", "FunctionName", var.function_name, { label = "calls", color = "#1f77b4" }],
        [var.namespace, var.cold_starts_metric, { label = "cold starts among them", color = "#d62728", yAxis = "right" }],
      ]
    },
    {
      title = "Concurrency"
      metrics = [
        ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", var.function_name, { label = "copies at once", stat = "Maximum" }],
        ["AWS/Lambda", "ProvisionedConcurrencySpilloverInvocations", "FunctionName", var.function_name, { label = "calls past those kept ready" }],
        ["AWS/Lambda", "Throttles", "FunctionName", var.function_name, { label = "throttled", color = "#d62728" }],
      ]
    },
    {
      title = var.denylist ? "Keys, starts and denylist, failures a minute" : "Keys and starts, failures a minute"
      metrics = [
        for name, label in merge(
          { key_source_failures = "keys not fetched", stale_keys_served = "decided with stale keys", start_failures = "starts that failed" },
          var.denylist ? { denylist_failures = "denylist not read" } : {},
        ) : [var.namespace, name, "function", var.function_name, { label = label }]
      ]
    },
    var.api == null ? null : {
      title = "Answers of the API, a minute"
      metrics = [
        for name, label in { "4XXError" = "4xx", "5XXError" = "5xx" } : ["AWS/ApiGateway", name, "ApiName", var.api.name, "Stage", var.api.stage, { label = label }]
      ]
    },
    var.api == null ? null : {
      title = "Latency of the API"
      axes  = { left = { label = "ms", min = 0, showUnits = false } }
      metrics = [
        for statistic in ["p99", "p90", "p50"] : ["AWS/ApiGateway", "Latency", "ApiName", var.api.name, "Stage", var.api.stage, { label = statistic, stat = statistic }]
      ]
    },
  ] : graph if graph != null]

  header = [
    {
      type       = "text"
      x          = 0
      y          = 0
      width      = local.width
      height     = local.top
      properties = { markdown = "# ${var.title}\nWhat the authorizer `${var.function_name}` decides, and how it fares. What to do when an alarm rings: ${var.runbook_url}" }
    },
    {
      type       = "alarm"
      x          = local.width
      y          = 0
      width      = 24 - local.width
      height     = local.top
      properties = { title = "Alarms", alarms = var.alarm_arns }
    },
  ]

  body = jsonencode({
    periodOverride = "inherit"
    widgets = concat(local.header, [
      for place, graph in local.graphs : {
        type   = "metric"
        x      = place % local.columns * local.width
        y      = local.top + floor(place / local.columns) * local.height
        width  = local.width
        height = local.height
        properties = {
          title   = graph.title
          region  = var.region
          view    = "timeSeries"
          stacked = try(graph.stacked, false)
          period  = 60
          stat    = "Sum"
          metrics = graph.metrics
          yAxis   = try(graph.axes, { left = { min = 0 } })
        }
      }
    ])
  })
}
