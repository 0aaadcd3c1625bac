# Terraform drops silently what an object type does not name, and a `scopes` that somebody writes here would let more callers
# in. So the rules are `any`, and every key is checked here. `rule_misfits` are the sentences about what is well-formed by
# itself and does not go together; they must hold up against values of any shape.

locals {
  definitions = jsondecode(file("${path.module}/../schema/inputs.schema.json"))["$defs"]

  # The rules as they are written: what does not fit is null here, and refused by module.rules.
  written_rules = try({
    for name, rule in var.rules : name => {
      arn                   = try(tostring(rule.arn), null)
      binding               = try(tostring(rule.binding), null)
      cache_seconds         = coalesce(try(tonumber(rule.cache_seconds), null), 300)
      identity_source       = join(",", [for source in split(",", coalesce(try(tostring(rule.identity_source), null), "method.request.header.Authorization")) : trimspace(source)])
      path_parameters       = try([for parameter in rule.path_parameters : tostring(parameter)], [])
      type                  = coalesce(try(tostring(rule.type), null), "TOKEN")
      uri                   = try(tostring(rule.invoke_arn), null)
      validation_expression = try(tostring(rule.validation_expression), null)
    }
  }, {})

  rule_misfits = concat(
    [
      for count in [length(local.written_rules)] : "rules has ${count} entries and each takes one of the API's ${var.authorizer_quota} authorizers: write fewer rules, or have AWS raise the quota and set authorizer_quota to it."
      if count > var.authorizer_quota
    ],
    [
      for name, rule in local.written_rules : "rules.${name}.binding needs the client certificate of each call, which an authorizer of type TOKEN does not get and a kept answer does not look at: write type = \"REQUEST\" and cache_seconds = 0."
      if rule.binding != null && (rule.type != "REQUEST" || rule.cache_seconds != 0)
    ],
    [
      for name, rule in local.written_rules : "rules.${name}.identity_source is \"${rule.identity_source}\": a TOKEN authorizer reads exactly one header, so write method.request.header.<name>, or set type = \"REQUEST\"."
      if rule.type == "TOKEN" && !can(regex("^method\\.request\\.header\\.[A-Za-z0-9_-]+$", rule.identity_source))
    ],
    [
      for name, rule in local.written_rules : "rules.${name}.validation_expression is set and its type is REQUEST: API Gateway checks expressions for TOKEN authorizers only, so remove it or set type = \"TOKEN\"."
      if rule.type == "REQUEST" && rule.validation_expression != null
    ],
    [
      for name, rule in local.written_rules : "rules.${name}.validation_expression is not anchored: write ^${trimsuffix(trimprefix(rule.validation_expression, "^"), "$")}$."
      if rule.type != "TOKEN" || rule.validation_expression == null ? false : !can(regex("^\\^.+\\$$", rule.validation_expression))
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
