variable "alarm_topic_arns" {
  description = "ARNs of the SNS topics that get a message when an alarm begins and when it ends; with none, alarms only show."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.alarm_topic_arns : can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", arn))])
    error_message = "alarm_topic_arns is ${jsonencode(var.alarm_topic_arns)}: write ARNs of SNS topics (arn:aws:sns:<region>:<account>:<name>), which are not FIFO topics."
  }
}

variable "api" {
  description = "The REST API in front of the authorizer, as CloudWatch names it, whose requests the dashboard compares with the authorizer's calls; null for none."
  type = object({
    name  = string
    stage = string
  })
  default = null
}

variable "denylist" {
  description = "Whether the authorizer reads a denylist, whose failures an alarm is to watch."
  type        = bool
  default     = false
  nullable    = false
}

variable "function_name" {
  description = "Name of the authorizer function."
  type        = string
  nullable    = false
}

variable "log_group_name" {
  description = "Name of the authorizer's log group."
  type        = string
  nullable    = false
}

variable "name" {
  description = "Name of the dashboard, and prefix of the names of everything else this module creates, such as orders-dev."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,200}$", var.name))
    error_message = "name is ${jsonencode(var.name)}: write up to 200 letters, digits, - and _."
  }
}

variable "namespace" {
  description = "Namespace of the authorizer's metrics: the module jwt-authorizer's `telemetry.namespace`."
  type        = string
  default     = "JwtAuthorizer"
  nullable    = false

  validation {
    condition     = var.namespace != ""
    error_message = "namespace is \"\": alarms and dashboard are about the authorizer's own metrics, so write the namespace that its telemetry has, and give it one if it has none."
  }
}

variable "rotation_function_name" {
  description = "Name of the function that rotates the generated secrets, whose failures an alarm is to watch; null for none."
  type        = string
  default     = null
}

variable "runbook_url" {
  description = "Where the runbook is; each alarm's description ends with it and the alarm's own anchor."
  type        = string
  default     = "docs/operations.md"
  nullable    = false
}

variable "tags" {
  description = "Tags of the alarms."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "thresholds" {
  description = <<-EOT
    When an alarm begins, where that is not at the first time. `bad_signatures_percent` of all decisions in five minutes have a signature that
    does not hold or name a key that there is not, and at least `bad_signatures_minimum` of them. `latency_p99_milliseconds` is what one decision in a hundred may take.
  EOT
  type = object({
    bad_signatures_minimum   = optional(number, 50)
    bad_signatures_percent   = optional(number, 10)
    latency_p99_milliseconds = optional(number, 1000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.thresholds.bad_signatures_percent >= 0 && var.thresholds.bad_signatures_percent < 100
    error_message = "thresholds.bad_signatures_percent is ${var.thresholds.bad_signatures_percent}: write from 0 to less than 100."
  }

  validation {
    condition     = var.thresholds.bad_signatures_minimum >= 1 && var.thresholds.latency_p99_milliseconds >= 1
    error_message = "thresholds.bad_signatures_minimum is ${var.thresholds.bad_signatures_minimum} and thresholds.latency_p99_milliseconds ${var.thresholds.latency_p99_milliseconds}: write 1 or more."
  }
}
