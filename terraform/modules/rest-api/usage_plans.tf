# Plans count the calls of a key. The authorizer names the key of each caller (`usage_key_claim`), and no client sends one.

locals {
  usage_plans = {
    for name, plan in module.usage_plans.value : name => {
      quota      = try(plan.quota, null)
      routes     = coalesce(try(plan.routes, null), {})
      throttling = try(plan.throttling, null)
    }
  }
}

resource "aws_api_gateway_usage_plan" "this" {
  for_each = local.usage_plans

  name = "${var.name}-${each.key}"
  tags = var.tags

  api_stages {
    api_id = aws_api_gateway_rest_api.this.id
    stage  = aws_api_gateway_stage.this.stage_name

    dynamic "throttle" {
      for_each = each.value.routes

      content {
        path        = "${local.routes[throttle.key].path}/${local.routes[throttle.key].method}"
        burst_limit = throttle.value.burst
        rate_limit  = throttle.value.rate
      }
    }
  }

  dynamic "quota_settings" {
    for_each = each.value.quota == null ? [] : [each.value.quota]

    content {
      limit  = quota_settings.value.limit
      period = quota_settings.value.period
    }
  }

  dynamic "throttle_settings" {
    for_each = each.value.throttling == null ? [] : [each.value.throttling]

    content {
      burst_limit = throttle_settings.value.burst
      rate_limit  = throttle_settings.value.rate
    }
  }
}

resource "aws_api_gateway_api_key" "this" {
  for_each = local.usage_key_plans

  name = "${var.name}-${each.key}"
  tags = var.tags
  # What is none is refused by the check of usage_keys. The provider would refuse it too, and show it.
  value = can(regex(local.api_key, var.usage_keys[each.key].value)) ? var.usage_keys[each.key].value : null

  lifecycle {
    # A key with a new value is there before the one before it goes.
    create_before_destroy = true
  }
}

resource "aws_api_gateway_usage_plan_key" "this" {
  for_each = local.usage_key_plans

  key_id        = aws_api_gateway_api_key.this[each.key].id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.this[each.value].id

  lifecycle {
    create_before_destroy = true
  }
}
