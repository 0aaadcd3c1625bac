locals {
  # Everything the API serves: when any of it changes, it takes effect by a new deployment only.
  served = {
    authorizer = merge(
      {
        identity_sources = sort(var.identity_sources)
        # The role is replaced only when its name or path changes, and its ARN is not known in a first plan: these stand for it.
        name = var.name
        rule = local.rule
        uri  = local.alias.invoke_arn
      },
      var.role_path == "/" ? {} : { role_path = var.role_path },
    )
    disable_execute_api_endpoint = var.disable_execute_api_endpoint
    route_selection_expression   = var.route_selection_expression

    routes = {
      for key, route in local.routes : key => {
        function   = route.function # each has a permission, and an old one must go after the new one is there
        timeout_ms = route.timeout_ms
        uri        = module.functions.value[route.function].invoke_arn
      }
    }
  }
}

resource "aws_apigatewayv2_deployment" "this" {
  api_id = aws_apigatewayv2_api.this.id

  # Computed from the inputs: hashes of the resources are not known in the plan that changes them, and ids stay the same.
  triggers = {
    redeployment = sha256(jsonencode(local.served))
  }

  depends_on = [
    aws_apigatewayv2_authorizer.connect,
    aws_apigatewayv2_integration.route,
    aws_apigatewayv2_route.this,
    aws_lambda_permission.api,
  ]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_apigatewayv2_stage" "this" {
  # checkov:skip=CKV2_AWS_51:Client certificates authenticate API Gateway to HTTP backends, and these are Lambda functions.
  api_id          = aws_apigatewayv2_api.this.id
  deployment_id   = aws_apigatewayv2_deployment.this.id
  name            = var.stage_name
  stage_variables = var.stage_variables
  tags            = var.tags

  # Any one setting here sets those left out to 0, and a limit of 0 refuses every message: so all are written.
  default_route_settings {
    data_trace_enabled       = false # would write messages and headers to the logs
    detailed_metrics_enabled = true
    logging_level            = "OFF"
    throttling_burst_limit   = var.throttling.burst
    throttling_rate_limit    = var.throttling.rate
  }

  dynamic "access_log_settings" {
    for_each = aws_cloudwatch_log_group.access

    content {
      destination_arn = access_log_settings.value.arn
      format          = local.access_log_format
    }
  }
}
