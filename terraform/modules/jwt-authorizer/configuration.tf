# What is wrong with the issuers and the rules is said before anything is made of them.
module "issuers" {
  source = "./issuers"

  environment_names = nonsensitive(keys(var.environment))
  issuers           = var.issuers
}

module "rules" {
  source = "./rules"

  rules = var.rules
}

locals {
  issuers = module.issuers.checked
  rules   = module.rules.table

  configuration = jsonencode(merge(
    {
      issuers               = local.configured_issuers
      bind_policy_to_expiry = var.bind_policy_to_expiry
      context_claims        = var.context_claims
      on_invalid_token      = var.on_invalid_token
      rules                 = { for name, rule in local.rules : name => rule.configured }
    },
    var.revocation == null ? {} : { revocation = { table = local.denylist_table, on_failure = var.revocation.on_failure } },
    length(local.configured_telemetry) == 0 ? {} : { telemetry = local.configured_telemetry },
  ))

  # What is as the function has it by itself is left out.
  configured_telemetry = merge(
    var.telemetry.allow_sample == 1 ? {} : { allow_sample = var.telemetry.allow_sample },
    var.telemetry.log_principal ? { log_principal = true } : {},
    var.telemetry.namespace == "JwtAuthorizer" ? {} : { namespace = var.telemetry.namespace == "" ? null : var.telemetry.namespace },
  )

  # Lambda allows 4 KB of environment in all; plain JSON is used while it fits, for it can be read in a plan.
  packed_configuration = length(local.configuration) <= 3072 ? local.configuration : base64gzip(local.configuration)

  # Issuer => how long a fetch of its keys may take; 3 is what the function has by itself.
  fetch_seconds = try({
    for index, issuer in var.issuers : "issuers[${index}]" => try(tonumber(coalesce(try(issuer.keys.timeout_seconds, null), 3)), 0)
    if can(coalesce(issuer.keys.jwks_url)) || can(coalesce(issuer.keys.discovery))
  }, {})

  # What is null is left out, except `issuer`, where null means something.
  configured_issuers = [
    for issuer in local.issuers : merge(
      { for key, value in issuer : key => value if value != null || key == "issuer" },
      {
        keys = merge(
          { for kind, value in issuer.keys : kind => value if value != null },
          {
            for kind, value in issuer.keys : kind => {
              for key, value in {
                secrets_manager = try(local.generated_secrets[value.generate], value.secrets_manager, null)
                ssm             = try(value.ssm, null)
                environment     = try(value.environment, null)
                encoding        = try(value.encoding, null)
              } : key => value if value != null
            } if kind == "secret" && value != null
          },
        )
      },
    )
  ]

  # Where a secret is => the names that issuers give there.
  secrets = {
    for store in ["generate", "secrets_manager", "ssm"] : store => distinct(compact([
      for issuer in local.issuers : try(issuer.keys.secret[store], null)
    ]))
  }

  # The names of the variables are readable in a plan, their values are not.
  environment = { for name, value in nonsensitive(var.environment) : name => sensitive(value) }
}
