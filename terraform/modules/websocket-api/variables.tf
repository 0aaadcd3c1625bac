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

variable "functions" {
  description = "The Lambda functions behind the routes, by the name that routes use. `qualifier` is the alias to allow and `invoke_arn` that alias's; without an alias leave `qualifier` out."
  type = map(object({
    function_name = string
    invoke_arn    = string
    qualifier     = optional(string)
  }))
  nullable = false
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
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:[^:]+:kms:[^:]+:[0-9]+:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn is ${jsonencode(var.kms_key_arn)}: write the ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>."
  }
}

variable "log_retention_days" {
  description = "How long access logs are kept, in days; 0 keeps them for ever."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}: CloudWatch Logs knows 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, and 0 for ever."
  }
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
    `timeout_ms` is how long API Gateway waits for the function.
  EOT
  type = map(object({
    function   = string
    rule       = optional(string)
    timeout_ms = optional(number, 29000)
  }))
  nullable = false

  validation {
    condition     = contains(keys(var.routes), "$connect")
    error_message = "routes has no $connect, so nobody would be asked for a token: write \"$connect\" = { function = \"<function>\", rule = \"<rule>\" }."
  }

  validation {
    condition     = !contains(keys(var.routes), "$connect") || try(var.routes["$connect"].rule, null) != null
    error_message = "Route \"$connect\" has no rule: write rule = \"<rule>\", one of ${join(", ", keys(var.rules))}."
  }

  validation {
    condition     = try(var.routes["$connect"].rule, null) == null ? true : contains(keys(var.rules), var.routes["$connect"].rule)
    error_message = "Route \"$connect\" names the rule ${jsonencode(try(var.routes["$connect"].rule, null))}, and there is no such rule: write one of ${join(", ", keys(var.rules))}."
  }

  validation {
    condition = alltrue([for key, route in var.routes : route.rule == null if key != "$connect"])
    error_message = join("\n", [
      for key, route in var.routes : "Route ${jsonencode(key)} names the rule ${jsonencode(route.rule)}: API Gateway asks an authorizer on $connect alone, and its answer holds for the whole connection. Write the rule at \"$connect\" and leave it out here; what only some callers may say, the function decides by the claims in requestContext.authorizer."
      if key != "$connect" && route.rule != null
    ])
  }

  validation {
    condition = alltrue([for key in keys(var.routes) : contains(["$connect", "$default", "$disconnect"], key) || can(regex("^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$", key))])
    error_message = join("\n", [
      for key in keys(var.routes) : "Route ${jsonencode(key)} is no route key: write $connect, $disconnect, $default, or the name that messages carry, in up to 128 letters, digits and . _ : / -, the first a letter or a digit."
      if !(contains(["$connect", "$default", "$disconnect"], key) || can(regex("^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$", key)))
    ])
  }

  validation {
    condition = alltrue([for route in values(var.routes) : contains(keys(var.functions), route.function)])
    error_message = join("\n", [
      for key, route in var.routes : "Route ${jsonencode(key)} names the function ${jsonencode(route.function)}, which is not in functions: write one of ${join(", ", keys(var.functions))}."
      if !contains(keys(var.functions), route.function)
    ])
  }

  validation {
    condition = alltrue([for route in values(var.routes) : route.timeout_ms >= 50 && route.timeout_ms <= 29000 && floor(route.timeout_ms) == route.timeout_ms])
    error_message = join("\n", [
      for key, route in var.routes : "Route ${jsonencode(key)} has a timeout_ms of ${route.timeout_ms}: write a whole number of milliseconds from 50 to 29000."
      if !(route.timeout_ms >= 50 && route.timeout_ms <= 29000 && floor(route.timeout_ms) == route.timeout_ms)
    ])
  }
}

variable "rules" {
  description = "The authorizer Lambda's aliases by access rule, as the jwt-authorizer module's output `rules` gives them. The one that $connect names becomes the API's authorizer."
  type = map(object({
    arn        = string
    invoke_arn = string
  }))
  nullable = false

  validation {
    condition     = length(var.rules) > 0
    error_message = "rules is empty: give at least one, as the jwt-authorizer module's output `rules` does."
  }
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
