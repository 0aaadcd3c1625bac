variable "manifest" {
  description = "Path of the manifest.json that `make package` writes."
  type        = string
  default     = "../../../build/manifest.json"
  nullable    = false
}

variable "name" {
  description = "Prefix of the name of everything."
  type        = string
  default     = "openapi"
  nullable    = false
}
