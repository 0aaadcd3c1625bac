locals {
  rotated_secrets = var.secret_rotation_days == null ? {} : local.generated_secrets

  # Short enough for the module lambda-function to leave it as it is: the role names it before the function exists.
  rotation_function_name = length(var.name) <= 55 ? "${var.name}-rotation" : "${substr(var.name, 0, 46)}-${substr(sha256(var.name), 0, 8)}-rotation"

  # For how long an authorizer keeps a generated secret before it reads it again, with some seconds for clocks and
  # requests under way: until then the new value must not be signed with.
  rotation_wait_seconds = 30 + max(0, [
    for issuer in local.issuers : coalesce(try(issuer.keys.cache_seconds, null), local.definitions.keys.properties.cache_seconds.default)
    if try(issuer.keys.secret.generate, null) != null
  ]...)
}

module "rotation" {
  source = "../lambda-function"
  count  = var.secret_rotation_days == null ? 0 : 1

  name        = local.rotation_function_name
  description = "Gives the generated secrets of ${var.name} new values, in the steps of Secrets Manager."
  manifest    = local.manifest
  package     = "rotation"

  environment = { WAIT_SECONDS = tostring(local.rotation_wait_seconds) }
  # It sleeps while the new value becomes known everywhere; Secrets Manager calls again when that takes longer.
  timeout_seconds = min(local.rotation_wait_seconds + 60, 900)

  policy_statements = merge(
    {
      RotateSecrets = {
        actions = [
          "secretsmanager:DescribeSecret",
          "secretsmanager:GetSecretValue",
          "secretsmanager:PutSecretValue",
          "secretsmanager:UpdateSecretVersionStage",
        ]
        resources = [for name in values(local.generated_secrets) : "${local.secret_arn_prefix}${name}-??????"]
        # Only while the secret names this very function as the one that rotates it.
        conditions = [{
          test     = "StringEquals"
          variable = "secretsmanager:resource/AllowRotationLambdaArn"
          values   = ["arn:${local.partition}:lambda:${local.region}:${local.account}:function:${local.rotation_function_name}"]
        }]
      }
    },
    var.kms_key_arn == null ? {} : {
      UseSecretsKey = {
        actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
        resources = [var.kms_key_arn]
        conditions = [{
          test     = "StringEquals"
          variable = "kms:ViaService"
          values   = ["secretsmanager.${local.region}.${module.function.place.dns_suffix}"]
        }]
      }
    },
  )

  kms_key_arn              = var.kms_key_arn
  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  role_path                = var.role_path
  s3_packages              = var.s3_packages
  tags                     = var.tags
  tracing                  = var.tracing
}

resource "aws_lambda_permission" "rotation" {
  count = var.secret_rotation_days == null ? 0 : 1

  statement_id   = "rotate"
  action         = "lambda:InvokeFunction"
  function_name  = module.rotation[0].function_name
  principal      = "secretsmanager.amazonaws.com"
  source_account = local.account
}

resource "aws_secretsmanager_secret_rotation" "generated" {
  # checkov:skip=CKV_AWS_304:After how many days is the caller's to say, for it depends on how long tokens live.
  for_each = local.rotated_secrets

  secret_id           = aws_secretsmanager_secret.generated[each.key].id
  rotation_lambda_arn = module.rotation[0].arn

  # A rotation soon after another leaves tokens of the value before both without a key: a changed schedule must not
  # cause one.
  rotate_immediately = false

  rotation_rules {
    automatically_after_days = var.secret_rotation_days
  }

  # The first value must be there, and Secrets Manager tries at once whether it may call the function.
  depends_on = [
    aws_lambda_permission.rotation,
    aws_secretsmanager_secret_version.generated,
  ]

  lifecycle {
    precondition {
      condition = alltrue([
        for issuer in local.issuers : try(issuer.max_age_seconds, null) == null ? true : issuer.max_age_seconds + local.rotation_wait_seconds < var.secret_rotation_days * 86400
        if try(issuer.keys.secret.generate, null) == each.key
      ])
      error_message = "secret_rotation_days is ${var.secret_rotation_days}, and tokens signed with the secret ${each.value} are accepted for longer than that (max_age_seconds): the second rotation would refuse them, so write more days or a smaller max_age_seconds."
    }
  }
}
