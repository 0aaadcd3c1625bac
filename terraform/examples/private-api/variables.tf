variable "manifest" {
  description = "Path of the manifest.json that `make package` writes."
  type        = string
  default     = "../../../build/manifest.json"
  nullable    = false
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
