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
    sid       = "InvokeTheRulesAliases"
    actions   = ["lambda:InvokeFunction"]
    resources = sort([for alias in values(var.rules) : alias.arn])
  }
}

resource "aws_iam_role" "invoke" {
  # A prefix, because a role that is replaced exists twice for a while: the authorizers are created before they are destroyed.
  name_prefix        = local.role_prefix
  description        = "Lets API Gateway call the authorizer ${var.name} by the aliases of its access rules"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = var.tags
}

resource "aws_iam_role_policy" "invoke" {
  name   = "invoke-authorizer"
  role   = aws_iam_role.invoke.id
  policy = data.aws_iam_policy_document.invoke.json
}
