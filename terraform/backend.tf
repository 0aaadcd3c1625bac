locals {
  issuer_names = distinct([for issuer in var.issuers : issuer.issuer if try(issuer.issuer, null) != null])

  records_table     = "${local.name}-records"
  records_table_arn = "arn:${data.aws_partition.current.partition}:dynamodb:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:table/${local.records_table}"
}

module "backend" {
  source = "./modules/lambda-function"

  name        = "${local.name}-backend"
  description = "The API behind the authorizer."
  manifest    = var.manifest
  package     = "backend"
  aliases     = ["live"]

  environment = merge(
    {
      RECORDS_TABLE = local.records_table
      # As long as the authorizer accepts a token, so does the backend.
      TOKEN_LEEWAY_SECONDS = tostring(max([for issuer in var.issuers : try(coalesce(issuer.leeway_seconds), 10)]...))
    },
    # A record's key names the issuer, which the authorizer passes on only where there are several.
    length(local.issuer_names) == 1 ? { TOKEN_ISSUER = local.issuer_names[0] } : {},
    var.cors == null ? {} : { ALLOWED_ORIGIN = try(tostring(var.cors.origin), "") },
    local.websocket == null ? {} : { SUBPROTOCOL = local.websocket.subprotocol },
  )

  policy_statements = merge(
    {
      UseRecords = {
        actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
        resources = [local.records_table_arn]
      }
    },
    var.kms_key_arn == null ? {} : {
      DecryptRecords = {
        actions   = ["kms:Decrypt"]
        resources = [var.kms_key_arn]
        conditions = [{
          test     = "StringEquals"
          variable = "kms:ViaService"
          values   = ["dynamodb.${data.aws_region.current.id}.${data.aws_partition.current.dns_suffix}"]
        }]
      }
    },
  )

  kms_key_arn              = var.kms_key_arn
  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  role_path                = var.role_path
  s3_packages              = var.s3_packages
  tracing                  = var.tracing
}

# One record for each issuer's subject.
resource "aws_dynamodb_table" "records" {
  name                        = local.records_table
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = var.deletion_protection
  hash_key                    = "principal"

  attribute {
    name = "principal"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}
