locals {
  # IAM leaves 38 characters to a name prefix.
  long_name_prefix = "${var.name}-invoke-authorizer-"
  name_prefix      = length(local.long_name_prefix) <= 38 ? local.long_name_prefix : "${substr(local.long_name_prefix, 0, 29)}-${substr(sha256(local.long_name_prefix), 0, 7)}-"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "InvokeTheRulesAliases"
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = sort(var.alias_arns)
    }]
  })
}

resource "aws_iam_role" "this" {
  # A prefix, because a role that is replaced exists twice for a while: authorizers are created before they are destroyed.
  name_prefix          = local.name_prefix
  description          = "Lets API Gateway call the authorizer ${var.name} by the aliases of its access rules"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "apigateway.amazonaws.com" }
    }]
  })
}

# The prefix holds the content, so a changed policy is a second one beside the first: the right to a new alias is there
# before an authorizer uses it, and the right to an old alias goes after the stage has moved.
resource "aws_iam_role_policy" "this" {
  name_prefix = "invoke-authorizer-${substr(sha256(local.policy), 0, 8)}-"
  role        = aws_iam_role.this.id
  policy      = local.policy

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = length(local.policy) <= 5120
      error_message = "The policy that lets API Gateway call the authorizer ${var.name} has ${length(local.policy)} characters for ${length(var.alias_arns)} rules. IAM allows a role 10240 in all its inline policies, and a changed policy stands beside the old one for a while: write at most 5120, with fewer rules or shorter names."
    }
  }
}
