# Terraform drops silently what an object type does not name, and a `scopes` dropped from a route would let more callers in.
# So what decides on access is `any`, and every key is checked here. `*_misfits` are the sentences about what is well-formed
# by itself and does not go together; they must hold up against values of any shape.

locals {
  definitions = jsondecode(file("${path.module}/../schema/inputs.schema.json"))["$defs"]

  function_names = try(keys(var.functions), [])
  rule_names     = try(keys(var.authorizers), [])

  api_key = "^[!-~]{20,128}$" # what API Gateway takes for the value of one
  segment = "[A-Za-z0-9._-][A-Za-z0-9._:-]*"

  # "GET /a//b/" => ["a", "", "b"]
  written_segments = {
    for key, route in local.written_routes : key => route.path == "/" ? [] : split("/", trimsuffix(trimprefix(route.path, "/"), "/"))
  }

  parameters = {
    for key, segments in local.written_segments : key => [for segment in segments : trim(segment, "{+}") if startswith(segment, "{")]
  }

  # The parameters that the route's rule compares and the route's path does not have.
  missing_parameters = {
    for key, route in local.written_routes : key => try(setsubtract(var.authorizers[route.rule].path_parameters, local.parameters[key]), [])
  }

  # A request for a resource that lacks its verb falls through to a parameter's resource, if that one has it. A single
  # verb at a parameter is left alone: "GET /products/{id}" says for itself what it opens.
  public_catch_alls = {
    for key, route in local.written_routes : key => {
      pattern = "^${replace(replace(replace(route.path, ".", "\\."), "/\\{[^/]*\\+\\}/", ".+"), "/\\{[^/]*\\}/", "[^/]+")}$"
      verbs   = route.method == "ANY" ? local.verbs : [route.method]
      place   = local.places[key]
    } if route.public && (endswith(route.path, "+}") || (route.method == "ANY" && strcontains(local.places[key], "{}")))
  }

  fall_throughs = flatten([
    for key, route in local.written_routes : [
      for name, catch_all in local.public_catch_alls : {
        route     = key
        path      = route.path
        catch_all = name
        verbs     = sort(setsubtract(catch_all.verbs, local.verbs_at[local.places[key]]))
      } if catch_all.place != local.places[key] && can(regex(catch_all.pattern, route.path))
    ] if !route.public
  ])

  parameter_names = { for node in local.nodes : node.place => node.part... if endswith(node.place, "{}") }

  path_misfits = concat(
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} has no method that API Gateway knows: write it as \"METHOD /path\", with ANY or one of ${join(", ", local.verbs)}."
      if !contains(concat(["ANY"], local.verbs), route.method)
    ],
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} has no path: write it as \"METHOD /path\", with one space and a slash."
      if !startswith(route.path, "/")
    ],
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} ends in a slash, which API Gateway ignores in requests: write \"${route.method} ${trimsuffix(route.path, "/")}\"."
      if endswith(route.path, "/") && route.path != "/"
    ],
    flatten([
      for key, segments in local.written_segments : [
        for segment in segments : "Route ${jsonencode(key)} has the path segment ${jsonencode(segment)}, which API Gateway takes literally: write {${trimprefix(segment, ":")}} for a parameter."
        if startswith(segment, ":")
      ] if startswith(local.written_routes[key].path, "/")
    ]),
    flatten([
      for key, segments in local.written_segments : [
        for segment in segments : "Route ${jsonencode(key)} has the path segment ${jsonencode(segment)}: write letters, digits and . _ : - or, as a whole segment, a parameter such as {id}."
        if !startswith(segment, ":") && !can(regex("^(${local.segment}|\\{${local.segment}\\+?\\})$", segment))
      ] if startswith(local.written_routes[key].path, "/")
    ]),
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} goes on after a greedy parameter, which takes all that follows: write {name+} as the last segment only."
      if strcontains(route.path, "+}/")
    ],
    [
      for key, segments in local.written_segments : "Route ${jsonencode(key)} is ${length(compact(segments))} segments deep, and this module goes to ${local.maximum_depth}: write a shorter path, or end it in {proxy+} and let the function route the rest."
      if length(compact(segments)) > local.maximum_depth
    ],
    [
      for place, names in local.parameter_names : "The parameter at ${place} is called ${join(" and ", sort(distinct(names)))} by different routes, and API Gateway takes one name at each place: write the same in all of them."
      if length(distinct(names)) > 1
    ],
  )

  route_misfits = concat(
    local.path_misfits,
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} names the function ${jsonencode(route.function)}, which is not in functions: ${length(local.function_names) == 0 ? "add it there" : "write one of ${join(", ", local.function_names)}"}."
      if route.function == null ? false : !contains(local.function_names, route.function)
    ],
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} has no rule: write rule = \"<rule>\", or public = true and the reason why anyone may call it."
      if route.rule == null && !route.public
    ],
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} names the rule ${jsonencode(route.rule)}, which has no authorizer: write ${length(local.rule_names) == 0 ? "authorizers = module.<name>.authorizers, the output of the module rest-authorizer" : "one of ${join(", ", local.rule_names)}"}."
      if route.rule == null ? false : !contains(local.rule_names, route.rule)
    ],
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} has a rule and public = true: remove one of the two."
      if route.rule != null && route.public
    ],
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} is public without a reason: write reason = \"why anyone may call it\"."
      if route.public && route.reason == null
    ],
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} is public and has api_key_required = true, and only an authorizer names a caller's key: give it a rule, or remove one of the two."
      if route.public && route.api_key_required
    ],
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} has api_key_required = true and there are no usage_plans, so nobody could call it: write a plan, or remove it."
      if route.api_key_required && length(var.usage_plans) == 0
    ],
    [
      for key, names in local.missing_parameters : "Route ${jsonencode(key)} names the rule ${jsonencode(local.written_routes[key].rule)}, which compares the path parameter ${join(", ", names)} (path_equals), and its path has none of that name: write {${join("}, {", names)}} in the path, or another rule."
      if length(names) > 0
    ],
    [
      for key, route in local.written_routes : "Route ${jsonencode(key)} names the rule ${jsonencode(route.rule)}, which binds tokens to client certificates (binding), and nobody can present one to the API's default endpoint: write disable_execute_api_endpoint = true, and give the API a custom domain name with mutual TLS."
      if try(var.authorizers[route.rule].binding, null) != null && !var.disable_execute_api_endpoint
    ],
    [
      for found in local.fall_throughs : "Route ${jsonencode(found.route)} is guarded, and ${join(", ", found.verbs)} at its path would fall through to the public route ${jsonencode(found.catch_all)}: write \"ANY ${found.path}\" with a rule as well, or give ${jsonencode(found.catch_all)} a rule."
      if length(found.verbs) > 0
    ],
  )

  # Which keys there are, and of which plan, is no secret; a value is in no sentence.
  usage_key_plans = { for name in nonsensitive(keys(var.usage_keys)) : name => nonsensitive(var.usage_keys[name].plan) }

  usage_key_misfits = concat(
    [
      for name in keys(local.usage_key_plans) : "usage_keys.${name}.value is no value of an API key: write 20 to 128 letters, digits and signs, without spaces."
      if nonsensitive(!can(regex(local.api_key, var.usage_keys[name].value)))
    ],
    [
      for names in [keys(local.usage_key_plans)] : "usage_keys holds one value more than once, and API Gateway takes each once: write a value of its own for each of ${join(", ", names)}."
      if nonsensitive(length(distinct([for key in values(var.usage_keys) : key.value]))) != length(names)
    ],
    [
      for name, plan in local.usage_key_plans : "usage_keys.${name}.plan is ${jsonencode(plan)}, which usage_plans does not have: write one of ${try(join(", ", keys(var.usage_plans)), "its plans")}."
      if !try(contains(keys(var.usage_plans), plan), true)
    ],
  )

  usage_plan_misfits = flatten([
    for name, plan in try({ for name, plan in var.usage_plans : name => plan }, {}) : [
      for key in try(keys(plan.routes), []) : "usage_plans.${name}.routes names ${jsonencode(key)}, which is no route with api_key_required = true: write api_key_required = true in that route, or remove it here."
      if !try(local.written_routes[key].api_key_required, false)
    ]
  ])

  cors_misfits = [
    for cors in [var.cors] : "cors.credentials is true and cors.origin is \"*\": browsers refuse the two together, so write the one origin that may send credentials."
    if try(cors.credentials && cors.origin == "*", false)
  ]
}

