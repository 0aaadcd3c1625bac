variable "functions" {
  description = "The names that routes may give as their function."
  type        = set(string)
  nullable    = false
}

variable "preflights" {
  description = "Whether every path answers OPTIONS, as it does with CORS."
  type        = bool
  nullable    = false
}

variable "routes" {
  description = "As rest-api has them: \"METHOD /path\" => route."
  type = map(object({
    function   = string
    public     = bool
    reason     = string
    rule       = string
    timeout_ms = number
  }))
  nullable = false
}

variable "rules" {
  description = "The access rules that have an authorizer."
  type        = set(string)
  nullable    = false
}
