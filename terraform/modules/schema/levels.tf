# Written by `make docs` (scripts/terraform/levels.py), a local for each level: Terraform has no recursion, and a module
# for each level doubles the time of a plan.
#
# A node has the `path` of a value, the value itself, its `json`, and its `row`: its definition with what the row says
# itself, and without the keys that the function alone has. `as` is what its sentences speak of: an item without a
# definition of its own is reported as its list, with the whole list.
# JSON text is the one form that keeps a value's type, whatever the type is.
# In an object, null is as good as left out, so that objects of a type with optional attributes may be given, too.

locals {
  level_0 = [
    for child in [
      for child in concat(
        flatten([
          for parent in local.variable : [
            for name, value in parent.value : {
              as    = {}
              path  = parent.path == "" ? name : "${parent.path}.${name}"
              row   = try(parent.row.properties[name], parent.row.additionalProperties)
              value = value
            }
            if(contains(keys(parent.row.properties), name) ? value != null || contains(flatten([try(parent.row.properties[name].type, [])]), "null") : can(keys(parent.row.additionalProperties)))
          ] if startswith(parent.json, "{")
        ]),
        flatten([
          for parent in local.variable : [
            for index, value in parent.value : {
              as    = { for key, about in parent.as : key => about if !can(parent.row.items["$ref"]) }
              path  = "${parent.path}[${index}]"
              row   = parent.row.items
              value = value
            }
          ] if startswith(parent.json, "[") && can(parent.row.items)
        ]),
        ) : merge(child, {
          json = jsonencode(child.value)
          row  = merge(concat([for name in [try(child.row["$ref"], null)] : var.definitions[trimprefix(name, "#/$defs/")] if name != null], [child.row])...)
      })
      ] : merge(child, {
        as  = merge({ json = child.json, path = child.path, row = child.row }, child.as)
        row = merge(child.row, { properties = { for key, row in try(child.row.properties, {}) : key => row if try(row["x-only"], "") != "function" } })
    })
  ]
}

locals {
  level_1 = [
    for child in [
      for child in concat(
        flatten([
          for parent in local.level_0 : [
            for name, value in parent.value : {
              as    = {}
              path  = parent.path == "" ? name : "${parent.path}.${name}"
              row   = try(parent.row.properties[name], parent.row.additionalProperties)
              value = value
            }
            if(contains(keys(parent.row.properties), name) ? value != null || contains(flatten([try(parent.row.properties[name].type, [])]), "null") : can(keys(parent.row.additionalProperties)))
          ] if startswith(parent.json, "{")
        ]),
        flatten([
          for parent in local.level_0 : [
            for index, value in parent.value : {
              as    = { for key, about in parent.as : key => about if !can(parent.row.items["$ref"]) }
              path  = "${parent.path}[${index}]"
              row   = parent.row.items
              value = value
            }
          ] if startswith(parent.json, "[") && can(parent.row.items)
        ]),
        ) : merge(child, {
          json = jsonencode(child.value)
          row  = merge(concat([for name in [try(child.row["$ref"], null)] : var.definitions[trimprefix(name, "#/$defs/")] if name != null], [child.row])...)
      })
      ] : merge(child, {
        as  = merge({ json = child.json, path = child.path, row = child.row }, child.as)
        row = merge(child.row, { properties = { for key, row in try(child.row.properties, {}) : key => row if try(row["x-only"], "") != "function" } })
    })
  ]
}

locals {
  level_2 = [
    for child in [
      for child in concat(
        flatten([
          for parent in local.level_1 : [
            for name, value in parent.value : {
              as    = {}
              path  = parent.path == "" ? name : "${parent.path}.${name}"
              row   = try(parent.row.properties[name], parent.row.additionalProperties)
              value = value
            }
            if(contains(keys(parent.row.properties), name) ? value != null || contains(flatten([try(parent.row.properties[name].type, [])]), "null") : can(keys(parent.row.additionalProperties)))
          ] if startswith(parent.json, "{")
        ]),
        flatten([
          for parent in local.level_1 : [
            for index, value in parent.value : {
              as    = { for key, about in parent.as : key => about if !can(parent.row.items["$ref"]) }
              path  = "${parent.path}[${index}]"
              row   = parent.row.items
              value = value
            }
          ] if startswith(parent.json, "[") && can(parent.row.items)
        ]),
        ) : merge(child, {
          json = jsonencode(child.value)
          row  = merge(concat([for name in [try(child.row["$ref"], null)] : var.definitions[trimprefix(name, "#/$defs/")] if name != null], [child.row])...)
      })
      ] : merge(child, {
        as  = merge({ json = child.json, path = child.path, row = child.row }, child.as)
        row = merge(child.row, { properties = { for key, row in try(child.row.properties, {}) : key => row if try(row["x-only"], "") != "function" } })
    })
  ]
}

