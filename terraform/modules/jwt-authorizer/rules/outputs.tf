output "table" {
  description = "Rule => what the function reads of it, as `configured`, and what the modules rest-authorizer and http-authorizer do, as `authorizer`."
  value = {
    for name, rule in local.rules : name => {
      configured = { for key, value in rule : key => value if contains(local.asked_of_tokens, key) }
      authorizer = {
        cache_seconds         = local.cache_seconds[name]
        identity_source       = join(",", local.identity_sources[name])
        simple_response       = try(rule.simple_response, false)
        type                  = local.types[name]
        validation_expression = try(rule.validation_expression, null)
      }
    }
  }

  precondition {
    condition     = length(local.mistakes) == 0
    error_message = join("\n", local.mistakes)
  }
}
