variable "certificate_arn" {
  description = "ARN of the domain's certificate in ACM, of the API's region."
  type        = string
  nullable    = false
}

variable "domain_name" {
  description = "The domain name that clients call, such as api.example.com."
  type        = string
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
  default     = "custom-domain"
  nullable    = false
}

variable "truststore_uri" {
  description = "Where the certificates of the authorities are that sign clients' certificates: s3://<bucket>/<key>."
  type        = string
  nullable    = false
}

variable "truststore_version" {
  description = "The version of that object."
  type        = string
  nullable    = false
}
