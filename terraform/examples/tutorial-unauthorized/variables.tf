variable "auth_token_salt" {
  description = "The HMAC secret that signs the tokens: 32 bytes or more."
  type        = string
  nullable    = false
  sensitive   = true
}

variable "manifest" {
  description = "Path of the manifest.json that `make package` writes; null for the packages beside the modules, which every release has."
  type        = string
  default     = null
}

variable "name" {
  description = "Prefix of the name of everything."
  type        = string
  default     = "tutorial-unauthorized"
  nullable    = false
}
