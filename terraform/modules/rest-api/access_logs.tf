locals {
  # No value that a caller writes, such as the user agent or the path itself: a quote in it would break the line's JSON.
  access_log_format = jsonencode({
    apiId                   = "$context.apiId"
    authorizerLatency       = "$context.authorizer.latency"
    authorizerReason        = "$context.authorizer.reason"
    authorizerStatus        = "$context.authorizer.status"
    errorResponseType       = "$context.error.responseType"
    extendedRequestId       = "$context.extendedRequestId"
    httpMethod              = "$context.httpMethod"
    integrationLatency      = "$context.integration.latency"
    integrationStatus       = "$context.integration.integrationStatus"
    lambdaIntegrationStatus = "$context.integration.status"
    principalId             = "$context.authorizer.principalId"
    protocol                = "$context.protocol"
    requestId               = "$context.requestId"
    requestTime             = "$context.requestTime"
    resourcePath            = "$context.resourcePath"
    responseLatency         = "$context.responseLatency"
    responseLength          = "$context.responseLength"
    sourceIp                = "$context.identity.sourceIp"
    stage                   = "$context.stage"
    status                  = "$context.status"
    xrayTraceId             = "$context.xrayTraceId"
  })
}

resource "aws_cloudwatch_log_group" "access" {
  # checkov:skip=CKV_AWS_338:How long logs are kept is the caller's to say; the environment prod says a year.
  count = var.access_logs ? 1 : 0

  name              = "/aws/api-gateway/${var.name}/${var.stage_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags

  lifecycle {
    # The stage stops writing to it before it goes.
    create_before_destroy = true
  }
}
