# What is wrong with the issuers, a sentence each: which key, what it is, and what to write instead. The function makes
# the same checks when it starts. Everything here must also hold up against values of any type and shape, and against
# some that are not known before the apply: those are judged then.

locals {
  names = [for issuer in var.issuers : try(issuer.issuer, "")]

  # null is as good as left out, except in `issuer`: so objects of a type with optional attributes may be given, too.
  entries = {
    for index, issuer in var.issuers : "issuers[${index}]" => { for key, value in issuer : key => value if key == "issuer" || value != null }
  }
  sources = {
    for path, entry in local.entries : path => try({ for key, value in entry.keys : key => value if value != null }, {})
  }
  secrets = {
    for path, source in local.sources : path => try({ for key, value in source.secret : key => value if value != null }, {})
  }

  # The kinds of keys that an issuer has, which should be one, and those of its algorithms that there are.
  kinds      = { for path, source in local.sources : path => [for kind in local.key_kinds : kind if contains(keys(source), kind)] }
  algorithms = { for path, entry in local.entries : path => try([for name in entry.algorithms : name if contains(concat(local.hmac, local.public), name)], []) }

  mistakes = concat(
    local.names_that_clash,
    local.unknown_keys,
    local.missing_keys,
    local.bad_values,
    local.bad_claims,
    local.bad_secrets,
    local.bad_sources,
    local.misfits,
  )
}
