variable "certificate_arn" {
  description = "ARN of the domain's certificate in ACM: of the API's region, and of us-east-1 with endpoint_type EDGE."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$", var.certificate_arn))
    error_message = "certificate_arn is ${jsonencode(var.certificate_arn)}: write the ARN of a certificate in ACM (arn:aws:acm:<region>:<account>:certificate/<id>)."
  }

  validation {
    condition     = var.endpoint_type != "EDGE" || can(regex(":acm:(us-east-1|us-gov-west-1):", var.certificate_arn))
    error_message = "certificate_arn is ${jsonencode(var.certificate_arn)} and endpoint_type is EDGE: write the ARN of a certificate in us-east-1, where CloudFront looks for it."
  }
}

variable "domain_name" {
  description = "The domain name that clients call, such as api.example.com."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain_name))
    error_message = "domain_name is ${jsonencode(var.domain_name)}: write a name in lower case, such as api.example.com, without https:// and without a path."
  }
}

variable "endpoint_type" {
  description = "REGIONAL, or EDGE (behind AWS's own CloudFront)."
  type        = string
  default     = "REGIONAL"
  nullable    = false

  validation {
    condition     = contains(["EDGE", "REGIONAL"], var.endpoint_type)
    error_message = "endpoint_type is ${jsonencode(var.endpoint_type)}: write \"REGIONAL\" or \"EDGE\"."
  }
}

variable "mappings" {
  description = "Which stage each base path leads to: base path (\"\" for the whole domain) => `rest_api_id` and `stage_name`."
  type = map(object({
    rest_api_id = string
    stage_name  = string
  }))
  nullable = false

  validation {
    condition     = length(var.mappings) > 0
    error_message = "mappings is empty, and a domain name without one answers 403 to everybody: write { \"\" = { rest_api_id = <id>, stage_name = <name> } }."
  }

  validation {
    condition     = alltrue([for path in keys(var.mappings) : can(regex("^[A-Za-z0-9$_.+!*'()-]*$", path))])
    error_message = "mappings has the base path ${join(", ", [for path in keys(var.mappings) : jsonencode(path) if !can(regex("^[A-Za-z0-9$_.+!*'()-]*$", path))])}: write one segment without slashes, or \"\" for the whole domain."
  }
}

# `any`: see validation.tf.
variable "mutual_tls" {
  description = "Asks clients for a certificate: `truststore_uri` is where the certificates of the authorities are (s3://<bucket>/<key>), and `truststore_version` the object's version. Close the API's execute-api endpoint with it, which asks for none. Null: no client certificates."
  type        = any
  default     = null
}

variable "ownership_verification_certificate_arn" {
  description = "ARN of a public certificate in ACM that proves the ownership of the domain: needed with mutual_tls where `certificate_arn` is imported or of a private authority."
  type        = string
  default     = null

  validation {
    condition     = var.ownership_verification_certificate_arn == null ? true : can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$", var.ownership_verification_certificate_arn))
    error_message = "ownership_verification_certificate_arn is ${jsonencode(var.ownership_verification_certificate_arn)}: write the ARN of a certificate in ACM, or null."
  }
}

variable "tags" {
  description = "Tags of the domain name."
  type        = map(string)
  default     = {}
  nullable    = false
}
