locals {
  # No value that a caller writes, such as the user agent: a quote in it would break the line's JSON. There is no query
  # string either, where a token may be.
  access_log_format = jsonencode({
    apiId              = "$context.apiId"
    authorizerLatency  = "$context.authorizer.latency"
    authorizerStatus   = "$context.authorizer.status"
    connectionId       = "$context.connectionId"
    errorResponseType  = "$context.error.responseType"
    eventType          = "$context.eventType"
    extendedRequestId  = "$context.extendedRequestId"
    integrationLatency = "$context.integrationLatency"
    integrationStatus  = "$context.integrationStatus"
    messageDirection   = "$context.messageDirection"
    messageId          = "$context.messageId"
    principalId        = "$context.authorizer.principalId"
    requestId          = "$context.requestId"
    requestTime        = "$context.requestTime"
    routeKey           = "$context.routeKey"
    sourceIp           = "$context.identity.sourceIp"
    stage              = "$context.stage"
    status             = "$context.status"
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
