variable "base_path" {
  description = "What stands before the API's own paths in `resource`: the base path of your domain name, \"\" for the whole domain. Not for the API's own URL."
  type        = string
  default     = ""
  nullable    = false
}

variable "environment" {
  description = "Environment variables of the authorizer, for an issuer whose keys need one."
  type        = map(string)
  default     = {}
  nullable    = false
  sensitive   = true
}

# `any`: the module jwt-authorizer checks each key.
variable "issuers" {
  description = "Whose tokens are accepted, as docs/identity-providers.md has them for your provider. Where an issuer names no `audiences`, the resource is the one."
  type        = any
  nullable    = false
}

variable "manifest" {
  description = "Path of the manifest.json that `make package` writes; null for the packages beside the modules, which every release has."
  type        = string
  default     = null
}

variable "name" {
  description = "Prefix of the name of everything."
  type        = string
  default     = "mcp"
  nullable    = false
}

variable "resource" {
  description = "The URL that clients call, such as https://mcp.example.com/mcp with a domain name of yours; null for the API's own URL."
  type        = string
  default     = null
}

variable "scope_prefix" {
  description = "What clients must write before each scope to be granted it: for Entra ID the resource and a slash."
  type        = string
  default     = ""
  nullable    = false
}

variable "server_manifest" {
  description = "Path of the manifest.json that `make package EXAMPLE=mcp` writes."
  type        = string
  default     = "../../../build/examples/mcp/manifest.json"
  nullable    = false
}
