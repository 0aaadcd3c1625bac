locals {
  verbs         = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
  maximum_depth = 6

  paths = { for key in keys(var.routes) : key => trimprefix(key, "${split(" ", key)[0]} ") }

  # A place is a path whose parameters have lost their names. Resources and methods are keyed by it, so that renaming a
  # parameter changes the resource: a second one beside it is refused by API Gateway, and the first could not go before.
  routes = {
    for key, route in var.routes : key => merge(route, {
      method   = split(" ", key)[0]
      path     = local.paths[key]
      place    = replace(local.paths[key], "/\\{[^/]*\\}/", "{}")
      segments = compact(split("/", local.paths[key]))
    })
  }

  # One entry for each segment of each route.
  nodes = flatten([
    for key, route in local.routes : [
      for index, segment in route.segments : {
        route  = key
        depth  = index + 1
        place  = "/${join("/", slice(compact(split("/", route.place)), 0, index + 1))}"
        parent = "/${join("/", slice(compact(split("/", route.place)), 0, index))}"
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
}
