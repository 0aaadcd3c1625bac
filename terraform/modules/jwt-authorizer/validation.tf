# What the configuration may be. Its JSON Schema comes from the manifest, so that a plan checks a configuration against the
# very package that it deploys. What a schema cannot say, keys that do not go together, stands below; the function has the
# same rules in misfits.py, in the same order and with the same sentences.

locals {
  definitions        = jsondecode(file(local.manifest)).functions.authorizer.configuration_schema["$defs"]
  configuration_rows = local.definitions.configuration.properties
}

module "issuers" {
  source = "../schema"

  definitions = local.definitions
  misfits     = local.issuer_misfits
  path        = "issuers"
  row         = local.configuration_rows.issuers
  value       = var.issuers
}

module "rules" {
  source = "../schema"

  definitions = local.definitions
  misfits     = local.rule_misfits
  path        = "rules"
  row         = local.configuration_rows.rules
  value       = var.rules
}

module "setting" {
  source   = "../schema"
  for_each = toset(keys(local.settings))

  definitions = local.definitions
  misfits     = lookup(local.setting_misfits, each.key, [])
  path        = each.key
  row         = local.configuration_rows[each.key]
  value       = local.settings[each.key]
}

locals {
  settings = {
    bind_policy_to_expiry = var.bind_policy_to_expiry
    context_claims        = var.context_claims
    on_invalid_token      = var.on_invalid_token
    revocation            = var.revocation
    telemetry             = var.telemetry
  }

  hmac_algorithms = [for name in local.definitions.issuer.properties.algorithms.items.enum : name if startswith(name, "HS")]
  key_kinds       = ["secret", "jwks_url", "discovery", "jwks", "pem"]
  secret_stores   = ["secrets_manager", "ssm", "environment", "generate"]
  pem_markers     = "-----BEGIN (?:PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----"
  private_members = ["d", "dp", "dq", "k", "oth", "p", "q", "qi"] # RFC 7518, section 6

  # A setting => the kinds of keys that it goes with.
  timed = {
    cache_seconds    = ["secret", "jwks_url", "discovery"]
    stale_seconds    = ["secret", "jwks_url", "discovery"]
    timeout_seconds  = ["jwks_url", "discovery"]
    snapshot_seconds = ["jwks_url", "discovery"]
  }

  # Entra ID's issuers of several tenants.
  tenanted_issuers = [
    "https://login.microsoftonline.com/{tenantid}/v2.0",
    "https://login.microsoftonline.us/{tenantid}/v2.0",
    "https://login.partner.microsoftonline.cn/{tenantid}/v2.0",
    "https://sts.windows.net/{tenantid}/",
    "https://sts.chinacloudapi.cn/{tenantid}/",
  ]

  # What a JSON Web Key's kty, and where it has one its crv, may verify (RFC 7518, section 6; RFC 8037).
  verifies = {
    "RSA"         = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
    "EC P-256"    = ["ES256"]
    "EC P-384"    = ["ES384"]
    "EC P-521"    = ["ES512"]
    "OKP Ed25519" = ["EdDSA", "Ed25519"]
    "OKP Ed448"   = ["EdDSA", "Ed448"]
  }

  # A name, names with dots between them, or a JSON Pointer.
  claim = "^(/.*|[^/.][^.]*(\\.[^.]+)*)$"

  # The issuers and rules that the schema finds no mistake in, without what is null.
  sound_issuers = {
    for path, issuer in try({ for index, issuer in var.issuers : "issuers[${index}]" => issuer }, {}) : path => {
      issuer = issuer
      keys   = { for key, value in issuer.keys : key => value if value != null }
      secret = try({ for key, value in issuer.keys.secret : key => value if value != null }, {})
      kinds  = [for kind in local.key_kinds : kind if try(issuer.keys[kind], null) != null]
      hmac   = [for name in issuer.algorithms : contains(local.hmac_algorithms, name)]

      is_tenanted = try(strcontains(issuer.issuer, "{tenantid}"), false)
      has_tenants = try(issuer.tenants, null) != null
      } if !anytrue([for sentence in module.issuers.mistakes : anytrue([
        for start in [path, "issuers:", "issuers "] : startswith(sentence, start)
    ])])
  }
  sound_rules = {
    for name, rule in try({ for name, rule in var.rules : name => rule }, {}) : name => { for key, value in rule : key => value if value != null }
    if !anytrue([for sentence in module.rules.mistakes : anytrue([
      for start in ["rules.${name}.", "rules.${name} ", "rules "] : startswith(sentence, start)
    ])])
  }
}

