variable "access_logs" {
  description = "Whether the stage writes one JSON line per connection, message and disconnection to CloudWatch Logs. API Gateway needs the region's account settings to name a role that may write there (aws_api_gateway_account), and refuses the stage without."
  type        = bool
  default     = true
  nullable    = false
}

variable "description" {
  description = "What the API is for, as the console shows it."
  type        = string
  default     = "Managed by Terraform"
  nullable    = false
}

variable "disable_execute_api_endpoint" {
  description = "Whether to close the execute-api URL, for an API that is called by a custom domain name only."
  type        = bool
  default     = false
  nullable    = false
}

# `any`, here and below: see validation.tf.
variable "functions" {
  description = "The Lambda functions behind the routes, by the name that routes use: `function_name` and `invoke_arn`, and for an alias its name as `qualifier` and its own `invoke_arn`."
  type        = any
  nullable    = false
}

variable "identity_sources" {
  description = <<-EOT
    Where API Gateway looks for the token before it calls the authorizer, which it does only when all of these are there:
    route.request.header.<name> (Authorization, or Sec-WebSocket-Protocol for browsers) or route.request.querystring.<name>.
    The rule's `token` names the same places. Empty: the authorizer is called every time and looks for itself, in any of several places.
  EOT
  type        = set(string)
  default     = ["route.request.header.Authorization"]
  nullable    = false

  validation {
    condition     = alltrue([for source in var.identity_sources : can(regex("^(route\\.request\\.(header|querystring)|stageVariables|context)\\.[A-Za-z0-9._-]+$", source))])
    error_message = "identity_sources holds ${join(", ", [for source in var.identity_sources : jsonencode(source) if !can(regex("^(route\\.request\\.(header|querystring)|stageVariables|context)\\.[A-Za-z0-9._-]+$", source))])}: write route.request.header.<name>, route.request.querystring.<name>, stageVariables.<name> or context.<name>."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the access logs; its policy must let CloudWatch Logs use it. Null: AWS's own key."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[^*?]+$", var.kms_key_arn))
    error_message = "kms_key_arn is ${jsonencode(var.kms_key_arn)}: write the ARN of a key (arn:aws:kms:<region>:<account>:key/<id>), not an alias or a bare id."
  }
}

variable "log_retention_days" {
  description = "How long access logs are kept, in days; 0 keeps them for ever."
  type        = number
  default     = 30
  nullable    = false
}

variable "name" {
  description = "The API's name, and the prefix of the names of everything else this module creates, such as orders-dev-websocket."
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

variable "route_selection_expression" {
  description = "Where in a message the key of its route is: $request.body.<path> for JSON messages."
  type        = string
  default     = "$request.body.action"
  nullable    = false

  validation {
    condition     = can(regex("^\\$request\\.body\\.[A-Za-z0-9_.-]+$", var.route_selection_expression))
    error_message = "route_selection_expression is ${jsonencode(var.route_selection_expression)}: write $request.body.<path>, such as $request.body.action."
  }
}

variable "routes" {
  description = <<-EOT
    What the API serves, keyed by route: $connect, $disconnect, $default (every message that is no other route's), and messages by name.
    `function` is a key of `functions`. $connect names the access `rule` that a caller must meet; it holds for as long as the connection does.
    `timeout_ms` is how long API Gateway waits for the function (29000).
  EOT
  type        = any
  nullable    = false
}

variable "rules" {
  description = "The authorizer Lambda's aliases by access rule, as the jwt-authorizer module's output `rules` gives them. The one that $connect names becomes the API's authorizer."
  type        = any
  nullable    = false
}

variable "stage_name" {
  description = "The stage's name, the path of the API's URL."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.stage_name))
    error_message = "stage_name is \"${var.stage_name}\": write up to 128 letters, digits, - and _."
  }
}

variable "stage_variables" {
  description = "The stage's variables."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "tags" {
  description = "Tags of the API, its stage, its role and its log group."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "throttling" {
  description = "What the stage lets through: `rate` connections and messages a second in the long run, and `burst` at once. What is more is refused."
  type = object({
    burst = optional(number, 500)
    rate  = optional(number, 1000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.throttling.rate > 0
    error_message = "throttling.rate is ${var.throttling.rate}: write how many connections and messages a second may pass, more than 0 (0 would refuse them all)."
  }

  validation {
    condition     = var.throttling.burst >= 1 && floor(var.throttling.burst) == var.throttling.burst
    error_message = "throttling.burst is ${var.throttling.burst}: write how many connections and messages may come at once, a whole number, 1 or more (0 would refuse them all)."
  }
}
