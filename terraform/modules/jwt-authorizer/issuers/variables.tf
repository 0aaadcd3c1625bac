variable "environment_names" {
  description = "The variables that the function's environment sets, for secrets kept in one of them."
  type        = set(string)
  nullable    = false
}

variable "issuers" {
  description = "As jwt-authorizer has them."
  type        = any
  nullable    = false

  validation {
    condition     = startswith(jsonencode(var.issuers), "[") && !startswith(jsonencode(var.issuers), "[]")
    error_message = startswith(jsonencode(var.issuers), "[]") ? "issuers is empty, so no token could pass: write one issuer at least." : "issuers must be a list of objects: write issuers = [{ issuer = ..., audiences = [...], algorithms = [...], keys = {...} }]."
  }

  validation {
    condition = alltrue([for issuer in try(tolist([for issuer in var.issuers : jsonencode(issuer)]), []) : startswith(issuer, "{")])
    error_message = join("\n", [
      for index, issuer in try(tolist([for issuer in var.issuers : jsonencode(issuer)]), []) : "issuers[${index}] is ${issuer}: write an object, { issuer = ..., audiences = [...], algorithms = [...], keys = {...} }."
      if !startswith(issuer, "{")
    ])
  }
}
