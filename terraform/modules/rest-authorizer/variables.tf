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

variable "name" {
  description = "Prefix of the names of everything this module creates, such as orders-dev."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", var.name))
    error_message = "name is \"${var.name}\": write up to 64 letters, digits, - and _, the first a letter or a digit."
  }
}

variable "rest_api_id" {
  description = "Id of the REST API that gets the authorizers."
  type        = string
  nullable    = false
}

# `any`: see validation.tf.
variable "rules" {
  description = <<-EOT
    The authorizer Lambda's aliases by access rule, as the jwt-authorizer module's output `rules` gives them. Each becomes an authorizer of that name.
    Rules written by hand have `arn` and `invoke_arn` at least. `cache_seconds` is how long API Gateway keeps an answer for the same rule and token (300);
    0 asks every time. `identity_source` says where the token is (method.request.header.Authorization); API Gateway answers 401 by itself when it is absent.
    `type` is TOKEN (one header, the default) or REQUEST (anything in the request), and `validation_expression` (TOKEN only) a regular expression for the
    whole header value: what does not match is a 401 without a call.
  EOT
  type        = any
  nullable    = false
}

variable "tags" {
  description = "Tags of the role."
  type        = map(string)
  default     = {}
  nullable    = false
}
