locals {
  issuers = module.issuers.value

  # A definition's name => the keys of it that the function reads.
  function_keys = {
    for name, definition in local.definitions : name => [for key, row in try(definition.properties, {}) : key if try(row["x-only"], "") != "module"]
  }

  # The function checks cache_seconds beside path_equals and binding: elsewhere it is API Gateway's alone, and a change of it
  # needs no new version.
  keys_of_rules = {
    for name, rule in local.rules : name => [for key in local.function_keys.rule : key if key != "cache_seconds" || can(rule.path_equals) || can(rule.binding)]
  }

  configuration = jsonencode(merge(
    { for name, setting in module.setting : name => setting.value if !contains(["revocation", "telemetry"], name) },
    {
      issuers = local.configured_issuers
      rules   = { for name, rule in local.rules : name => { for key, value in rule : key => value if contains(local.keys_of_rules[name], key) } }
    },
    local.revocation == null ? {} : {
      revocation = merge({ table = local.denylist_table }, { for key, value in local.revocation : key => value if value != null && contains(local.function_keys.revocation, key) })
    },
    length(local.configured_telemetry) == 0 ? {} : { telemetry = local.configured_telemetry },
  ))

  revocation = module.setting["revocation"].value
  configured_telemetry = {
    for key, value in module.setting["telemetry"].value : key => value
    if value != null && jsonencode(value) != jsonencode(local.definitions.telemetry.properties[key].default)
  }

  # Lambda allows 4 KB of environment in all; plain JSON is used while it fits, for it can be read in a plan.
  packed_configuration = length(local.configuration) <= 3072 ? local.configuration : base64gzip(local.configuration)

  # Issuer => how long a fetch of its keys may take.
  fetch_seconds = {
    for path, it in local.sound_issuers : path => try(it.keys.timeout_seconds, local.definitions.keys.properties.timeout_seconds.default)
    if contains(it.kinds, "jwks_url") || contains(it.kinds, "discovery")
  }

  # What is null is left out, except `issuer`, where null means something. The function gets the name of a generated secret.
  configured_issuers = [
    for issuer in local.issuers : merge(
      { for key, value in issuer : key => value if value != null || key == "issuer" },
      {
        keys = merge(
          { for kind, value in issuer.keys : kind => value if value != null },
          {
            for kind, value in issuer.keys : kind => merge(
              { for key, member in value : key => member if member != null && key != "generate" },
              { for key, member in value : "secrets_manager" => local.generated_secrets[member] if key == "generate" && member != null },
            ) if kind == "secret" && value != null
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
  environment_names = nonsensitive(keys(var.environment))
  environment       = { for name, value in nonsensitive(var.environment) : name => sensitive(value) }
}
