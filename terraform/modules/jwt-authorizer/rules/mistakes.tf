# What is wrong with the rules, a sentence each: which rule and key, what it is, and what to write instead. The function
# makes the same checks when it starts, of what it reads. Everything here must also hold up against values of any shape.

locals {
  # RFC 6749, section 3.3; anything else could not be told apart in a token.
  scope = "^[!#-\\[\\]-~]+$"

  # A name, names with dots between them, or a JSON Pointer.
  claim = "^(/.*|[^/.][^.]*(\\.[^.]+)*)$"

  mistakes = concat(
    local.bad_names,
    local.unknown_keys,
    local.bad_values,
    local.bad_claims,
    local.misfits,
  )

  bad_names = [
    for name in keys(local.rules) : "rules.${name} cannot be called so: a rule is also a Lambda alias, so write 1 to 128 letters, digits, - and _, and not digits alone."
    if !can(regex("^[A-Za-z0-9_-]{1,128}$", name)) || can(regex("^[0-9]+$", name))
  ]

  unknown_keys = flatten([
    for name, rule in local.rules : [
      for key in setsubtract(keys(rule), concat(local.asked_of_tokens, local.told_to_apigateway)) :
      "rules.${name}.${key} is not a known key: write one of ${join(", ", sort(concat(local.asked_of_tokens, local.told_to_apigateway)))}."
    ]
  ])

  # A list of strings is [..] in JSON, and each of its items "..".
  bad_values = flatten([
    for name, rule in local.rules : [
      for key, check in {
        scopes = {
          good  = try(startswith(jsonencode(rule.scopes), "[") && alltrue([for scope in rule.scopes : startswith(jsonencode(scope), "\"") && can(regex(local.scope, scope))]), false)
          write = "a list of scopes without spaces, quotes and backslashes, such as [\"orders:read\", \"orders:write\"]"
        }
        any_scope = {
          good  = try(startswith(jsonencode(rule.any_scope), "[") && alltrue([for scope in rule.any_scope : startswith(jsonencode(scope), "\"") && can(regex(local.scope, scope))]), false)
          write = "a list of scopes without spaces, quotes and backslashes, such as [\"orders:read\", \"orders:write\"]"
        }
        claims = {
          good  = startswith(jsonencode(try(rule.claims, null)), "{")
          write = "an object of lists, such as { groups = [\"ops\", \"admin\"] }"
        }
        path_equals = {
          good  = startswith(jsonencode(try(rule.path_equals, null)), "{")
          write = "an object, path parameter => claim, such as { id = \"sub\" }"
        }
        token = {
          good  = try(startswith(jsonencode(rule.token), "[\"") && alltrue([for place in rule.token : startswith(jsonencode(place), "\"") && can(regex("^(header\\.[A-Za-z0-9_-]+|querystring\\.[A-Za-z0-9._-]+|cookie\\.[^ ;=,]+|subprotocol\\.[A-Za-z0-9._-]+)$", place))]), false)
          write = "a list of places, each header.<name>, querystring.<name>, cookie.<name> or subprotocol.<name>"
        }
        simple_response = {
          good  = try(contains(["true", "false"], jsonencode(rule.simple_response)), false)
          write = "true for an HTTP API's authorizer with simple_responses, or leave it out"
        }
        cache_seconds = {
          good  = try(can(regex("^[0-9]+$", jsonencode(rule.cache_seconds))) && rule.cache_seconds <= 3600, false)
          write = "a whole number from 0 (ask every time) to 3600"
        }
        type = {
          good  = try(contains(["TOKEN", "REQUEST"], rule.type), false)
          write = "\"TOKEN\" or \"REQUEST\""
        }
        identity_source = {
          good  = startswith(jsonencode(try(rule.identity_source, null)), "\"")
          write = "a text such as \"method.request.header.Authorization\""
        }
        validation_expression = {
          good  = startswith(jsonencode(try(rule.validation_expression, null)), "\"")
          write = "a regular expression for the whole header, such as \"^Bearer .+$\""
        }
      } : "rules.${name}.${key} is ${jsonencode(rule[key])}: write ${check.write}."
      if contains(keys(rule), key) && !check.good
    ]
  ])

  bad_claims = flatten([
    for name, rule in local.rules : [
      [
        for claim, values in try({ for claim, values in rule.claims : claim => values }, {}) : "rules.${name}.claims[${jsonencode(claim)}] is ${jsonencode(values)}: write a list of the strings, numbers or booleans to accept."
        if !try(startswith(jsonencode(values), "[") && length(values) > 0 && alltrue([for value in values : can(regex("^[\"tf0-9-]", jsonencode(value)))]), false)
      ],
      [
        for parameter, claim in try({ for parameter, claim in rule.path_equals : parameter => claim }, {}) : "rules.${name}.path_equals.${parameter} is ${jsonencode(claim)}: write the name of a claim, such as \"sub\"."
        if !startswith(jsonencode(claim), "\"")
      ],
      [
        for claim in concat(try(keys(rule.claims), []), try([for claim in values(rule.path_equals) : claim if startswith(jsonencode(claim), "\"")], [])) :
        "rules.${name} names the claim ${jsonencode(claim)}, ${strcontains(claim, "://") ? "which holds dots and slashes of its own: write it as a JSON Pointer, ${jsonencode("/${replace(replace(claim, "~", "~0"), "/", "~1")}")}" : "which is none: write a name, or names with a dot between them"}."
        if(strcontains(claim, "://") && !startswith(claim, "/")) || !can(regex(local.claim, claim))
      ],
    ]
  ])

  # What is well-formed by itself and does not go together.
  misfits = concat(
    [
      for name, rule in local.rules : "rules.${name}.path_equals needs the path, of which a TOKEN authorizer is told nothing: write type = \"REQUEST\" and cache_seconds = 0."
      if length(try(keys(rule.path_equals), [])) > 0 && local.types[name] == "TOKEN"
    ],
    [
      for name, rule in local.rules : "rules.${name}.cache_seconds is ${jsonencode(local.cache_seconds[name])}${contains(keys(rule), "cache_seconds") ? "" : ", the default,"} beside path_equals, and an answer about one path would be used for another: write cache_seconds = 0."
      if length(try(keys(rule.path_equals), [])) > 0 && jsonencode(local.cache_seconds[name]) != "0"
    ],
    [
      for name, rule in local.rules : "rules.${name}.token may be in ${join(" or ", local.places[name])}, and a cached authorizer answers 401 unless all of its identity sources are there: write one place, or cache_seconds = 0."
      if local.types[name] == "REQUEST" && jsonencode(local.cache_seconds[name]) != "0" && length(local.sources_of_tokens[name]) > 1
    ],
    [
      for name, rule in local.rules : "rules.${name}.identity_source is ${jsonencode(rule.identity_source)}, without the place of the token, ${local.places[name][0]}, so one caller's answer would be used for another: add ${local.sources_not_in_the_key[name][0]}, write in token where the token is, or write cache_seconds = 0."
      if local.types[name] == "REQUEST" && jsonencode(local.cache_seconds[name]) != "0" && length(local.sources_of_tokens[name]) == 1 && length(local.sources_not_in_the_key[name]) > 0
    ],
    [
      for name, rule in local.rules : "rules.${name}.token is ${jsonencode(rule.token)}, and a TOKEN authorizer reads one header alone: write [\"header.<name>\"], the header of identity_source where that is given, or write type = \"REQUEST\"."
      if contains(keys(rule), "token") && local.types[name] == "TOKEN" && (length(local.places[name]) != 1 || !startswith(join(",", local.places[name]), "header.") || length(local.sources_not_in_the_key[name]) > 0)
    ],
    [
      for name, rule in local.rules : "rules.${name}.validation_expression is set and its type is REQUEST: API Gateway checks expressions for TOKEN authorizers only, so remove it or write type = \"TOKEN\"."
      if contains(keys(rule), "validation_expression") && local.types[name] == "REQUEST"
    ],
  )
}
