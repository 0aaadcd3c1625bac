locals {
  # Six levels hold issuers[0].keys.jwks.keys[0]; what lies deeper is a mistake, and never unchecked.
  variable = [{ as = {}, json = "{}", path = "", row = { properties = { (var.path) = var.row } }, value = { (var.path) = var.value } }]
  read     = concat(local.level_0, local.level_1, local.level_2, local.level_3, local.level_4, local.level_5)

  kinds = { "{" = "object", "[" = "array", "\"" = "string", "t" = "boolean", "f" = "boolean", "n" = "null" }

  # A name and password in an address, which no sentence repeats.
  userinfo = "/[/]{2}[^/\"]*@/"

  nodes = [
    for node in local.read : merge(node, {
      kind    = can(regex("^-?[0-9]+$", node.json)) ? "integer" : lookup(local.kinds, substr(node.json, 0, 1), "number")
      quoted  = try(node.as.row.writeOnly, false) ? "" : format(" is %s", replace(node.as.json, local.userinfo, "//...@"))
      subject = node.as.path
      # An item that is reported as its list needs no description.
      write = try(node.as.row.description, "")
    })
  ]
  objects = [for node in local.nodes : node if node.kind == "object"]

  # The definitions that say where they stand, with their keys: where a key belongs that stands in a wrong place.
  places = [
    for definition in values(var.definitions) : {
      keys  = [for key, row in try(definition.properties, {}) : key if try(row["x-only"], "") != "function"]
      title = definition.title
    } if can(definition.title)
  ]

  unknown_keys = flatten([
    for node in local.objects : [
      for key in setsubtract(keys(node.value), keys(node.row.properties)) :
      "${node.path}.${key} is not a known key: ${join("", [for titles in [[for place in local.places : place.title if contains(place.keys, key)]] : "it belongs in ${join(" or ", titles)}; " if length(titles) > 0])}write one of ${join(", ", keys(node.row.properties))}."
    ] if length(node.row.properties) > 0 && !can(keys(node.row.additionalProperties))
  ])

  missing_keys = flatten([
    for node in local.objects : [
      for key in setsubtract(setintersection(try(node.row.required, []), keys(node.row.properties)), [for key, value in node.value : key if value != null || contains(flatten([try(node.row.properties[key].type, [])]), "null")]) :
      "${node.path}.${key} is missing: write ${try(node.row.properties[key].description, var.definitions[trimprefix(node.row.properties[key]["$ref"], "#/$defs/")].description)}."
    ]
  ])

  bad_names = flatten([
    for node in local.objects : [
      for name in keys(node.value) : "${node.path}.${name} is not a name for it: write ${node.row.propertyNames.description}."
      if !can(regex(node.row.propertyNames.pattern, name)) || length(name) > try(node.row.propertyNames.maxLength, length(name))
    ] if can(node.row.propertyNames)
  ])

  bad_values = [
    for node in local.nodes : "${node.subject}${node.quoted}: write ${node.write}." if anytrue([
      can(node.row.type) && length(setintersection(flatten([try(node.row.type, [])]), node.kind == "integer" ? ["integer", "number"] : [node.kind])) == 0,
      can(node.row.const) && node.json != jsonencode(try(node.row.const, null)),
      can(node.row.enum) && !contains([for accepted in try(node.row.enum, []) : jsonencode(accepted)], node.json),
      can(node.row.not.enum) && contains([for refused in try(node.row.not.enum, []) : jsonencode(refused)], node.json),
      can(node.row.not.pattern) && node.kind == "string" && can(regex(node.row.not.pattern, node.value)),
      can(node.row.pattern) && node.kind == "string" && !can(regex(node.row.pattern, node.value)),
      can(node.row.maxLength) && node.kind == "string" && !try(length(node.value) <= node.row.maxLength, false),
      can(node.row.minimum) && contains(["integer", "number"], node.kind) && !try(node.value >= node.row.minimum, false),
      can(node.row.maximum) && contains(["integer", "number"], node.kind) && !try(node.value <= node.row.maximum, false),
      can(node.row.minItems) && node.kind == "array" && !try(length(node.value) >= node.row.minItems, false),
      can(node.row.maxItems) && node.kind == "array" && !try(length(node.value) <= node.row.maxItems, false),
      can(node.row.minProperties) && node.kind == "object" && !try(length(node.value) >= node.row.minProperties, false),
      can(node.row.uniqueItems) && node.kind == "array" && !try(length(node.value) == length(distinct([for item in node.value : jsonencode(item)])), false),
    ])
  ]

  mistakes = distinct(concat(
    local.unknown_keys,
    local.missing_keys,
    local.bad_names,
    local.bad_values,
    [for node in local.level_6 : "${node.path} lies deeper than the schema is read: write a flatter value."],
  ))
}
