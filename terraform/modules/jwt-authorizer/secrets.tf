locals {
  # The key an issuer gives in `generate` => the name of the secret made for it.
  secrets_to_generate = {
    for key in local.secrets.generate : key => "${var.name}-${key}"
  }

  # The same by way of the secrets' values: the function reads a secret only when it has one, and no secret goes while an
  # alias still reads it. A plan knows the names all the same.
  generated_secrets = {
    for key in keys(aws_secretsmanager_secret_version.generated) : key => local.secrets_to_generate[key]
  }
}

resource "aws_secretsmanager_secret" "generated" {
  for_each = local.secrets_to_generate

  name                    = each.value
  description             = "HMAC secret that signs the JWTs ${var.name} accepts."
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_window_days
  tags                    = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

# Ephemeral, and passed on by a write-only argument: the value reaches the secret and neither plan nor state.
ephemeral "aws_secretsmanager_random_password" "generated" {
  for_each = local.secrets_to_generate

  # 64 bytes are enough for HS512, the longest hash.
  password_length     = 64
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret_version" "generated" {
  for_each = local.secrets_to_generate

  secret_id                = aws_secretsmanager_secret.generated[each.key].id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.generated[each.key].random_password
  secret_string_wo_version = var.generated_secret_version

  # A label of its own, because Secrets Manager forgets versions without any: after two rotations by somebody else
  # Terraform would miss this one, and put another value in at once. The label holds the version, because a new version
  # is there before the old one goes, which lets go of its labels.
  version_stages = ["AWSCURRENT", "TERRAFORM-${var.generated_secret_version}"]

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [version_stages] # rotations move AWSCURRENT on
  }
}