locals {
  level_3 = [
    for child in [
      for child in concat(
        flatten([
          for parent in local.level_2 : [
            for name, value in parent.value : {
              as    = {}
              path  = parent.path == "" ? name : "${parent.path}.${name}"
              row   = try(parent.row.properties[name], parent.row.additionalProperties)
              value = value
            }
            if(contains(keys(parent.row.properties), name) ? value != null || contains(flatten([try(parent.row.properties[name].type, [])]), "null") : can(keys(parent.row.additionalProperties)))
          ] if startswith(parent.json, "{")
        ]),
        flatten([
          for parent in local.level_2 : [
            for index, value in parent.value : {
              as    = { for key, about in parent.as : key => about if !can(parent.row.items["$ref"]) }
              path  = "${parent.path}[${index}]"
              row   = parent.row.items
              value = value
            }
          ] if startswith(parent.json, "[") && can(parent.row.items)
        ]),
        ) : merge(child, {
          json = jsonencode(child.value)
          row  = merge(concat([for name in [try(child.row["$ref"], null)] : var.definitions[trimprefix(name, "#/$defs/")] if name != null], [child.row])...)
      })
      ] : merge(child, {
        as  = merge({ json = child.json, path = child.path, row = child.row }, child.as)
        row = merge(child.row, { properties = { for key, row in try(child.row.properties, {}) : key => row if try(row["x-only"], "") != "function" } })
    })
  ]
}

locals {
  level_4 = [
    for child in [
      for child in concat(
        flatten([
          for parent in local.level_3 : [
            for name, value in parent.value : {
              as    = {}
              path  = parent.path == "" ? name : "${parent.path}.${name}"
              row   = try(parent.row.properties[name], parent.row.additionalProperties)
              value = value
            }
            if(contains(keys(parent.row.properties), name) ? value != null || contains(flatten([try(parent.row.properties[name].type, [])]), "null") : can(keys(parent.row.additionalProperties)))
          ] if startswith(parent.json, "{")
        ]),
        flatten([
          for parent in local.level_3 : [
            for index, value in parent.value : {
              as    = { for key, about in parent.as : key => about if !can(parent.row.items["$ref"]) }
              path  = "${parent.path}[${index}]"
              row   = parent.row.items
              value = value
            }
          ] if startswith(parent.json, "[") && can(parent.row.items)
        ]),
        ) : merge(child, {
          json = jsonencode(child.value)
          row  = merge(concat([for name in [try(child.row["$ref"], null)] : var.definitions[trimprefix(name, "#/$defs/")] if name != null], [child.row])...)
      })
      ] : merge(child, {
        as  = merge({ json = child.json, path = child.path, row = child.row }, child.as)
        row = merge(child.row, { properties = { for key, row in try(child.row.properties, {}) : key => row if try(row["x-only"], "") != "function" } })
    })
  ]
}

locals {
  level_5 = [
    for child in [
      for child in concat(
        flatten([
          for parent in local.level_4 : [
            for name, value in parent.value : {
              as    = {}
              path  = parent.path == "" ? name : "${parent.path}.${name}"
              row   = try(parent.row.properties[name], parent.row.additionalProperties)
              value = value
            }
            if(contains(keys(parent.row.properties), name) ? value != null || contains(flatten([try(parent.row.properties[name].type, [])]), "null") : can(keys(parent.row.additionalProperties)))
          ] if startswith(parent.json, "{")
        ]),
        flatten([
          for parent in local.level_4 : [
            for index, value in parent.value : {
              as    = { for key, about in parent.as : key => about if !can(parent.row.items["$ref"]) }
              path  = "${parent.path}[${index}]"
              row   = parent.row.items
              value = value
            }
          ] if startswith(parent.json, "[") && can(parent.row.items)
        ]),
        ) : merge(child, {
          json = jsonencode(child.value)
          row  = merge(concat([for name in [try(child.row["$ref"], null)] : var.definitions[trimprefix(name, "#/$defs/")] if name != null], [child.row])...)
      })
      ] : merge(child, {
        as  = merge({ json = child.json, path = child.path, row = child.row }, child.as)
        row = merge(child.row, { properties = { for key, row in try(child.row.properties, {}) : key => row if try(row["x-only"], "") != "function" } })
    })
  ]
}

locals {
  level_6 = [
    for child in [
      for child in concat(
        flatten([
          for parent in local.level_5 : [
            for name, value in parent.value : {
              as    = {}
              path  = parent.path == "" ? name : "${parent.path}.${name}"
              row   = try(parent.row.properties[name], parent.row.additionalProperties)
              value = value
            }
            if(contains(keys(parent.row.properties), name) ? value != null || contains(flatten([try(parent.row.properties[name].type, [])]), "null") : can(keys(parent.row.additionalProperties)))
          ] if startswith(parent.json, "{")
        ]),
        flatten([
          for parent in local.level_5 : [
            for index, value in parent.value : {
              as    = { for key, about in parent.as : key => about if !can(parent.row.items["$ref"]) }
              path  = "${parent.path}[${index}]"
              row   = parent.row.items
              value = value
            }
          ] if startswith(parent.json, "[") && can(parent.row.items)
        ]),
        ) : merge(child, {
          json = jsonencode(child.value)
          row  = merge(concat([for name in [try(child.row["$ref"], null)] : var.definitions[trimprefix(name, "#/$defs/")] if name != null], [child.row])...)
      })
      ] : merge(child, {
        as  = merge({ json = child.json, path = child.path, row = child.row }, child.as)
        row = merge(child.row, { properties = { for key, row in try(child.row.properties, {}) : key => row if try(row["x-only"], "") != "function" } })
    })
  ]
}
