locals {
  configuration = jsonencode({
    issuers          = local.issuers
    context_claims   = var.context_claims
    on_invalid_token = var.on_invalid_token
    rules            = var.rules
  })

  # Lambda allows 4 KB of environment in all; plain JSON is used while it fits, for it can be read in a plan.
  packed_configuration = length(local.configuration) <= 3072 ? local.configuration : base64gzip(local.configuration)

  # What is null is left out, except `issuer`, where null means something.
  issuers = [
    for issuer in var.issuers : {
      for key, value in merge(issuer, { keys = { secret = local.secret_sources[jsonencode(issuer.keys.secret)] } }) :
      key => value if value != null || key == "issuer"
    }
  ]

  # A secret as written in `issuers` => where the function finds it.
  secret_sources = {
    for secret in distinct(var.issuers[*].keys.secret) : jsonencode(secret) => {
      for key, value in {
        secrets_manager = secret.generate == null ? secret.secrets_manager : local.generated_secrets[secret.generate]
        ssm             = secret.ssm
        environment     = secret.environment
        encoding        = secret.encoding
      } : key => value if value != null
    }
  }

  # The names of the variables are readable in a plan, their values are not.
  environment = { for name, value in nonsensitive(var.environment) : name => sensitive(value) }
}
