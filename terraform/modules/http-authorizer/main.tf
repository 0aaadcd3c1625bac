locals {
  rules    = { for name in keys(module.rules.value) : name => local.written_rules[name] }
  settings = { for name in keys(module.settings.value) : name => local.written_settings[name] }

  # What an HTTP API calls the places that a rule names in a REST API's words.
  rules_sources = {
    for rule, alias in local.rules : rule => toset([
      for source in split(",", alias.identity_source) : format("$%s", trimprefix(trimspace(source), "method."))
    ])
  }

  cache_seconds = {
    for rule, alias in local.rules : rule => coalesce(try(local.settings[rule].cache_seconds, null), alias.cache_seconds)
  }

  # API Gateway asks for all of them, and a token is in one of several places only: without caching the function looks.
  identity_sources = {
    for rule, sources in local.rules_sources : rule => coalesce(
      try(local.settings[rule].identity_sources, null),
      local.cache_seconds[rule] == 0 && length(sources) > 1 ? toset([]) : sources,
    )
  }

  # A header's name means the same in any case.
  sources_left_out = {
    for rule, sources in local.rules_sources : rule => [
      for source in sources : source
      if !contains(
        [for given in local.identity_sources[rule] : startswith(given, "$request.header.") ? lower(given) : given],
        startswith(source, "$request.header.") ? lower(source) : source,
      )
    ]
    if local.cache_seconds[rule] > 0
  }

  authorizers = {
    for rule, alias in local.rules : rule => {
      cache_seconds          = local.cache_seconds[rule]
      identity_sources       = local.identity_sources[rule]
      payload_format_version = try(local.settings[rule].payload_format_version, "2.0")
      simple_responses       = alias.simple_response
      uri                    = alias.uri
    }
  }
}

resource "aws_apigatewayv2_authorizer" "rule" {
  for_each = local.authorizers

  api_id                            = var.api_id
  name                              = each.key
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = each.value.uri
  authorizer_credentials_arn        = module.invoke_role.arn
  authorizer_payload_format_version = each.value.payload_format_version
  authorizer_result_ttl_in_seconds  = each.value.cache_seconds
  enable_simple_responses           = each.value.simple_responses
  identity_sources                  = each.value.identity_sources

  lifecycle {
    # Destroyed first, it would still be in use by routes, which API Gateway refuses.
    create_before_destroy = true

    precondition {
      condition     = length(try(local.sources_left_out[each.key], [])) == 0
      error_message = "settings.${each.key}.identity_sources leaves out ${join(", ", try(local.sources_left_out[each.key], []))}, where the rule says that its token is: answers are cached by identity sources, and one caller would get another's. Add it, or write cache_seconds = 0."
    }
  }
}
