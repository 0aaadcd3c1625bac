variable "manifest" {
  description = "Path of the manifest.json that `make package` writes; null for the packages beside the modules, which every release has."
  type        = string
  default     = null
}

variable "name" {
  description = "Prefix of the name of everything."
  type        = string
  default     = "tutorial-deny"
  nullable    = false
}

variable "secret" {
  description = "The HMAC secret that signs the tokens. The default is the tutorial's own and known to everybody."
  type        = string
  default     = "my-secret"
  nullable    = false
  sensitive   = true
}
