locals {
  # JSON text is the one form that keeps a value's type, whatever the type is.
  kinds = { "{" = "object", "[" = "array", "\"" = "string", "t" = "boolean", "f" = "boolean", "n" = "null" }

  # A name and password in an address, which no sentence repeats.
  userinfo = "/[/]{2}[^/\"]*@/"

  # null is as good as left out, so that objects of a type with optional attributes may be given, too.
  members = flatten([
    for parent in var.parents : [
      for name, value in parent.value : {
        inherited = {}
        path      = parent.path == "" ? name : "${parent.path}.${name}"
        row       = try(parent.row.properties[name], parent.row.additionalProperties)
        value     = value
      }
      if(contains(keys(parent.row.properties), name) ? value != null || contains(flatten([try(parent.row.properties[name].type, [])]), "null") : can(keys(parent.row.additionalProperties)))
    ] if parent.kind == "object"
  ])

  # An item without a definition of its own is reported as its list, with the whole list.
  items = flatten([
    for parent in var.parents : [
      for index, value in parent.value : {
        inherited = { for key, text in { quoted = parent.quoted, subject = parent.subject, write = parent.write } : key => text if !can(parent.row.items["$ref"]) }
        path      = "${parent.path}[${index}]"
        row       = parent.row.items
        value     = value
      }
    ] if parent.kind == "array" && can(parent.row.items)
  ])

  # A row is its definition with what it says itself, and without the keys that the function alone has.
  defined = [
    for child in concat(local.members, local.items) : merge(child, {
      row = merge(concat([for name in [try(child.row["$ref"], null)] : var.definitions[trimprefix(name, "#/$defs/")] if name != null], [child.row])...)
    })
  ]
  nodes = [
    for child in local.defined : merge(child, {
      json = jsonencode(child.value)
      row = merge(child.row, {
        properties = { for key, row in try(child.row.properties, {}) : key => row if try(row["x-only"], "") != "function" }
      })
    })
  ]
}
