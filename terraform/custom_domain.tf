module "custom_domain" {
  source = "./modules/schema"

  definitions = jsondecode(file("${path.module}/modules/schema/inputs.schema.json"))["$defs"]
  path        = "custom_domain"
  row         = { "$ref" = "#/$defs/custom_domain" }
  value       = var.custom_domain
}

locals {
  # At most one, without what is null.
  custom_domains = [for domain in [module.custom_domain.value] : { for key, value in domain : key => value if value != null } if domain != null]

  # Where the API's own paths begin there.
  base_path = { for domain in local.custom_domains : "base_path" => try(domain.base_path, "") }

  asks_for_certificates = anytrue([for domain in local.custom_domains : can(domain.mutual_tls)])
}

module "domain_name" {
  source = "./modules/domain-name"
  count  = length(local.custom_domains)

  domain_name     = local.custom_domains[0].name
  certificate_arn = local.custom_domains[0].certificate_arn
  endpoint_type   = try(local.custom_domains[0].endpoint_type, "REGIONAL")
  mutual_tls      = try(local.custom_domains[0].mutual_tls, null)
  mappings = {
    (try(local.custom_domains[0].base_path, "")) = { rest_api_id = module.api.rest_api_id, stage_name = module.api.stage_name }
  }

  ownership_verification_certificate_arn = try(local.custom_domains[0].ownership_verification_certificate_arn, null)
}