# Issuers
locals {
  names = try([for issuer in var.issuers : try(issuer.issuer, "")], [])

  # "hmac" or "public", "" where an issuer's algorithms are mixed or no list.
  families = try([
    for issuer in var.issuers : try(length(issuer.algorithms) == 0 ? "" : alltrue([for name in issuer.algorithms : startswith(name, "HS")]) ? "hmac" : anytrue([for name in issuer.algorithms : startswith(name, "HS")]) ? "" : "public", "")
  ], [])

  issuer_misfits = concat(
    length(local.names) > 1 && length([for name in local.names : name if name == null]) > 0 ? ["issuers: issuer = null accepts tokens that carry no iss, and only as the one entry there is: name every issuer, or keep that one alone."] : [],
    [
      for name in distinct([for name in local.names : name if try(trimspace(name) != "", false)]) : "issuers: ${jsonencode(name)} is there more than once, as ${join(" and ", [for index, other in local.names : "issuers[${index}]" if other == name])}: write one entry for each issuer, or two while it changes from HMAC to public-key algorithms, one for each kind."
      if length([for other in local.names : other if other == name]) > max(1, length(distinct([for index, other in local.names : local.families[index] if other == name && local.families[index] != ""])))
    ],
    flatten([
      for path, it in local.sound_issuers : concat(
        compact([
          length(it.kinds) != 1 ? "${path}.keys has ${length(it.kinds) == 0 ? "none of them" : join(" and ", it.kinds)}: write exactly one of ${join(", ", local.key_kinds)}." : "",
          anytrue(it.hmac) && !alltrue(it.hmac) ? "${path}.algorithms is ${jsonencode(it.issuer.algorithms)}: HMAC and public-key algorithms never share an issuer, so write one kind only." : "",
          length(it.kinds) == 1 && anytrue(it.hmac) == alltrue(it.hmac) && alltrue(it.hmac) != contains(it.kinds, "secret") ? "${path}.keys has ${it.kinds[0]}, which does not go with ${join(", ", it.issuer.algorithms)}: write ${it.kinds[0] == "secret" ? "one of jwks_url, discovery, jwks and pem, or HMAC algorithms such as HS256" : "secret, or public-key algorithms such as RS256"}." : "",
          contains(it.kinds, "discovery") && !can(regex(local.definitions.keys.properties.jwks_url.pattern, it.issuer.issuer)) ? "${path}.keys.discovery needs an issuer that is an https URL, and it is ${jsonencode(it.issuer.issuer)}: write jwks_url instead, or the issuer's URL." : "",
          it.is_tenanted && !contains(local.tenanted_issuers, coalesce(it.issuer.issuer, "-")) ? "${path}.issuer is ${jsonencode(it.issuer.issuer)}, and only Entra ID has issuers of several tenants: write the exact iss, or one of ${join(", ", local.tenanted_issuers)}." : "",
          it.is_tenanted && !it.has_tenants ? "${path}.tenants is missing beside {tenantid} in issuer: write a list of the tenants to trust, or \"any\" for every tenant there is." : "",
          it.has_tenants && !it.is_tenanted ? "${path}.tenants has no meaning beside an issuer without {tenantid}: leave it out, or write {tenantid} in issuer." : "",
          it.is_tenanted && contains(it.kinds, "secret") ? "${path}.keys has secret, which {tenantid} in issuer does not go with: write public-key algorithms." : "",
          it.is_tenanted && contains(it.kinds, "discovery") && !endswith(coalesce(it.issuer.issuer, "-"), "/v2.0") ? "${path}.keys.discovery does not go with ${jsonencode(it.issuer.issuer)}: write jwks_url, such as https://login.microsoftonline.com/common/discovery/keys." : "",
          try(it.issuer.minimum_secret_bytes, null) != null && !anytrue(it.hmac) ? "${path}.minimum_secret_bytes has no meaning without a secret: leave it out." : "",
        ]),
        [
          for setting, kinds in local.timed : "${path}.keys.${setting} has no meaning beside ${it.kinds[0]}: leave it out."
          if length(it.kinds) == 1 && contains(keys(it.keys), setting) && !contains(kinds, try(it.kinds[0], ""))
        ],
        [
          for claim in [try(it.issuer.usage_key_claim, null)] : "${path}.usage_key_claim is ${jsonencode(claim)}, which logs name: an API key is for no log, so write another claim."
          if claim == null ? false : contains([try(coalesce(it.issuer.principal_claim), "sub"), "iss"], claim)
        ],
        [
          for stores in [[for store in local.secret_stores : store if contains(keys(it.secret), store)]] : "${path}.keys.secret has ${length(stores) == 0 ? "none" : join(" and ", stores)}: write exactly one of ${join(", ", local.secret_stores)}."
          if contains(it.kinds, "secret") && length(stores) != 1
        ],
        [
          for region in [for name in [try(it.secret.secrets_manager, "")] : split(":", name)[3] if startswith(name, "arn:")] : "${path}.keys.secret.secrets_manager is the ARN of a secret in ${region}, and the function is in ${local.region}: a secret is read where the function is, so replicate it to there and write that replica's ARN."
          if region != local.region
        ],
        compact([
          contains(keys(it.secret), "environment") && !try(contains(local.environment_names, it.secret.environment), false) ? "${path}.keys.secret.environment: write the name of a variable that environment sets." : "",
          contains(keys(it.secret), "generate") && try(it.secret.encoding, "utf8") != "utf8" ? "${path}.keys.secret.encoding is ${jsonencode(it.secret.encoding)}: write utf8 or leave it out, for that is what a generated secret is." : "",
          # Nothing here may quote a key, because it may be one that should have been kept secret.
          anytrue([for key in try(it.keys.jwks.keys, []) : try(key.kty, "") == "oct" || length(setintersection(keys(key), local.private_members)) > 0]) ? "${path}.keys.jwks holds a secret or private key, which a configuration must not: write the public members alone, and replace that key." : "",
          contains(it.kinds, "pem") && can(regex("PRIVATE KEY-----", it.keys.pem)) ? "${path}.keys.pem holds a private key, which a configuration must not: write the public one, and replace that pair." : "",
          contains(it.kinds, "pem") && !can(regex("PRIVATE KEY-----", it.keys.pem)) && !contains(range(1, 11), length(regexall(local.pem_markers, try(it.keys.pem, "")))) ? "${path}.keys.pem must be 1 to 10 public keys or certificates in PEM: write -----BEGIN PUBLIC KEY----- and so on." : "",
          contains(it.kinds, "jwks") && !anytrue(it.hmac) && length(setintersection(it.issuer.algorithms, flatten([
            for key in try(it.keys.jwks.keys, []) : lookup(local.verifies, trimspace("${try(key.kty, "")} ${try(key.kty, "") == "RSA" ? "" : try(key.crv, "")}"), [])
          ]))) == 0 ? "${path}.keys.jwks holds no key for ${join(", ", it.issuer.algorithms)}: write the issuer's keys, or the algorithms that they are for." : "",
        ]),
      )
    ]),
  )
}

