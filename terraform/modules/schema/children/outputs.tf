output "nodes" {
  description = "The children of all parents: the path, the value, its JSON text and kind, its row, and of what its sentences speak."
  value = [
    for child in local.nodes : merge(
      {
        json    = child.json
        kind    = can(regex("^-?[0-9]+$", child.json)) ? "integer" : lookup(local.kinds, substr(child.json, 0, 1), "number")
        path    = child.path
        quoted  = try(child.row.writeOnly, false) ? "" : format(" is %s", replace(child.json, local.userinfo, "//...@"))
        row     = child.row
        subject = child.path
        value   = child.value
        # An item that is reported as its list needs no description.
        write = try(child.row.description, "")
      },
      child.inherited,
    )
  ]
}
