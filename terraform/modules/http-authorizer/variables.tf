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
  description = <<-EOT
    The authorizer Lambda's aliases by access rule, as the jwt-authorizer module's output `rules` gives them. Each becomes an authorizer of that name.
    `cache_seconds` is how long API Gateway keeps an answer for the same rule and token; 0 asks every time.
    `identity_source` says where the token is, in a REST API's words (method.request.header.Authorization); API Gateway answers 401 by itself when it is absent, and caches by it.
    `simple_response` says that the rule answers `isAuthorized` in place of a policy.
  EOT
  type = map(object({
    arn             = string
    cache_seconds   = optional(number, 300)
    identity_source = optional(string, "method.request.header.Authorization")
    invoke_arn      = string
    simple_response = optional(bool, false)
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

  validation {
    condition = alltrue([
      for rule in values(var.rules) : rule.cache_seconds >= 0 && rule.cache_seconds <= 3600 && floor(rule.cache_seconds) == rule.cache_seconds
    ])
    error_message = join("\n", [
      for name, rule in var.rules : "rules.${name}.cache_seconds is ${rule.cache_seconds}: write a whole number from 0 (ask every time) to 3600."
      if !(rule.cache_seconds >= 0 && rule.cache_seconds <= 3600 && floor(rule.cache_seconds) == rule.cache_seconds)
    ])
  }

  validation {
    condition = alltrue(flatten([
      for rule in values(var.rules) : [
        for source in split(",", rule.identity_source) : can(regex("^(method\\.request\\.(header|querystring)|stageVariables|context)\\.[A-Za-z0-9._-]+$", trimspace(source)))
      ]
    ]))
    error_message = join("\n", flatten([
      for name, rule in var.rules : [
        for source in split(",", rule.identity_source) : "rules.${name}.identity_source holds ${jsonencode(trimspace(source))}: write a comma-separated list of method.request.header.<name>, method.request.querystring.<name>, stageVariables.<name> and context.<name>."
        if !can(regex("^(method\\.request\\.(header|querystring)|stageVariables|context)\\.[A-Za-z0-9._-]+$", trimspace(source)))
      ]
    ]))
  }
}

variable "settings" {
  description = <<-EOT
    What this API does in its own way; a rule that is not listed, and what is left out, is as the rule says.
    `cache_seconds` is how long API Gateway keeps an answer, where that is shorter than the rule's.
    `identity_sources` are what API Gateway asks for and caches by, where that is more than the rule's: $request.header.<name>, $context.routeKey and the like.
    `payload_format_version` is "2.0", where claims keep their types, or "1.0", which is like a REST API's.
  EOT
  type = map(object({
    cache_seconds          = optional(number)
    identity_sources       = optional(set(string))
    payload_format_version = optional(string, "2.0")
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.settings), keys(var.rules))) == 0
    error_message = "settings names ${join(", ", [for rule in setsubtract(keys(var.settings), keys(var.rules)) : jsonencode(rule)])}, and there is no such rule: write one of ${join(", ", keys(var.rules))}."
  }

  validation {
    condition = alltrue([
      for rule in values(var.settings) : rule.cache_seconds == null ? true : rule.cache_seconds >= 0 && floor(rule.cache_seconds) == rule.cache_seconds
    ])
    error_message = join("\n", [
      for name, rule in var.settings : "settings.${name}.cache_seconds is ${rule.cache_seconds}: write a whole number, 0 (ask every time) or more."
      if rule.cache_seconds == null ? false : !(rule.cache_seconds >= 0 && floor(rule.cache_seconds) == rule.cache_seconds)
    ])
  }

  # A rule about the path must not be cached at all, and that is the rule's to say.
  validation {
    condition = alltrue([
      for name, rule in var.settings : rule.cache_seconds == null ? true : rule.cache_seconds <= try(var.rules[name].cache_seconds, 3600)
    ])
    error_message = join("\n", [
      for name, rule in var.settings : "settings.${name}.cache_seconds is ${rule.cache_seconds}, and the rule lets its answers be kept for ${try(var.rules[name].cache_seconds, 0)} seconds: write no more than that, or change the rule's cache_seconds."
      if rule.cache_seconds == null ? false : rule.cache_seconds > try(var.rules[name].cache_seconds, 3600)
    ])
  }

  validation {
    condition = alltrue(flatten([
      for rule in values(var.settings) : [
        for source in coalesce(rule.identity_sources, []) : can(regex("^\\$(request\\.(header|querystring)|stageVariables|context)\\.[A-Za-z0-9._-]+$", source))
      ]
    ]))
    error_message = join("\n", flatten([
      for name, rule in var.settings : [
        for source in coalesce(rule.identity_sources, []) : "settings.${name}.identity_sources holds ${jsonencode(source)}: write $request.header.<name>, $request.querystring.<name>, $stageVariables.<name> or $context.<name>."
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
    condition = alltrue([for name, rule in var.settings : !try(var.rules[name].simple_response, false) || rule.payload_format_version != "1.0"])
    error_message = join("\n", [
      for name, rule in var.settings : "settings.${name}.payload_format_version is \"1.0\" and the rule gives simple responses: only format 2.0 has them, so write \"2.0\", or remove simple_response from the rule."
      if try(var.rules[name].simple_response, false) && rule.payload_format_version == "1.0"
    ])
  }
}

variable "tags" {
  description = "Tags of the role."
  type        = map(string)
  default     = {}
  nullable    = false
}
