locals {
  architecture = var.architecture == null ? "arm64" : var.architecture
  manifest     = var.manifest == null ? "${path.module}/../packages/manifest-${local.architecture}.json" : var.manifest

  # Without public keys the package without cryptography is enough, and starts faster. The other one does all that it does,
  # and so serves where it was built alone.
  hmac_only = alltrue(flatten([for issuer in local.issuers : [for name in issuer.algorithms : startswith(name, "HS")]]))
  packages  = try(keys(jsondecode(file(local.manifest)).functions), [])
  package   = local.hmac_only && contains(local.packages, "authorizer-hmac") ? "authorizer-hmac" : "authorizer"
}

module "function" {
  source = "../lambda-function"

  name        = var.name
  description = "Decides which JWTs may pass API Gateway: one alias for each access rule."
  manifest    = local.manifest
  package     = local.package
  aliases     = keys(local.rules)

  environment       = merge(local.environment, { AUTHORIZER_CONFIG = local.packed_configuration })
  policy_statements = local.policy_statements

  kms_key_arn              = var.kms_key_arn
  log_retention_days       = var.log_retention_days
  memory_mb                = var.memory_mb
  permissions_boundary_arn = var.permissions_boundary_arn
  provisioned_concurrency  = var.provisioned_concurrency
  reserved_concurrency     = var.reserved_concurrency
  role_path                = var.role_path
  s3_packages              = var.s3_packages
  snap_start               = var.snap_start
  tags                     = var.tags
  timeout_seconds          = var.timeout_seconds
  tracing                  = var.tracing
  traffic_shift            = var.traffic_shift
  vpc                      = var.vpc
}

# A role of another account needs a permission of the function as well as one of its own account.
resource "aws_lambda_permission" "invoker" {
  for_each = {
    for pair in setproduct(keys(local.rules), keys(var.invoker_role_arns)) : "${pair[0]}/${pair[1]}" => { rule = pair[0], invoker = pair[1] }
  }

  statement_id_prefix = "invoker-${each.value.invoker}-"
  action              = "lambda:InvokeFunction"
  function_name       = module.function.function_name
  qualifier           = each.value.rule
  principal           = var.invoker_role_arns[each.value.invoker]

  lifecycle {
    # A role that takes another's place may call before the other one no longer may.
    create_before_destroy = true
  }

  # The function's name is known before its aliases exist.
  depends_on = [module.function]
}
