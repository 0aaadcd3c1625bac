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

variable "tags" {
  description = "Tags of the role."
  type        = map(string)
  default     = {}
  nullable    = false
}
