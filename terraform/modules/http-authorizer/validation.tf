# Terraform drops silently what an object type does not name, and a `scopes` that somebody writes here would let more callers
# in. So the rules are `any`, and every key is checked here. `rule_misfits` are the sentences about what is well-formed by
# itself and does not go together; they must hold up against values of any shape.

locals {
  definitions = jsondecode(file("${path.module}/../schema/inputs.schema.json"))["$defs"]

  # The rules and settings as they are written: what does not fit is null here, and refused by the modules below.
  written_rules = try({
    for name, rule in var.rules : name => {
      arn             = try(tostring(rule.arn), null)
      binding         = try(tostring(rule.binding), null)
      cache_seconds   = coalesce(try(tonumber(rule.cache_seconds), null), 300)
      identity_source = coalesce(try(tostring(rule.identity_source), null), "method.request.header.Authorization")
      simple_response = coalesce(try(tobool(rule.simple_response), null), false)
      uri             = try(tostring(rule.invoke_arn), null)
    }
  }, {})

  written_settings = try({
    for name, setting in var.settings : name => {
      cache_seconds          = try(tonumber(setting.cache_seconds), null)
      identity_sources       = try(toset([for source in setting.identity_sources : tostring(source)]), null)
      payload_format_version = coalesce(try(tostring(setting.payload_format_version), null), "2.0")
    }
  }, {})

  rule_misfits = concat(
    [
      for count in [length(local.written_rules)] : "rules has ${count} entries and each takes one of the API's ${var.authorizer_quota} authorizers: write fewer rules, or have AWS raise the quota and set authorizer_quota to it."
      if count > var.authorizer_quota
    ],
    [
      for name, rule in local.written_rules : "rules.${name}.binding needs the client certificate of each call, which a kept answer does not look at: write cache_seconds = 0."
      if rule.binding != null && rule.cache_seconds != 0
    ],
    [
      for name, rule in local.written_rules : "rules.${name}.binding is ${jsonencode(rule.binding)}, and nobody can present a client certificate to the API's default endpoint: write disable_execute_api_endpoint = aws_apigatewayv2_api.<name>.disable_execute_api_endpoint, set that to true, and give the API a custom domain name with mutual TLS."
      if rule.binding != null && !var.disable_execute_api_endpoint
    ],
  )

  setting_misfits = concat(
    [
      for names in [setsubtract(keys(local.written_settings), keys(local.written_rules))] : "settings names ${join(", ", [for name in names : jsonencode(name)])}, and there is no such rule: write one of ${join(", ", keys(local.written_rules))}."
      if length(names) > 0
    ],
    # A rule about the path must not be cached at all, and that is the rule's to say.
    [
      for name, setting in local.written_settings : "settings.${name}.cache_seconds is ${setting.cache_seconds}, and the rule lets its answers be kept for ${local.written_rules[name].cache_seconds} seconds: write no more than that, or change the rule's cache_seconds."
      if setting.cache_seconds == null ? false : setting.cache_seconds > try(local.written_rules[name].cache_seconds, setting.cache_seconds)
    ],
    [
      for name, setting in local.written_settings : "settings.${name}.payload_format_version is \"1.0\" and the rule gives simple responses: only format 2.0 has them, so write \"2.0\", or remove simple_response from the rule."
      if try(local.written_rules[name].simple_response, false) && setting.payload_format_version == "1.0"
    ],
  )
}

module "rules" {
  source = "../schema"

  definitions = local.definitions
  misfits     = local.rule_misfits
  path        = "rules"
  row         = { "$ref" = "#/$defs/aliases" }
  value       = var.rules
}

module "settings" {
  source = "../schema"

  definitions = local.definitions
  misfits     = local.setting_misfits
  path        = "settings"
  row         = { "$ref" = "#/$defs/http_settings" }
  value       = var.settings
}
