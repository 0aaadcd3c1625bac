variable "alias_arns" {
  description = "ARNs of the authorizer Lambda's aliases that API Gateway may call."
  type        = list(string)
  nullable    = false
}

variable "name" {
  description = "Prefix of the role's name, such as orders-dev."
  type        = string
  nullable    = false
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

variable "tags" {
  description = "Tags of the role."
  type        = map(string)
  default     = {}
  nullable    = false
}
