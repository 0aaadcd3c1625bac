locals {
  log_statements = [{
    Sid      = "WriteLogs"
    Effect   = "Allow"
    Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    Resource = ["${local.log_group_arn}:*"]
  }]

  # X-Ray and network interfaces know no resource-level permissions: "*" is all that can be written.
  tracing_statements = [{
    Sid      = "WriteTraces"
    Effect   = "Allow"
    Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    Resource = ["*"]
  }]

  network_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
  ]

  # Lambda itself needs these to attach the function to the VPC; the function's code is denied them, as
  # AWS recommends (https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html).
  network_statements = [
    {
      Sid      = "AttachToVpc"
      Effect   = "Allow"
      Action   = local.network_actions
      Resource = ["*"]
    },
    {
      Sid       = "CodeDoesNotAttachToVpc"
      Effect    = "Deny"
      Action    = local.network_actions
      Resource  = ["*"]
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = [local.function_arn] } }
    },
  ]

  conditions = { for sid, statement in module.policy_statements.value : sid => coalesce(try(statement.conditions, null), []) }

  caller_statements = [
    for sid, statement in module.policy_statements.value : merge(
      {
        Sid      = sid
        Effect   = "Allow"
        Action   = sort(statement.actions)
        Resource = sort(statement.resources)
      },
      length(local.conditions[sid]) == 0 ? {} : {
        Condition = {
          for test in distinct(local.conditions[sid][*].test) : test => {
            for condition in local.conditions[sid] : condition.variable => condition.values
            if condition.test == test
          }
        }
      }
    )
  ]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.log_statements,
      [for statement in local.tracing_statements : statement if var.tracing],
      [for statement in local.network_statements : statement if var.vpc != null],
      local.caller_statements,
    )
  })
}

resource "aws_iam_role" "this" {
  name                 = local.role_name
  description          = "What the Lambda function ${local.function_name} may do."
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })

  tags = var.tags
}

# The prefix holds the content, so a changed policy is a second one beside the first: a new right is there before the
# function uses it, and an old one goes after every alias has moved to the new version.
resource "aws_iam_role_policy" "this" {
  name_prefix = "function-${substr(sha256(local.policy), 0, 8)}-"
  role        = aws_iam_role.this.name
  policy      = local.policy

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = length(local.policy) <= 5120
      error_message = "The policy of ${local.function_name} has ${length(local.policy)} characters. IAM allows a role 10240 in all its inline policies, and a changed policy stands beside the old one for a while: write at most 5120, with fewer actions, resources or conditions in policy_statements."
    }
  }
}
