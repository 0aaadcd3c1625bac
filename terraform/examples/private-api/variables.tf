variable "manifest" {
  description = "Path of the manifest.json that `make package` writes; null for the packages beside the modules, which every release has."
  type        = string
  default     = null
}

variable "name" {
  description = "Prefix of the name of everything."
  type        = string
  default     = "private-api"
  nullable    = false
}

variable "vpc_endpoint_id" {
  description = "Id of the VPC endpoint for execute-api by which the API is reached."
  type        = string
  nullable    = false
}
