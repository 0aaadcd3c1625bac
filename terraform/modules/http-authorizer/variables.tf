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

variable "name" {
  description = "Prefix of the names of everything this module creates, such as orders-dev."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", var.name))
    error_message = "name is \"${var.name}\": write up to 64 letters, digits, - and _, the first a letter or a digit."
  }
}

variable "rules" {
  description = "The authorizer Lambda's aliases by access rule, as the jwt-authorizer module's output `rules` gives them. Each becomes an authorizer of that name."
  type = map(object({
    arn        = string
    invoke_arn = string
  }))
  nullable = false

  validation {
    condition     = length(var.rules) > 0
    error_message = "rules is empty: give at least one, as the jwt-authorizer module's output `rules` does."
  }

  validation {
    condition     = length(var.rules) <= var.authorizer_quota
    error_message = "rules has ${length(var.rules)} entries and each takes one of the API's ${var.authorizer_quota} authorizers: write fewer rules, or have AWS raise the quota and set authorizer_quota to it."
  }

  validation {
    condition     = alltrue([for rule in keys(var.rules) : can(regex("^[A-Za-z0-9_-]{1,128}$", rule)) && !can(regex("^[0-9]+$", rule))])
    error_message = "rules names ${join(", ", [for rule in keys(var.rules) : jsonencode(rule) if !can(regex("^[A-Za-z0-9_-]{1,128}$", rule)) || can(regex("^[0-9]+$", rule))])}: a rule is also a Lambda alias, so write up to 128 letters, digits, - and _, not digits alone."
  }
}

variable "settings" {
  description = <<-EOT
    How API Gateway calls each rule's authorizer; a rule that is not listed has the defaults.
    `identity_sources` say where the token is; API Gateway answers 401 by itself when one of them is absent, and caches by all of them.
    `cache_seconds` is how long API Gateway keeps an answer for the same rule and token; 0 asks every time.
    `payload_format_version` is "2.0", where claims keep their types, or "1.0", which is like a REST API's.
    `simple_responses` (2.0 only) has API Gateway expect `isAuthorized` in place of a policy: the rule's own `simple_response` must say so too.
  EOT
  type = map(object({
    cache_seconds          = optional(number, 300)
    identity_sources       = optional(set(string), ["$request.header.Authorization"])
    payload_format_version = optional(string, "2.0")
    simple_responses       = optional(bool, false)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.settings), keys(var.rules))) == 0
    error_message = "settings names ${join(", ", [for rule in setsubtract(keys(var.settings), keys(var.rules)) : jsonencode(rule)])}, and there is no such rule: write one of ${join(", ", keys(var.rules))}."
  }

  validation {
    condition = alltrue([
      for rule in values(var.settings) : rule.cache_seconds >= 0 && rule.cache_seconds <= 3600 && floor(rule.cache_seconds) == rule.cache_seconds
    ])
    error_message = join("\n", [
      for name, rule in var.settings : "settings.${name}.cache_seconds is ${rule.cache_seconds}: write a whole number from 0 (ask every time) to 3600."
      if !(rule.cache_seconds >= 0 && rule.cache_seconds <= 3600 && floor(rule.cache_seconds) == rule.cache_seconds)
    ])
  }

  validation {
    condition = alltrue([for rule in values(var.settings) : rule.cache_seconds == 0 || length(rule.identity_sources) > 0])
    error_message = join("\n", [
      for name, rule in var.settings : "settings.${name}.identity_sources is empty and cache_seconds is ${rule.cache_seconds}: answers are cached by their identity sources, so write where the token is, such as [\"$request.header.Authorization\"], or cache_seconds = 0."
      if rule.cache_seconds != 0 && length(rule.identity_sources) == 0
    ])
  }

  validation {
    condition = alltrue(flatten([
      for rule in values(var.settings) : [
        for source in rule.identity_sources : can(regex("^\\$(request\\.(header|querystring)|stageVariables|context)\\.[A-Za-z0-9._-]+$", source))
      ]
    ]))
    error_message = join("\n", flatten([
      for name, rule in var.settings : [
        for source in rule.identity_sources : "settings.${name}.identity_sources holds ${jsonencode(source)}: write $request.header.<name>, $request.querystring.<name>, $stageVariables.<name> or $context.<name>."
        if !can(regex("^\\$(request\\.(header|querystring)|stageVariables|context)\\.[A-Za-z0-9._-]+$", source))
      ]
    ]))
  }

  validation {
    condition = alltrue([for rule in values(var.settings) : contains(["1.0", "2.0"], rule.payload_format_version)])
    error_message = join("\n", [
      for name, rule in var.settings : "settings.${name}.payload_format_version is ${jsonencode(rule.payload_format_version)}: write \"2.0\" or \"1.0\"."
      if !contains(["1.0", "2.0"], rule.payload_format_version)
    ])
  }

  validation {
    condition = alltrue([for rule in values(var.settings) : !rule.simple_responses || rule.payload_format_version != "1.0"])
    error_message = join("\n", [
      for name, rule in var.settings : "settings.${name}.simple_responses is true and payload_format_version is \"1.0\": only format 2.0 has simple responses, so write \"2.0\" or remove one of the two."
      if rule.simple_responses && rule.payload_format_version == "1.0"
    ])
  }
}

variable "tags" {
  description = "Tags of the role."
  type        = map(string)
  default     = {}
  nullable    = false
}
