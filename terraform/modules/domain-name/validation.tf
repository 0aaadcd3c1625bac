# `any`, because Terraform drops silently what an object type does not name: a misspelt truststore_version would leave the
# truststore unpinned.

locals {
  definitions = jsondecode(file("${path.module}/../schema/inputs.schema.json"))["$defs"]
  mutual_tls  = module.mutual_tls.value

  mutual_tls_misfits = [
    for type in [var.endpoint_type] : "mutual_tls is set and endpoint_type is ${type}: API Gateway asks for client certificates at regional endpoints only, so write endpoint_type = \"REGIONAL\"."
    if var.mutual_tls != null && type != "REGIONAL"
  ]
}

module "mutual_tls" {
  source = "../schema"

  definitions = local.definitions
  misfits     = local.mutual_tls_misfits
  path        = "mutual_tls"
  row         = { "$ref" = "#/$defs/mutual_tls" }
  value       = var.mutual_tls
}