# Rules
locals {
  rule_misfits = flatten([
    for name, rule in local.sound_rules : concat(
      [
        for claim in concat(keys(try(rule.claims, {})), values(try(rule.path_equals, {}))) :
        "rules.${name} names the claim ${jsonencode(claim)}, ${strcontains(claim, "://") ? "which holds dots and slashes of its own: write it as a JSON Pointer, ${jsonencode("/${replace(replace(claim, "~", "~0"), "/", "~1")}")}" : "which is none: write a name, or names with a dot between them"}."
        if(strcontains(claim, "://") && !startswith(claim, "/")) || !can(regex(local.claim, claim))
      ],
      # A claim may be named in two ways, and both mean the same JSON Pointer.
      [
        for names in values({
          for claim in keys(try(rule.claims, {})) :
          (startswith(claim, "/") ? claim : "/${replace(replace(replace(claim, "~", "~0"), "/", "~1"), ".", "/")}") => claim...
        }) : "rules.${name}.claims names one claim as ${jsonencode(names[0])} and as ${jsonencode(names[1])}, and only one of the two would count: write it once."
        if length(names) > 1
      ],
      compact([
        length(try(rule.path_equals, {})) > 0 && local.cache_seconds[name] != 0 ? "rules.${name}.cache_seconds is ${local.cache_seconds[name]}${contains(keys(rule), "cache_seconds") ? "" : ", the default,"} beside path_equals, and an answer about one path would be used for another: write cache_seconds = 0." : "",
        try(rule.binding, null) != null && local.cache_seconds[name] != 0 ? "rules.${name}.cache_seconds is ${local.cache_seconds[name]}${contains(keys(rule), "cache_seconds") ? "" : ", the default,"} beside binding, and an answer to one certificate would be used for another: write cache_seconds = 0." : "",

        # About how API Gateway calls the function, which only API Gateway knows.
        length(try(rule.path_equals, {})) > 0 && local.types[name] == "TOKEN" ? "rules.${name}.path_equals needs the path, which a TOKEN authorizer does not get: write type = \"REQUEST\" and cache_seconds = 0." : "",
        try(rule.binding, null) != null && local.types[name] == "TOKEN" ? "rules.${name}.binding needs the client certificate, which a TOKEN authorizer does not get: write type = \"REQUEST\" and cache_seconds = 0." : "",
        local.is_cached_request[name] && length(local.sources_of_tokens[name]) > 1 ? "rules.${name}.token may be in ${join(" or ", local.places[name])}, and a cached authorizer answers 401 unless all of its identity sources are there: write one place, or cache_seconds = 0." : "",
        local.is_cached_request[name] && length(local.sources_of_tokens[name]) == 1 && length(local.sources_not_in_the_key[name]) > 0 ? "rules.${name}.identity_source is ${jsonencode(rule.identity_source)}, without the place of the token, ${local.places[name][0]}, so one caller's answer would be used for another: add ${local.sources_not_in_the_key[name][0]}, write in token where the token is, or write cache_seconds = 0." : "",
        contains(keys(rule), "token") && local.types[name] == "TOKEN" && (length(local.places[name]) != 1 || !startswith(local.places[name][0], "header.") || length(local.sources_not_in_the_key[name]) > 0) ? "rules.${name}.token is ${jsonencode(rule.token)}, and a TOKEN authorizer reads one header alone: write [\"header.<name>\"], the header of identity_source where that is given, or write type = \"REQUEST\"." : "",
        contains(keys(rule), "validation_expression") && local.types[name] == "REQUEST" ? "rules.${name}.validation_expression is set and its type is REQUEST: API Gateway checks expressions for TOKEN authorizers only, so remove it or write type = \"TOKEN\"." : "",
      ]),
    )
  ])
}

