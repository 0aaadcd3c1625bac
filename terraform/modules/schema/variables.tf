variable "definitions" {
  description = "The `$defs` of the schema, decoded from JSON: definition name => row."
  type        = any
  nullable    = false
}

variable "misfits" {
  description = "The caller's own sentences about keys that do not go together, which a schema cannot express."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "path" {
  description = "The name of the variable that holds the value, with which every sentence begins."
  type        = string
  nullable    = false
}

variable "row" {
  description = "The row of the schema that the value must fit, decoded from JSON; `{ \"$ref\" = \"#/$defs/<name>\" }` names a definition."
  type        = any
  nullable    = false
}

# `any`, because Terraform drops what an object type does not name, and converts the values of a map to one type.
variable "value" {
  description = "The value to check. Inside an object, null is as good as left out, unless the row's type allows null."
  type        = any
}
