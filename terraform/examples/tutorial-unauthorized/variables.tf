variable "auth_token_salt" {
  description = "The HMAC secret that signs the tokens: 32 bytes or more."
  type        = string
  nullable    = false
  sensitive   = true

  validation {
    condition     = length(var.auth_token_salt) >= 32
    error_message = "auth_token_salt is shorter than the 32 bytes that HS256 asks for: write a random one, as `openssl rand -hex 32` prints."
  }
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