# A claim's own name may have dots, as kubernetes.io has, and nothing in a configuration tells it from a path. A plan warns of
# names that look so; a JSON Pointer says which is meant.
locals {
  dotted_claims = flatten([
    for name, rule in local.sound_rules : [
      for claim in concat(keys(try(rule.claims, {})), values(try(rule.path_equals, {}))) : {
        claim   = claim
        rule    = name
        names   = split(".", replace(replace(claim, "~", "~0"), "/", "~1"))
        written = length(split(".", claim))
      }
      if !startswith(claim, "/") && can(regex(local.dotted_name, claim))
    ]
  ])

  # A prefix with a colon, then a dot; the end of a domain name; or more names than providers nest.
  dotted_name = "^([^.]*:[^.]*\\.|[^.]+\\.([a-hj-z][a-z]|i[a-ce-z]|app|cloud|com|dev|edu|gov|info|net|org)(\\.|$)|([^.]+\\.){3})"
}

check "claims_with_dots" {
  assert {
    condition = length(local.dotted_claims) == 0
    error_message = join("\n", [
      for it in local.dotted_claims :
      "rules.${it.rule} names the claim ${jsonencode(it.claim)}, a path of ${it.written} names. If the token's claim has dots of its own, nobody meets the rule: write a JSON Pointer, ${jsonencode("/${join("/", concat(["${it.names[0]}.${it.names[1]}"], slice(it.names, 2, it.written)))}")} for a claim with a dot, or ${jsonencode("/${join("/", it.names)}")} for nested ones."
    ])
  }
}

# Everything else
locals {
  simple_rules = [for name, rule in local.sound_rules : name if try(rule.simple_response, false)]

  setting_misfits = {
    bind_policy_to_expiry = var.bind_policy_to_expiry && length(local.simple_rules) > 0 ? ["bind_policy_to_expiry is true and ${join(", ", local.simple_rules)} give simple responses, which have no policy to bind: write false, or remove simple_response."] : []
    context_claims        = contains(var.context_claims, "*") && length(var.context_claims) > 1 ? ["context_claims has \"*\" beside other names: write [\"*\"] alone for all claims, or the names without it."] : []
  }
}
