variable "auth_token_salt" {
  description = "The HMAC secret that signs the tokens: 32 bytes or more."
  type        = string
  nullable    = false
  sensitive   = true
}

variable "manifest" {
  description = "Path of the manifest.json that `make package` writes."
  type        = string
  default     = "../../../build/manifest.json"
  nullable    = false
}

variable "name" {
  description = "Prefix of the name of everything."
  type        = string
  default     = "tutorial-unauthorized"
  nullable    = false
}
