locals {
  rule  = var.routes["$connect"].rule
  alias = var.rules[local.rule]

  # IAM leaves 38 characters to a name prefix.
  long_role_prefix = "${var.name}-invoke-authorizer-"
  role_prefix      = length(local.long_role_prefix) <= 38 ? local.long_role_prefix : "${substr(local.long_role_prefix, 0, 29)}-${substr(sha256(local.long_role_prefix), 0, 7)}-"
}

resource "aws_apigatewayv2_authorizer" "connect" {
  api_id                     = aws_apigatewayv2_api.this.id
  name                       = local.rule
  authorizer_type            = "REQUEST" # the only type that WebSocket APIs know; its answers are not cached
  authorizer_uri             = local.alias.invoke_arn
  authorizer_credentials_arn = aws_iam_role.invoke.arn
  identity_sources           = var.identity_sources

  # Whoever connects may count on API Gateway being allowed to call the Lambda.
  depends_on = [aws_iam_role_policy.invoke]
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "invoke" {
  statement {
    sid       = "InvokeTheRulesAlias"
    actions   = ["lambda:InvokeFunction"]
    resources = [local.alias.arn]
  }
}

resource "aws_iam_role" "invoke" {
  # A prefix, because what the deployment depends on is created before it is destroyed: a role that is replaced exists twice.
  name_prefix        = local.role_prefix
  description        = "Lets API Gateway call the authorizer of ${var.name} by the alias of its access rule"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = var.tags
}

resource "aws_iam_role_policy" "invoke" {
  name   = "invoke-authorizer"
  role   = aws_iam_role.invoke.id
  policy = data.aws_iam_policy_document.invoke.json
}
