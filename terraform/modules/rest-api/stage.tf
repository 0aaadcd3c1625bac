locals {
  # Everything the API serves: when any of it changes, it takes effect by a new deployment only.
  served = merge({
    binary_media_types           = sort(var.binary_media_types)
    disable_execute_api_endpoint = var.disable_execute_api_endpoint
    endpoint                     = [var.endpoint_type, sort(var.vpc_endpoint_ids)]
    gateway_responses            = local.gateway_responses
    minimum_compression_size     = var.minimum_compression_size
    preflights                   = local.preflight_headers
    resource_policy              = var.resource_policy == null ? null : jsondecode(var.resource_policy)

    routes = {
      for key, route in local.routes : key => merge(
        local.served_routes["${route.method} ${route.place}"],
        {
          function   = route.function # each has a permission, and an old one must go after the new one is there
          authorizer = route.public ? null : module.authorizers.value[route.rule].fingerprint
        },
        # What is off leaves the deployment of an API as it is.
        route.api_key_required ? { api_key_required = true } : {},
      )
    }
  }, length(local.document_paths) == 0 ? {} : { protected_resource = { document = local.document, paths = local.document_paths } })
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id

  # Computed from the inputs: hashes of the resources are not known in the plan that changes them, and ids stay the same.
  triggers = {
    redeployment = sha256(jsonencode(merge(local.served, length(local.usage_plans) > 0 ? { api_key_source = "AUTHORIZER" } : {})))
  }

  depends_on = [
    aws_api_gateway_gateway_response.this,
    aws_api_gateway_integration.document,
    aws_api_gateway_integration.function,
    aws_api_gateway_integration.preflight,
    aws_api_gateway_integration_response.document,
    aws_api_gateway_integration_response.preflight,
    aws_api_gateway_method.this,
    aws_api_gateway_method_response.document,
    aws_api_gateway_method_response.preflight,
    aws_api_gateway_rest_api_policy.this,
    aws_lambda_permission.api,
  ]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "this" {
  # checkov:skip=CKV_AWS_120:This caches the backend's answers, which belong to one caller each; the authorizers' answers have a cache of their own.
  # checkov:skip=CKV2_AWS_29:A web ACL is the caller's to attach, by the stage's ARN; nothing here is kept from it.
  # checkov:skip=CKV2_AWS_4:The access logs say what happened to each request, and execution logs with data tracing hold tokens.
  # checkov:skip=CKV2_AWS_51:Client certificates authenticate API Gateway to HTTP backends, and these are Lambda functions.
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = var.stage_name
  variables            = var.stage_variables
  xray_tracing_enabled = var.tracing
  tags                 = var.tags

  dynamic "access_log_settings" {
    for_each = aws_cloudwatch_log_group.access

    content {
      destination_arn = access_log_settings.value.arn
      format          = local.access_log_format
    }
  }
}

resource "aws_api_gateway_method_settings" "all" {
  # checkov:skip=CKV_AWS_225:This caches the backend's answers, which belong to one caller each; the authorizers' answers have a cache of their own.
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    data_trace_enabled     = false # would write bodies and Authorization headers to the logs
    logging_level          = "OFF" # the access logs say what happened
    metrics_enabled        = true
    throttling_burst_limit = var.throttling.burst
    throttling_rate_limit  = var.throttling.rate
  }
}
