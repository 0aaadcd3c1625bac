variable "rules" {
  description = "As jwt-authorizer has them."
  type        = any
  nullable    = false

  validation {
    condition     = startswith(jsonencode(var.rules), "{\"")
    error_message = "rules must be a map of one rule or more: write { signed-in = {} } for a rule that any good token meets."
  }

  validation {
    condition = alltrue([for rule in try(tomap({ for name, rule in var.rules : name => jsonencode(rule) }), {}) : startswith(rule, "{")])
    error_message = join("\n", [
      for name, rule in try(tomap({ for name, rule in var.rules : name => jsonencode(rule) }), {}) : "rules.${name} is ${rule}: write an object, {} for any good token."
      if !startswith(rule, "{")
    ])
  }
}
