data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # Without public keys there is no need for the package that carries cryptography, which starts more slowly. That one
  # does all the other does, and so also serves where it was built alone.
  hmac_only = alltrue(flatten([for issuer in local.issuers : [for name in issuer.algorithms : startswith(name, "HS")]]))
  packages  = try(keys(jsondecode(file(var.manifest)).functions), [])
  package   = local.hmac_only && contains(local.packages, "authorizer-hmac") ? "authorizer-hmac" : "authorizer"
}

module "function" {
  source = "../lambda-function"

  name        = var.name
  description = "Decides which JWTs may pass API Gateway: one alias for each access rule."
  manifest    = var.manifest
  package     = local.package
  aliases     = keys(local.rules)

  environment       = merge(local.environment, { AUTHORIZER_CONFIG = local.packed_configuration })
  policy_statements = local.policy_statements

  kms_key_arn             = var.kms_key_arn
  log_retention_days      = var.log_retention_days
  memory_mb               = var.memory_mb
  provisioned_concurrency = var.provisioned_concurrency
  reserved_concurrency    = var.reserved_concurrency
  snap_start              = var.snap_start
  tags                    = var.tags
  timeout_seconds         = var.timeout_seconds
  tracing                 = var.tracing
  traffic_shift           = var.traffic_shift
  vpc                     = var.vpc
}

# A role of another account needs its own leave from the function as well as from its account.
resource "aws_lambda_permission" "invoker" {
  for_each = {
    for pair in setproduct(keys(local.rules), keys(var.invoker_role_arns)) : "${pair[0]}/${pair[1]}" => { rule = pair[0], invoker = pair[1] }
  }

  statement_id  = "invoker-${each.value.invoker}"
  action        = "lambda:InvokeFunction"
  function_name = module.function.function_name
  qualifier     = each.value.rule
  principal     = var.invoker_role_arns[each.value.invoker]

  # The name alone says nothing of the aliases.
  depends_on = [module.function]
}
