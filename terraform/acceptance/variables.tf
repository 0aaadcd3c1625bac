variable "access_logs" {
  description = "Whether the REST API writes access logs, which takes a role in the account's settings of API Gateway."
  type        = bool
  nullable    = false
}

variable "manifest" {
  description = "Path of the manifest.json that `make package` writes."
  type        = string
  nullable    = false
}

variable "name" {
  description = "Prefix of the name of everything."
  type        = string
  default     = "jwt-acceptance"
  nullable    = false
}

variable "snap_start" {
  description = "Whether one of the authorizers starts from a snapshot; Lambda takes them from Python 3.12 on."
  type        = bool
  default     = true
  nullable    = false
}

variable "usage_key" {
  description = "Value of the API key that a token names."
  type        = string
  nullable    = false
  sensitive   = true
}