module "routes" {
  source = "../schema"

  definitions = local.definitions
  misfits     = local.route_misfits
  path        = "routes"
  row         = { "$ref" = "#/$defs/rest_routes" }
  value       = var.routes
}

module "functions" {
  source = "../schema"

  definitions = local.definitions
  path        = "functions"
  row         = { "$ref" = "#/$defs/functions" }
  value       = var.functions
}

module "authorizers" {
  source = "../schema"

  definitions = local.definitions
  path        = "authorizers"
  row         = { "$ref" = "#/$defs/authorizers" }
  value       = var.authorizers
}

module "usage_plans" {
  source = "../schema"

  definitions = local.definitions
  misfits     = concat(local.usage_key_misfits, local.usage_plan_misfits)
  path        = "usage_plans"
  row         = { "$ref" = "#/$defs/usage_plans" }
  value       = var.usage_plans
}

module "cors" {
  source = "../schema"

  definitions = local.definitions
  misfits     = local.cors_misfits
  path        = "cors"
  row         = { "$ref" = "#/$defs/cors" }
  value       = var.cors
}

module "protected_resource" {
  source = "../schema"

  definitions = local.definitions
  misfits     = local.protected_resource_misfits
  path        = "protected_resource"
  row         = { "$ref" = "#/$defs/protected_resource" }
  value       = var.protected_resource
}

module "resource_policy" {
  source = "../schema"

  definitions = local.definitions
  path        = "resource_policy"
  row         = { "$ref" = "#/$defs/resource_policy" }
  # One statement may stand without a list around it.
  value = try(merge(jsondecode(var.resource_policy), { Statement = flatten([jsondecode(var.resource_policy).Statement]) }), null)
}
