variable "manifest" {
  description = "Path of the manifest.json that `make package` writes; null for the packages beside the modules, which every release has."
  type        = string
  default     = null
}

variable "name" {
  description = "Prefix of the name of everything."
  type        = string
  default     = "openapi"
  nullable    = false
}
