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

variable "rules" {
  description = <<-EOT
    The authorizer Lambda's aliases by access rule, as the jwt-authorizer module's output `rules` gives them. Each becomes an authorizer of that name.
    `type` is TOKEN (one header) or REQUEST (anything in the request).
    `identity_source` says where the token is; API Gateway answers 401 by itself when it is absent.
    `validation_expression` (TOKEN only) is a regular expression for the whole header value: what does not match is a 401 without a call.
    `cache_seconds` is how long API Gateway keeps an answer for the same rule and token; 0 asks every time.
  EOT
  type = map(object({
    arn                   = string
    cache_seconds         = optional(number, 300)
    identity_source       = optional(string, "method.request.header.Authorization")
    invoke_arn            = string
    type                  = optional(string, "TOKEN")
    validation_expression = optional(string)
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
    condition = alltrue([for rule in values(var.rules) : contains(["TOKEN", "REQUEST"], rule.type)])
    error_message = join("\n", [
      for name, rule in var.rules : "rules.${name}.type is \"${rule.type}\": write \"TOKEN\" or \"REQUEST\"."
      if !contains(["TOKEN", "REQUEST"], rule.type)
    ])
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
    condition = alltrue([
      for rule in values(var.rules) : can(regex("^method\\.request\\.header\\.[A-Za-z0-9_-]+$", rule.identity_source)) if rule.type == "TOKEN"
    ])
    error_message = join("\n", [
      for name, rule in var.rules : "rules.${name}.identity_source is \"${rule.identity_source}\": a TOKEN authorizer reads exactly one header, so write method.request.header.<name>, or set type = \"REQUEST\"."
      if rule.type == "TOKEN" && !can(regex("^method\\.request\\.header\\.[A-Za-z0-9_-]+$", rule.identity_source))
    ])
  }

  validation {
    condition = alltrue(flatten([
      for rule in values(var.rules) : [
        for source in split(",", rule.identity_source) : can(regex("^(method\\.request\\.(header|querystring)|stageVariables|context)\\.[A-Za-z0-9._-]+$", trimspace(source)))
      ] if rule.type == "REQUEST"
    ]))
    error_message = join("\n", flatten([
      for name, rule in var.rules : [
        for source in split(",", rule.identity_source) : "rules.${name}.identity_source holds \"${trimspace(source)}\": write a comma-separated list of method.request.header.<name>, method.request.querystring.<name>, stageVariables.<name> and context.<name>."
        if !can(regex("^(method\\.request\\.(header|querystring)|stageVariables|context)\\.[A-Za-z0-9._-]+$", trimspace(source)))
      ] if rule.type == "REQUEST"
    ]))
  }

  validation {
    condition = alltrue([for rule in values(var.rules) : rule.validation_expression == null if rule.type == "REQUEST"])
    error_message = join("\n", [
      for name, rule in var.rules : "rules.${name}.validation_expression is set and its type is REQUEST: API Gateway checks expressions for TOKEN authorizers only, so remove it or set type = \"TOKEN\"."
      if rule.type == "REQUEST" && rule.validation_expression != null
    ])
  }

  validation {
    condition = alltrue([
      for rule in values(var.rules) : can(regex("^\\^.+\\$$", rule.validation_expression)) if rule.validation_expression != null && rule.type == "TOKEN"
    ])
    error_message = join("\n", [
      for name, rule in var.rules : "rules.${name}.validation_expression is not anchored: write ^${trimsuffix(trimprefix(rule.validation_expression, "^"), "$")}$."
      if rule.validation_expression != null && rule.type == "TOKEN" && !can(regex("^\\^.+\\$$", rule.validation_expression))
    ])
  }
}

variable "tags" {
  description = "Tags of the role."
  type        = map(string)
  default     = {}
  nullable    = false
}
