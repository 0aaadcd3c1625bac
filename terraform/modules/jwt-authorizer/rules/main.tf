locals {
  # What the function reads, and what only API Gateway is told; cache_seconds is for both.
  asked_of_tokens    = ["any_scope", "cache_seconds", "claims", "path_equals", "scopes", "simple_response", "token"]
  told_to_apigateway = ["identity_source", "type", "validation_expression"]

  # null is as good as left out: so objects of a type with optional attributes may be given, too.
  rules = {
    for name, rule in var.rules : name => { for key, value in rule : key => value if value != null }
  }

  types         = { for name, rule in local.rules : name => try(rule.type, "TOKEN") }
  cache_seconds = { for name, rule in local.rules : name => try(rule.cache_seconds, 300) }
  places        = { for name, rule in local.rules : name => try([for place in rule.token : tostring(place)], ["header.Authorization"]) }

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
    for name, rule in local.rules : name => [
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
}
