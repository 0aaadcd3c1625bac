variable "api_id" {
  description = "Id of the HTTP API that gets the authorizers."
  type        = string
  nullable    = false
}

variable "authorizer_quota" {
  description = "How many authorizers the API may have. AWS allows 10 and raises it on request; raise this with it."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.authorizer_quota >= 1 && floor(var.authorizer_quota) == var.authorizer_quota
    error_message = "authorizer_quota is ${var.authorizer_quota}: write a whole number, 1 or more."
  }
}

variable "disable_execute_api_endpoint" {
  description = "Whether the API's default endpoint is off, as the API's own disable_execute_api_endpoint says. Rules with `binding` need it off: clients present certificates to a custom domain name with mutual TLS alone."
  type        = bool
  default     = false
  nullable    = false
}

variable "name" {
  description = "Prefix of the names of everything this module creates, such as orders-dev."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", var.name))
    error_message = "name is \"${var.name}\": write up to 64 letters, digits, - and _, the first a letter or a digit."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the IAM policy that bounds what the role may do; null for none. It must allow what the module's README lists."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[^*?]+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is ${jsonencode(var.permissions_boundary_arn)}: write the ARN of a managed policy (arn:aws:iam::<account>:policy/<name>), or null for no boundary."
  }
}

variable "role_path" {
  description = "IAM path of the role, such as /platform/. Another path makes another role: the new one is used before the old one is deleted."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9._+=,@/-]+/)?$", var.role_path)) && length(var.role_path) <= 512
    error_message = "role_path is ${jsonencode(var.role_path)}: write / alone, or up to 512 letters, digits and . _ + = , @ - / that begin and end with a slash, such as /platform/."
  }
}

# `any`: see validation.tf.
variable "rules" {
  description = <<-EOT
    The authorizer Lambda's aliases by access rule, as the jwt-authorizer module's output `rules` gives them. Each becomes an authorizer of that name.
    Rules written by hand have `arn` and `invoke_arn` at least. `cache_seconds` is how long API Gateway keeps an answer for the same rule and token (300);
    0 asks every time. `identity_source` says where the token is (method.request.header.Authorization); API Gateway answers 401 by itself when it is absent.
    `simple_response` says that the rule answers `isAuthorized` in place of a policy.
  EOT
  type        = any
  nullable    = false
}

variable "settings" {
  description = <<-EOT
    What this API does in its own way, by rule; a rule that is not listed, and what is left out, is as the rule says.
    `cache_seconds` is how long API Gateway keeps an answer, where that is shorter than the rule's.
    `identity_sources` are what API Gateway asks for and caches by, where that is more than the rule's: $request.header.<name>, $context.routeKey and the like.
    `payload_format_version` is "2.0" (the default), where claims keep their types, or "1.0", which is like a REST API's.
  EOT
  type        = any
  default     = {}
  nullable    = false
}

variable "tags" {
  description = "Tags of the role."
  type        = map(string)
  default     = {}
  nullable    = false
}
