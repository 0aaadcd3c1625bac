locals {
  # By way of the table, whose name a plan knows: the function reads the table only when it is ACTIVE, and the table goes
  # only when no alias reads it any more.
  denylist_table     = concat(aws_dynamodb_table.denylist[*].name, ["${var.name}-denylist"])[0]
  denylist_table_arn = "arn:${local.partition}:dynamodb:${local.region}:${local.account}:table/${local.denylist_table}"
}

# `make revoke` writes the entries; DynamoDB deletes each when the tokens that it names have expired anyway.
resource "aws_dynamodb_table" "denylist" {
  count = local.revocation == null ? 0 : 1

  name                        = "${var.name}-denylist"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = coalesce(try(local.revocation.deletion_protection, null), local.definitions.revocation.properties.deletion_protection.default)
  hash_key                    = "revoked"
  tags                        = var.tags

  attribute {
    name = "revoked"
    type = "S"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }

  lifecycle {
    create_before_destroy = true
  }
}
