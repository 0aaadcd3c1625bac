# base.json gives each a value; a change is a merge patch of that.

variable "access_logs" {
  type = bool
}

variable "backends" {
  type = map(object({
    aliases   = set(string)
    memory_mb = number
    package   = string
    table     = bool
  }))
}

variable "bind_policy_to_expiry" {
  type = bool
}

variable "context_claims" {
  type = list(string)
}

variable "cors" {
  type    = any
  default = null
}

variable "environment" {
  type = map(string)
}

variable "functions" {
  type = map(object({ alias = string, backend = string }))
}

variable "generated_secret_version" {
  type = number
}

variable "http_routes" {
  type = map(object({ function = string, rule = optional(string) }))
}

variable "http_rules" {
  type = set(string)
}

variable "http_settings" {
  type    = any
  default = {}
}

variable "issuers" {
  type = any
}

variable "manifest" {
  type = string
}

variable "memory_mb" {
  type = number
}

variable "on_invalid_token" {
  type = string
}

variable "provisioned_concurrency" {
  type    = any
  default = null
}

variable "revocation" {
  type    = any
  default = null
}

variable "routes" {
  type = any
}

variable "rules" {
  type = any
}

variable "stage_variables" {
  type = map(string)
}

variable "telemetry" {
  type = any
}

variable "throttling" {
  type = object({ burst = number, rate = number })
}

variable "timeout_seconds" {
  type = number
}

variable "tracing" {
  type = bool
}

variable "websocket_identity_sources" {
  type = set(string)
}

variable "websocket_routes" {
  type = any
}
