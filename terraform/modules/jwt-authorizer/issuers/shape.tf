# The keys of an issuer, which of them must be there, and what each may be.

locals {
  hmac      = ["HS256", "HS384", "HS512"]
  public    = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "Ed448"]
  key_kinds = ["secret", "jwks_url", "discovery", "jwks", "pem"]
  stores    = ["secrets_manager", "ssm", "environment", "generate"]

  # A timed setting => the kinds of keys that it goes with.
  timed = {
    cache_seconds    = ["secret", "jwks_url", "discovery"]
    stale_seconds    = ["secret", "jwks_url", "discovery"]
    timeout_seconds  = ["jwks_url", "discovery"]
    snapshot_seconds = ["jwks_url", "discovery"]
  }

  required = ["issuer", "audiences", "algorithms", "keys"]
  optional = [
    "claims", "client_ids", "leeway_seconds", "max_age_seconds", "minimum_secret_bytes", "principal_claim", "principal_fallback",
    "required_claims", "scope_claims", "token_types",
  ]

  # https, a host, and neither credentials nor a fragment.
  https_url = "^(?i:https)://([A-Za-z0-9._~%-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]+)?([/?][!-\"$-~]*)?$"

  unknown_keys = flatten([
    for path, entry in local.entries : [
      for level in [
        { path = path, given = entry, known = concat(local.required, local.optional) },
        { path = "${path}.keys", given = local.sources[path], known = concat(local.key_kinds, keys(local.timed)) },
        { path = "${path}.keys.secret", given = local.secrets[path], known = concat(local.stores, ["encoding"]) },
        ] : [
        for key in setsubtract(keys(level.given), level.known) : "${level.path}.${key} is not a known key: write one of ${join(", ", sort(level.known))}."
      ]
    ]
  ])

  missing_keys = flatten([
    for path, entry in local.entries : [
      for key in setsubtract(local.required, keys(entry)) : "${path}.${key} is missing: write ${local.meanings[key]}."
    ]
  ])

  meanings = {
    issuer     = "the exact iss of its tokens, or null for tokens that carry none"
    audiences  = "whom the tokens must be meant for, such as [\"https://api.example.com\"], or [] to accept any"
    algorithms = "some of ${join(", ", local.hmac)}, or some of ${join(", ", local.public)}"
    keys       = "where the keys come from, with exactly one of ${join(", ", local.key_kinds)}"
  }

  # A list of strings that are not blank is [..] in JSON, and each of its items "..".
  bad_values = flatten([
    for path, entry in local.entries : [
      for key, check in {
        issuer = {
          good  = try(entry.issuer == null ? true : startswith(jsonencode(entry.issuer), "\"") && trimspace(entry.issuer) != "", false)
          write = local.meanings.issuer
        }
        audiences = {
          good  = try(startswith(jsonencode(entry.audiences), "[") && alltrue([for item in entry.audiences : startswith(jsonencode(item), "\"") && trimspace(item) != ""]), false)
          write = local.meanings.audiences
        }
        algorithms = {
          good  = try(startswith(jsonencode(entry.algorithms), "[\"") && alltrue([for item in entry.algorithms : contains(concat(local.hmac, local.public), item)]), false)
          write = local.meanings.algorithms
        }
        keys = {
          good  = startswith(jsonencode(try(entry.keys, null)), "{")
          write = "an object, with exactly one of ${join(", ", local.key_kinds)}"
        }
        client_ids = {
          good  = try(startswith(jsonencode(entry.client_ids), "[") && alltrue([for item in entry.client_ids : startswith(jsonencode(item), "\"") && trimspace(item) != ""]), false)
          write = "a list of the clients whose tokens are accepted, such as [\"7pl0f3\"], or leave it out"
        }
        leeway_seconds = {
          good  = try(can(regex("^[0-9]+$", jsonencode(entry.leeway_seconds))) && entry.leeway_seconds <= 300, false)
          write = "a whole number from 0 to 300"
        }
        max_age_seconds = {
          good  = try(can(regex("^[0-9]+$", jsonencode(entry.max_age_seconds))) && entry.max_age_seconds >= 1 && entry.max_age_seconds <= 316224000, false)
          write = "a whole number from 1 to 316224000 (ten years), or leave it out"
        }
        minimum_secret_bytes = {
          good  = try(can(regex("^[0-9]+$", jsonencode(entry.minimum_secret_bytes))) && entry.minimum_secret_bytes >= 1 && entry.minimum_secret_bytes <= 1024, false)
          write = "a whole number from 1 to 1024, or leave it out for the length of the longest hash"
        }
        principal_claim = {
          good  = try(startswith(jsonencode(entry.principal_claim), "\"") && trimspace(entry.principal_claim) != "", false)
          write = "the name of a claim, such as \"sub\""
        }
        principal_fallback = {
          good  = try(startswith(jsonencode(entry.principal_fallback), "\"") && trimspace(entry.principal_fallback) != "", false)
          write = "the principal of tokens that carry none, or leave it out to refuse them"
        }
        required_claims = {
          good  = try(startswith(jsonencode(entry.required_claims), "[") && alltrue([for item in entry.required_claims : startswith(jsonencode(item), "\"") && trimspace(item) != ""]), false)
          write = "a list of claims, such as [\"exp\", \"sub\"], or [] to require none"
        }
        scope_claims = {
          good  = try(startswith(jsonencode(entry.scope_claims), "[") && alltrue([for item in entry.scope_claims : startswith(jsonencode(item), "\"") && trimspace(item) != ""]), false)
          write = "a list of the claims that hold scopes, such as [\"permissions\"]"
        }
        token_types = {
          good  = try(startswith(jsonencode(entry.token_types), "[\"") && alltrue([for item in entry.token_types : startswith(jsonencode(item), "\"") && trimspace(item) != ""]), false)
          write = "a list of the typ headers to accept, such as [\"at+jwt\"], or leave it out"
        }
      } : "${path}.${key}${key == "keys" ? "" : " is ${jsonencode(entry[key])}"}: write ${check.write}."
      if contains(keys(entry), key) && !check.good
    ]
  ])

  bad_claims = flatten([
    for path, entry in local.entries : [
      startswith(jsonencode(entry.claims), "{") ? [] : ["${path}.claims is ${jsonencode(entry.claims)}: write an object of lists, such as { token_use = [\"access\"] }."],
      [
        for name, values in try({ for name, values in entry.claims : name => values }, {}) : "${path}.claims.${name} is ${jsonencode(values)}: write a list of the strings, numbers or booleans to accept."
        if !try(startswith(jsonencode(values), "[") && length(values) > 0 && alltrue([for value in values : can(regex("^[\"tf0-9-]", jsonencode(value)))]), false)
      ],
    ] if contains(keys(entry), "claims")
  ])

  names_that_clash = concat(
    length(local.names) > 1 && length([for name in local.names : name if name == null]) > 0 ? ["issuers: issuer = null accepts tokens that carry no iss, and only as the one entry there is: name every issuer, or keep that one alone."] : [],
    [
      for name in distinct([for name in local.names : name if try(trimspace(name) != "", false)]) : "issuers: ${jsonencode(name)} is there more than once, as ${join(" and ", [for index, other in local.names : "issuers[${index}]" if other == name])}: write one entry for each issuer."
      if length([for other in local.names : other if other == name]) > 1
    ],
  )
}
