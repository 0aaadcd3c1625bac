locals {
  verbs         = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
  maximum_depth = 6

  # The routes as they are written, whatever their shape: what does not fit is null here, and refused by module.routes.
  written_routes = try({
    for key, route in var.routes : key => {
      api_key_required = coalesce(try(tobool(route.api_key_required), null), false)

      function   = try(tostring(route.function), null)
      public     = coalesce(try(tobool(route.public), null), false)
      reason     = try(tostring(route.reason), null)
      rule       = try(tostring(route.rule), null)
      timeout_ms = coalesce(try(tonumber(route.timeout_ms), null), 29000)

      method = split(" ", key)[0]
      path   = trimprefix(key, "${split(" ", key)[0]} ")
    }
  }, {})

  # The checked routes. A place is a path whose parameters have lost their names. Resources and methods are keyed by it, so
  # that renaming a parameter changes the resource: API Gateway refuses a second one beside it, and the first could not go
  # before.
  routes = {
    for key in keys(module.routes.value) : key => merge(local.written_routes[key], { place = local.places[key] })
  }

  # Everything that is answered: the routes, and the protected resource's document.
  paths  = merge({ for key, route in local.written_routes : key => route.path }, local.document_paths)
  places = { for key, path in local.paths : key => replace(path, "/\\{[^/]*\\}/", "{}") }

  # One entry for each segment of each path.
  nodes = flatten([
    for key, path in local.paths : [
      for index, segment in compact(split("/", path)) : {
        depth  = index + 1
        place  = "/${join("/", slice(compact(split("/", local.places[key])), 0, index + 1))}"
        parent = "/${join("/", slice(compact(split("/", local.places[key])), 0, index))}"
        part   = segment
      }
    ]
  ])

  # depth => place => { parent, part }
  tree = {
    for depth in range(1, local.maximum_depth + 1) : depth => {
      for place, nodes in { for node in local.nodes : node.place => node... if node.depth == depth } :
      place => { parent = nodes[0].parent, part = nodes[0].part }
    }
  }

  # place => the verbs that are answered there
  verbs_at = {
    for place, methods in { for key, place in local.places : place => split(" ", key)[0]... } : place => distinct(concat(
      contains(methods, "ANY") ? local.verbs : methods,
      var.cors == null ? [] : ["OPTIONS"],
    ))
  }
}
