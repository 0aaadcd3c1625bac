# Where an issuer's keys come from. Nothing here may quote a key, for it may be one that should have been kept secret.

locals {
  # What stands before the host in a URL in JSON, and must not be quoted.
  credentials     = "/\\/\\/[^\\/\"]*@/"
  private_members = ["d", "dp", "dq", "k", "oth", "p", "q", "qi"]

  # What a JSON Web Key's kty, and where it has one its crv, may verify (RFC 7518, section 6; RFC 8037).
  verifies = {
    "RSA"         = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
    "EC P-256"    = ["ES256"]
    "EC P-384"    = ["ES384"]
    "EC P-521"    = ["ES512"]
    "OKP Ed25519" = ["EdDSA", "Ed25519"]
    "OKP Ed448"   = ["EdDSA", "Ed448"]
  }

  bad_secrets = flatten([
    for path, source in local.sources : concat(
      [
        for stores in [[for store in local.stores : store if contains(keys(local.secrets[path]), store)]] :
        "${path}.keys.secret has ${length(stores) == 0 ? "none" : join(" and ", stores)}: write exactly one of ${join(", ", local.stores)}."
        if length(stores) != 1
      ],
      [
        for key, check in {
          secrets_manager = {
            good  = can(regex("^[A-Za-z0-9/_+=.@-]{1,512}$", local.secrets[path].secrets_manager))
            write = "the name of a secret (letters, digits and /_+=.@-), not its ARN"
          }
          ssm = {
            good  = can(regex("^[A-Za-z0-9/_.-]+$", local.secrets[path].ssm))
            write = "the name of a parameter (letters, digits and /_.-), not its ARN"
          }
          environment = {
            good  = try(contains(var.environment_names, local.secrets[path].environment), false)
            write = "the name of a variable that environment sets"
          }
          generate = {
            good  = can(regex("^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$", local.secrets[path].generate))
            write = "how the new secret's name shall end, such as \"hmac\" (up to 32 lower-case letters, digits and inner hyphens)"
          }
          encoding = {
            good  = try(contains(contains(keys(local.secrets[path]), "generate") ? ["utf8"] : ["utf8", "base64", "hex"], local.secrets[path].encoding), false)
            write = contains(keys(local.secrets[path]), "generate") ? "utf8 or leave it out, for that is what a generated secret is" : "utf8, base64 or hex, or leave it out for utf8"
          }
        } : "${path}.keys.secret.${key} is ${jsonencode(local.secrets[path][key])}: write ${check.write}."
        if contains(keys(local.secrets[path]), key) && !check.good
      ],
    ) if contains(keys(source), "secret")
  ])

  bad_sources = flatten([
    for path, source in local.sources : concat(
      [
        for key, check in {
          jwks_url         = { good = can(regex(local.https_url, source.jwks_url)), write = "an https URL with a host, and without credentials or fragment" }
          discovery        = { good = jsonencode(try(source.discovery, null)) == "true", write = "true, or leave it out" }
          cache_seconds    = { good = try(can(regex("^[0-9]+$", jsonencode(source.cache_seconds))) && source.cache_seconds >= 1 && source.cache_seconds <= 86400, false), write = "a whole number from 1 to 86400 (a day)" }
          stale_seconds    = { good = try(can(regex("^[0-9]+$", jsonencode(source.stale_seconds))) && source.stale_seconds <= 604800, false), write = "a whole number from 0 to 604800 (a week)" }
          timeout_seconds  = { good = try(can(regex("^[0-9]+$", jsonencode(source.timeout_seconds))) && source.timeout_seconds >= 1 && source.timeout_seconds <= 10, false), write = "a whole number from 1 to 10" }
          snapshot_seconds = { good = try(can(regex("^[0-9]+$", jsonencode(source.snapshot_seconds))) && source.snapshot_seconds <= 7776000, false), write = "a whole number from 0 to 7776000 (90 days)" }
        } : "${path}.keys.${key} is ${replace(jsonencode(source[key]), local.credentials, "//...@")}: write ${check.write}."
        if contains(keys(source), key) && !check.good
      ],
      [
        for sentence in [
          try(startswith(jsonencode(source.jwks.keys), "[{") && length(source.jwks.keys) <= 100, false) ? "" : "must be a JWK Set: write { keys = [...] } with 1 to 100 keys, as jsondecode(file(\"jwks.json\")) reads it",
          length(try([for key in source.jwks.keys : key if try(key.kty, "") == "oct" || length(setintersection(keys(key), local.private_members)) > 0], [])) == 0 ? "" : "holds a secret or private key, which would be in every plan and in the state: write the public members alone, and replace that key",
        ] : "${path}.keys.jwks ${sentence}." if contains(keys(source), "jwks") && sentence != ""
      ],
      [
        for sentence in [
          try(contains(range(1, 11), length(regexall("-----BEGIN (?:PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----", source.pem))), false) || can(regex("PRIVATE KEY-----", source.pem)) ? "" : "must be 1 to 10 public keys or certificates in PEM: write -----BEGIN PUBLIC KEY----- and so on, as file(\"public.pem\") reads it",
          can(regex("PRIVATE KEY-----", source.pem)) ? "holds a private key, which would be in every plan and in the state: write the public one, and replace that pair" : "",
        ] : "${path}.keys.pem ${sentence}." if contains(keys(source), "pem") && sentence != ""
      ],
    )
  ])

  # What is well-formed by itself and does not go together.
  misfits = concat(
    [
      for path, kinds in local.kinds : "${path}.keys has ${length(kinds) == 0 ? "none of them" : join(" and ", kinds)}: write exactly one of ${join(", ", local.key_kinds)}."
      if length(kinds) != 1 && startswith(jsonencode(try(local.entries[path].keys, null)), "{")
    ],
    [
      for path, names in local.algorithms : "${path}.algorithms is ${jsonencode(names)}: HMAC and public-key algorithms never share an issuer, so write one kind only."
      if length(setintersection(names, local.hmac)) > 0 && length(setintersection(names, local.public)) > 0
    ],
    flatten([
      for path, kinds in local.kinds : [
        for kind in kinds : "${path}.keys has ${kind}, which does not go with ${join(", ", local.algorithms[path])}: write ${kind == "secret" ? "one of jwks_url, discovery, jwks and pem, or HMAC algorithms such as HS256" : "secret, or public-key algorithms such as RS256"}."
        if length(kinds) == 1 && length(local.algorithms[path]) > 0 && length(setsubtract(local.algorithms[path], kind == "secret" ? local.public : local.hmac)) == 0
      ]
    ]),
    [
      for path, kinds in local.kinds : "${path}.keys.discovery needs an issuer that is an https URL, and it is ${jsonencode(try(local.entries[path].issuer, null))}: write jwks_url instead, or the issuer's URL."
      if contains(kinds, "discovery") && !can(regex(local.https_url, local.entries[path].issuer))
    ],
    [
      for path, entry in local.entries : "${path}.minimum_secret_bytes has no meaning without a secret: leave it out."
      if contains(keys(entry), "minimum_secret_bytes") && length(local.algorithms[path]) > 0 && length(setintersection(local.algorithms[path], local.hmac)) == 0
    ],
    flatten([
      for path, source in local.sources : [
        for setting, kinds in local.timed : "${path}.keys.${setting} has no meaning beside ${local.kinds[path][0]}: leave it out."
        if contains(keys(source), setting) && !contains(kinds, local.kinds[path][0])
      ] if length(local.kinds[path]) == 1
    ]),
    [
      for path, source in local.sources : "${path}.keys.jwks holds no key for ${join(", ", local.algorithms[path])}: write the issuer's keys, or the algorithms that they are for."
      if contains(keys(source), "jwks") && length(local.algorithms[path]) > 0 && can(source.jwks.keys[0].kty) && length(setsubtract(local.algorithms[path], local.public)) == 0 && length(setintersection(local.algorithms[path], flatten([
        for key in try(source.jwks.keys, []) : lookup(local.verifies, trimspace("${try(key.kty, "")} ${try(key.kty, "") == "RSA" ? "" : try(key.crv, "")}"), [])
      ]))) == 0
    ],
  )
}
