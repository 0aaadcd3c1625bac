# Terraform drops silently what an object type does not name, and a key dropped from a route would let more callers in. So
# what decides on access is `any`, and every key is checked here. `route_misfits` are the sentences about what is well-formed
# by itself and does not go together; they must hold up against values of any shape.

locals {
  definitions = jsondecode(file("${path.module}/../schema/inputs.schema.json"))["$defs"]

  # The routes as they are written: what does not fit is null here, and refused by module.routes.
  written_routes = try({
    for key, route in var.routes : key => {
      function   = try(tostring(route.function), null)
      rule       = try(tostring(route.rule), null)
      timeout_ms = coalesce(try(tonumber(route.timeout_ms), null), 29000)
    }
  }, {})

  function_names = try(keys(var.functions), [])
  rule_names     = try(keys(var.rules), [])
  connect_rule   = try(local.written_routes["$connect"].rule, null)
  write_a_rule   = length(local.rule_names) == 0 ? "rules = module.<name>.rules, the output of the module jwt-authorizer" : "one of ${join(", ", local.rule_names)}"

  route_misfits = concat(
    [
      for key in ["$connect"] : "routes has no $connect, so callers would need no token: write \"$connect\" = { function = \"<function>\", rule = \"<rule>\" }."
      if !contains(keys(local.written_routes), key)
    ],
    [
      for key, route in local.written_routes : "Route \"$connect\" has no rule: write rule = \"<rule>\", one of ${join(", ", local.rule_names)}."
      if key == "$connect" && route.rule == null
    ],
    [
      for rule in [local.connect_rule] : "Route \"$connect\" names the rule ${jsonencode(rule)}, and there is no such rule: write ${local.write_a_rule}."
      if rule == null ? false : !contains(local.rule_names, rule)
    ],
    [
      for names in [try(var.rules[local.connect_rule].path_parameters, [])] : "Route \"$connect\" names the rule ${jsonencode(local.connect_rule)}, which compares the path parameter ${join(", ", names)} (path_equals), and a WebSocket API has no path: write another rule."
      if length(names) > 0
    ],
    [
      for binding in [try(var.rules[local.connect_rule].binding, null)] : "Route \"$connect\" names the rule ${jsonencode(local.connect_rule)}, which binds tokens to client certificates (binding), and a WebSocket API hands its authorizer none: write another rule, for this one would refuse everybody."
      if binding != null
    ],
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} names the rule ${jsonencode(route.rule)}: API Gateway asks an authorizer on $connect alone, and its answer holds for the whole connection. Write the rule at \"$connect\" and leave it out here; what only some callers may say, the function decides by the claims in requestContext.authorizer."
      if key != "$connect" && route.rule != null
    ],
    [
      for key in keys(local.written_routes) : "Route ${jsonencode(key)} is no route key: write $connect, $disconnect, $default, or the name that messages have, in up to 128 letters, digits and . _ : / -, the first a letter or a digit."
      if !(contains(["$connect", "$default", "$disconnect"], key) || can(regex("^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$", key)))
    ],
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} names the function ${jsonencode(route.function)}, which is not in functions: ${length(local.function_names) == 0 ? "add it there" : "write one of ${join(", ", local.function_names)}"}."
      if route.function == null ? false : !contains(local.function_names, route.function)
    ],
  )
}

module "routes" {
  source = "../schema"

  definitions = local.definitions
  misfits     = local.route_misfits
  path        = "routes"
  row         = { "$ref" = "#/$defs/websocket_routes" }
  value       = var.routes
}

module "functions" {
  source = "../schema"

  definitions = local.definitions
  path        = "functions"
  row         = { "$ref" = "#/$defs/functions" }
  value       = var.functions
}

module "rules" {
  source = "../schema"

  definitions = local.definitions
  path        = "rules"
  row         = { "$ref" = "#/$defs/aliases" }
  value       = var.rules
}
