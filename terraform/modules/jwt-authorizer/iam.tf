locals {
  # The function's, which stay known where a caller's `depends_on` defers data sources to the apply.
  partition = module.function.place.partition
  region    = module.function.place.region
  account   = module.function.place.account

  # Secrets Manager ends every ARN with a hyphen and six characters of its own choice. A secret of another account is named by
  # its whole ARN.
  secret_arn_prefix = "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:"

  secret_names    = distinct(concat(local.secrets.secrets_manager, values(local.generated_secrets)))
  parameter_names = local.secrets.ssm

  # The generated secrets are encrypted with the module's own key, where it is given one.
  decryption_key_arns = distinct(concat(
    length(concat(local.secret_names, local.parameter_names)) > 0 ? var.secrets_kms_key_arns : [],
    length(local.generated_secrets) > 0 && var.kms_key_arn != null ? [var.kms_key_arn] : [],
  ))

  possible_statements = {
    ReadSecrets = {
      actions    = ["secretsmanager:GetSecretValue"]
      resources  = [for name in local.secret_names : startswith(name, "arn:") ? name : "${local.secret_arn_prefix}${name}-??????"]
      conditions = []
    }
    ReadParameters = {
      actions    = ["ssm:GetParameter"]
      resources  = [for name in local.parameter_names : "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter/${trimprefix(name, "/")}"]
      conditions = []
    }
    DecryptSecrets = {
      actions   = ["kms:Decrypt"]
      resources = local.decryption_key_arns
      conditions = [{
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [for service in ["secretsmanager", "ssm"] : "${service}.${local.region}.${module.function.place.dns_suffix}"]
      }]
    }
    ReadDenylist = {
      actions    = ["dynamodb:BatchGetItem"]
      resources  = [for table in [local.denylist_table_arn] : table if local.revocation != null]
      conditions = []
    }
    DecryptDenylist = {
      actions   = ["kms:Decrypt"]
      resources = [for key in [var.kms_key_arn] : key if local.revocation != null && key != null]
      conditions = [{
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["dynamodb.${local.region}.${module.function.place.dns_suffix}"]
      }]
    }
  }

  policy_statements = {
    for sid, statement in local.possible_statements : sid => statement if length(statement.resources) > 0
  }
}
