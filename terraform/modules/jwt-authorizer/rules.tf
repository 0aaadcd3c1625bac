# How API Gateway calls the function for each rule: what the modules rest-authorizer and http-authorizer take.

locals {
  # null is as good as left out: so objects of a type with optional attributes may be given, too.
  rules = { for name, rule in module.rules.value : name => { for key, value in rule : key => value if value != null } }

  # The same of the variable, which the checks may look at before they are over.
  rule_rows     = local.definitions.rule.properties
  cache_seconds = { for name, rule in local.sound_rules : name => try(rule.cache_seconds, local.rule_rows.cache_seconds.default) }
  types         = { for name, rule in local.sound_rules : name => try(rule.type, local.rule_rows.type.default) }
  places        = { for name, rule in local.sound_rules : name => try(rule.token, local.rule_rows.token.default) }

  is_cached_request = { for name, type in local.types : name => type == "REQUEST" && local.cache_seconds[name] != 0 }

  # What API Gateway calls the places where a rule's token may be. A cookie and a subprotocol are parts of a header.
  sources_of_tokens = {
    for name, places in local.places : name => distinct([
      for place in places : lookup(
        { cookie = "method.request.header.Cookie", subprotocol = "method.request.header.Sec-WebSocket-Protocol" },
        split(".", place)[0], "method.request.${place}"
      )
    ])
  }

  # A header's name means the same in any case.
  identity_sources = {
    for name, rule in local.sound_rules : name => [
      for source in try(split(",", rule.identity_source), local.sources_of_tokens[name]) : trimspace(source)
    ]
  }
  comparable_sources = {
    for name, sources in local.identity_sources : name => [for source in sources : startswith(source, "method.request.header.") ? lower(source) : source]
  }
  sources_not_in_the_key = {
    for name, sources in local.sources_of_tokens : name => [
      for source in sources : source
      if !contains(local.comparable_sources[name], startswith(source, "method.request.header.") ? lower(source) : source)
    ]
  }

  authorizers = {
    for name, rule in local.rules : name => {
      binding               = try(rule.binding, null)
      cache_seconds         = local.cache_seconds[name]
      identity_source       = join(",", local.identity_sources[name])
      path_parameters       = sort(keys(try(rule.path_equals, {})))
      simple_response       = try(rule.simple_response, false)
      type                  = local.types[name]
      validation_expression = try(rule.validation_expression, null)
    }
  }
}
