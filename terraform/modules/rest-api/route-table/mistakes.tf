# What is wrong with the routes, a sentence each: which route, why, and what to write instead. The outputs are refused
# when there is any. Everything here must also hold up against routes that are not well-formed.

locals {
  segment = "[A-Za-z0-9._:-]+"

  # "GET /a//b/" => ["a", "", "b"]
  written_segments = {
    for key, path in local.paths : key => path == "/" ? [] : split("/", trimsuffix(trimprefix(path, "/"), "/"))
  }

  verbs_at = {
    for place, methods in { for route in local.routes : route.place => route.method... } : place => distinct(concat(
      contains(methods, "ANY") ? local.verbs : methods,
      var.preflights ? ["OPTIONS"] : [],
    ))
  }

  # A request for a resource that lacks its verb falls through to a parameter's resource, if that one has it. A single
  # verb at a parameter is left alone: "GET /products/{id}" says for itself what it opens.
  public_catch_alls = {
    for key, route in local.routes : key => {
      pattern = "^${replace(replace(replace(route.path, ".", "\\."), "/\\{[^/]*\\+\\}/", ".+"), "/\\{[^/]*\\}/", "[^/]+")}$"
      verbs   = route.method == "ANY" ? local.verbs : [route.method]
      place   = route.place
    } if route.public && (endswith(route.path, "+}") || (route.method == "ANY" && strcontains(route.place, "{}")))
  }

  fall_throughs = flatten([
    for key, route in local.routes : [
      for name, catch_all in local.public_catch_alls : {
        route     = key
        catch_all = name
        verbs     = sort(setsubtract(catch_all.verbs, local.verbs_at[route.place]))
      } if catch_all.place != route.place && can(regex(catch_all.pattern, route.path))
    ] if !route.public
  ])

  parameter_names = { for node in local.nodes : node.place => node.part... if endswith(node.place, "{}") }

  mistakes = concat(
    [
      for key, route in local.routes : "Route ${jsonencode(key)} has no method that API Gateway knows: write it as \"METHOD /path\", with ANY or one of ${join(", ", local.verbs)}."
      if !contains(concat(["ANY"], local.verbs), route.method)
    ],
    [
      for key, route in local.routes : "Route ${jsonencode(key)} has no path: write it as \"METHOD /path\", with one space and a slash."
      if !startswith(route.path, "/")
    ],
    [
      for key, route in local.routes : "Route ${jsonencode(key)} ends in a slash, which API Gateway ignores in requests: write \"${route.method} ${trimsuffix(route.path, "/")}\"."
      if endswith(route.path, "/") && route.path != "/"
    ],
    flatten([
      for key, segments in local.written_segments : [
        for segment in segments : "Route ${jsonencode(key)} has the path segment ${jsonencode(segment)}: write letters, digits and . _ : - or, as a whole segment, a parameter such as {id}."
        if !can(regex("^(${local.segment}|\\{${local.segment}\\+?\\})$", segment))
      ] if startswith(local.paths[key], "/")
    ]),
    [
      for key, route in local.routes : "Route ${jsonencode(key)} goes on after a greedy parameter, which takes all that follows: write {name+} as the last segment only."
      if strcontains(route.path, "+}/")
    ],
    [
      for key, route in local.routes : "Route ${jsonencode(key)} is ${length(route.segments)} segments deep, and this module goes to ${local.maximum_depth}: write a shorter path, or end it in {proxy+} and let the function route the rest."
      if length(route.segments) > local.maximum_depth
    ],
    [
      for place, names in local.parameter_names : "The parameter at ${place} is called ${join(" and ", sort(distinct(names)))} by different routes, and API Gateway takes one name at each place: write the same in all of them."
      if length(distinct(names)) > 1
    ],
    [
      for key, route in local.routes : "Route ${jsonencode(key)} names the function ${jsonencode(route.function)}, which is not in functions: write one of ${join(", ", var.functions)}."
      if !contains(var.functions, route.function)
    ],
    [
      for key, route in local.routes : "Route ${jsonencode(key)} has no rule: write rule = \"<rule>\", or public = true and the reason why anyone may call it."
      if route.rule == null && !route.public
    ],
    [
      for key, route in local.routes : "Route ${jsonencode(key)} names the rule ${jsonencode(route.rule)}, which has no authorizer: write one of ${join(", ", var.rules)}."
      if route.rule == null ? false : !contains(var.rules, route.rule)
    ],
    [
      for key, route in local.routes : "Route ${jsonencode(key)} has a rule and public = true: remove one of the two."
      if route.rule != null && route.public
    ],
    [
      for key, route in local.routes : "Route ${jsonencode(key)} is public without a reason: write reason = \"why anyone may call it\"."
      if route.public && trimspace(coalesce(route.reason, " ")) == ""
    ],
    [
      for each in local.fall_throughs : "Route ${jsonencode(each.route)} is guarded, and ${join(", ", each.verbs)} at its path would fall through to the public route ${jsonencode(each.catch_all)}: write \"ANY ${local.paths[each.route]}\" with a rule as well, or give ${jsonencode(each.catch_all)} a rule."
      if length(each.verbs) > 0
    ],
    [
      for key, route in local.routes : "Route ${jsonencode(key)} has a timeout_ms of ${route.timeout_ms}: write a whole number of milliseconds from 50 to 300000."
      if !(route.timeout_ms >= 50 && route.timeout_ms <= 300000 && floor(route.timeout_ms) == route.timeout_ms)
    ],
  )
}
