variable "alarm_arns" {
  description = "ARNs of the alarms whose state is shown."
  type        = list(string)
  nullable    = false
}

variable "api" {
  description = "The REST API in front of the authorizer, as CloudWatch names it; null for none."
  type = object({
    name  = string
    stage = string
  })
}

variable "cold_starts_metric" {
  description = "Name of the metric, without dimensions, that counts cold starts."
  type        = string
  nullable    = false
}

variable "denylist" {
  description = "Whether the authorizer reads a denylist."
  type        = bool
  nullable    = false
}

variable "function_name" {
  description = "Name of the authorizer function."
  type        = string
  nullable    = false
}

variable "namespace" {
  description = "Namespace of the authorizer's metrics."
  type        = string
  nullable    = false
}

variable "region" {
  description = "The region that the metrics are in."
  type        = string
  nullable    = false
}

variable "runbook_url" {
  description = "Where the runbook is."
  type        = string
  nullable    = false
}

variable "title" {
  description = "The dashboard's title."
  type        = string
  nullable    = false
}
