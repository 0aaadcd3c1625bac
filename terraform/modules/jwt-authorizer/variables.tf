variable "context_claims" {
  description = "Claims that the backend receives in the request context; [\"*\"] passes all. Claims not listed here stay behind."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setintersection(var.context_claims, ["claims", "principalId", "integrationLatency"])) == 0
    error_message = "context_claims: ${join(", ", setintersection(var.context_claims, ["claims", "principalId", "integrationLatency"]))} is a key that API Gateway keeps for itself; leave it out; the principal is always passed as principalId."
  }

  validation {
    condition     = !contains(var.context_claims, "*") || length(var.context_claims) == 1
    error_message = "context_claims has \"*\" beside other names: write [\"*\"] alone for all claims, or the names without it."
  }

  validation {
    condition     = alltrue([for claim in var.context_claims : trimspace(claim) != ""]) && length(distinct(var.context_claims)) == length(var.context_claims)
    error_message = "context_claims is ${jsonencode(var.context_claims)}: write each claim's name once, and no empty ones."
  }
}

variable "environment" {
  description = "Environment variables beside AUTHORIZER_CONFIG, such as one that holds an issuer's secret."
  type        = map(string)
  default     = {}
  nullable    = false
  sensitive   = true

  validation {
    condition     = !contains(keys(var.environment), "AUTHORIZER_CONFIG")
    error_message = "environment sets AUTHORIZER_CONFIG, which this module writes: use issuers, rules and context_claims instead."
  }
}

variable "generated_secret_version" {
  description = "Raise it by one to put a new random value into every generated secret. The function accepts the value before it too, until its next version."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.generated_secret_version >= 1 && floor(var.generated_secret_version) == var.generated_secret_version
    error_message = "generated_secret_version is ${var.generated_secret_version}: write a whole number from 1."
  }
}

variable "issuers" {
  description = "Whose tokens are accepted, and how each is verified."
  type = list(object({
    issuer     = string # null in plain sight: tokens that carry no iss
    audiences  = list(string)
    algorithms = list(string)
    keys = object({
      secret = optional(object({
        secrets_manager = optional(string)
        ssm             = optional(string)
        environment     = optional(string)
        generate        = optional(string)
        encoding        = optional(string)
      }))
    })
    required_claims      = optional(list(string), ["exp"])
    token_types          = optional(list(string))
    leeway_seconds       = optional(number, 10)
    max_age_seconds      = optional(number)
    principal_claim      = optional(string, "sub")
    principal_fallback   = optional(string)
    minimum_secret_bytes = optional(number)
  }))
  nullable = false

  validation {
    condition     = length(var.issuers) > 0
    error_message = "issuers is empty, so no token could pass: write one issuer at least."
  }

  validation {
    condition     = length(distinct(var.issuers[*].issuer)) == length(var.issuers)
    error_message = "issuers: write one entry for each issuer; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(x.issuer)}"])}."
  }

  validation {
    condition     = alltrue([for x in var.issuers : x.issuer != null || length(var.issuers) == 1])
    error_message = "issuers: issuer = null accepts tokens that carry no iss, and only as the one entry there is; name every issuer, or keep that one alone; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(x.issuer)}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(trimspace(x.issuer) != "", true)
    ])
    error_message = "issuers: write in issuer the exact iss of its tokens, or null for tokens that carry none; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(x.issuer)}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(!contains([for audience in x.audiences : trimspace(audience)], ""), false)
    ])
    error_message = "issuers: write in audiences whom the tokens must be meant for, such as [\"https://api.example.com\"], or [] to accept any; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(x.audiences)}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(length(x.algorithms) > 0 && length(setsubtract(x.algorithms, ["HS256", "HS384", "HS512"])) == 0, false)
    ])
    error_message = "issuers: write in algorithms one or more of HS256, HS384 and HS512; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(x.algorithms)}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(x.keys.secret, null) != null
    ])
    error_message = "issuers: write in keys where the keys come from, as { secret = { ... } }; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${try(x.keys.secret, null) == null ? "nothing" : "a secret"}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(x.keys.secret, null) == null || 1 == length([
        for source in ["secrets_manager", "ssm", "environment", "generate"] :
        source if try(x.keys.secret[source], null) != null
      ])
    ])
    error_message = "issuers: write in keys.secret exactly one of secrets_manager, ssm, environment and generate; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode([for source in ["secrets_manager", "ssm", "environment", "generate"] : source if try(x.keys.secret[source], null) != null])}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(x.keys.secret.secrets_manager, null) == null || can(regex("^[A-Za-z0-9/_+=.@-]{1,512}$", x.keys.secret.secrets_manager))
    ])
    error_message = "issuers: write in keys.secret.secrets_manager the name of a secret (letters, digits and /_+=.@-), not its ARN; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(try(x.keys.secret.secrets_manager, null))}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(x.keys.secret.ssm, null) == null || can(regex("^[A-Za-z0-9/_.-]+$", x.keys.secret.ssm))
    ])
    error_message = "issuers: write in keys.secret.ssm the name of a parameter (letters, digits and /_.-), not its ARN; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(try(x.keys.secret.ssm, null))}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(contains(nonsensitive(keys(var.environment)), x.keys.secret.environment), true)
    ])
    error_message = "issuers: write in keys.secret.environment the name of a variable that environment sets; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(try(x.keys.secret.environment, null))}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(x.keys.secret.generate, null) == null || can(regex("^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$", x.keys.secret.generate))
    ])
    error_message = "issuers: write in keys.secret.generate how the new secret's name shall end, such as \"hmac\" (up to 32 lower-case letters, digits and inner hyphens); ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(try(x.keys.secret.generate, null))}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(x.keys.secret.encoding, null) == null || try(
        contains(x.keys.secret.generate == null ? ["utf8", "base64", "hex"] : ["utf8"], x.keys.secret.encoding), false
      )
    ])
    error_message = "issuers: write in keys.secret.encoding utf8, base64 or hex, or leave it out for utf8; a generated secret is always utf8; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(try(x.keys.secret.encoding, null))}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      !contains([for claim in x.required_claims : trimspace(claim)], "")
    ])
    error_message = "issuers: write in required_claims names of claims, such as [\"exp\", \"sub\"], or [] to require none; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(x.required_claims)}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(length(x.token_types) > 0 && !contains([for type in x.token_types : trimspace(type)], ""), true)
    ])
    error_message = "issuers: write in token_types the typ headers to accept, such as [\"at+jwt\"], or leave it out; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(x.token_types)}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      x.leeway_seconds >= 0 && x.leeway_seconds <= 300 && floor(x.leeway_seconds) == x.leeway_seconds
    ])
    error_message = "issuers: write leeway_seconds as a whole number from 0 to 300; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(x.leeway_seconds)}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(x.max_age_seconds >= 1 && x.max_age_seconds <= 316224000 && floor(x.max_age_seconds) == x.max_age_seconds, true)
    ])
    error_message = "issuers: write max_age_seconds as a whole number from 1 to 316224000 (ten years), or leave it out; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(x.max_age_seconds)}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      trimspace(x.principal_claim) != ""
    ])
    error_message = "issuers: write in principal_claim the name of a claim, such as \"sub\"; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(x.principal_claim)}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(trimspace(x.principal_fallback) != "", true)
    ])
    error_message = "issuers: write in principal_fallback the principal of tokens that carry none, or leave it out to refuse them; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(x.principal_fallback)}"])}."
  }

  validation {
    condition = alltrue([
      for x in var.issuers :
      try(x.minimum_secret_bytes >= 1 && x.minimum_secret_bytes <= 1024 && floor(x.minimum_secret_bytes) == x.minimum_secret_bytes, true)
    ])
    error_message = "issuers: write minimum_secret_bytes as a whole number from 1 to 1024, or leave it out for the length of the longest hash; ${join(", ", [for i, x in var.issuers : "issuers[${i}] has ${jsonencode(x.minimum_secret_bytes)}"])}."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the log group, the environment and the generated secrets; null for the keys AWS owns. Its policy must let CloudWatch Logs use it."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[^*?]+$", var.kms_key_arn))
    error_message = "kms_key_arn is ${jsonencode(var.kms_key_arn)}: write the ARN of a key (arn:aws:kms:<region>:<account>:key/<id>), not an alias or a bare id."
  }
}

variable "log_retention_days" {
  description = "How many days CloudWatch keeps the authorizer's log; 0 keeps it forever."
  type        = number
  default     = 30
  nullable    = false
}

variable "manifest" {
  description = "Path of the manifest.json that `make package` writes; it must list the function \"authorizer\"."
  type        = string
  nullable    = false
}

variable "memory_mb" {
  description = "Memory of the function in MB; its share of CPU grows with it."
  type        = number
  default     = 256
  nullable    = false
}

variable "name" {
  description = "Name of the authorizer function, and prefix of all that this module creates."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.name))
    error_message = "name is ${jsonencode(var.name)}: write 1 to 128 letters, digits, - and _."
  }
}

variable "on_invalid_token" {
  description = "What a client with an invalid token gets: \"unauthorized\" is a 401, \"deny\" an explicit Deny and so a 403."
  type        = string
  default     = "unauthorized"
  nullable    = false

  validation {
    condition     = contains(["unauthorized", "deny"], var.on_invalid_token)
    error_message = "on_invalid_token is ${jsonencode(var.on_invalid_token)}: write \"unauthorized\" for a 401 or \"deny\" for a 403."
  }
}

variable "recovery_window_days" {
  description = "For how many days a deleted generated secret can be restored; until then its name is taken. 0 deletes at once."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains(concat([0], range(7, 31)), var.recovery_window_days)
    error_message = "recovery_window_days is ${var.recovery_window_days}: write 7 to 30, or 0 to delete secrets at once."
  }
}

variable "reserved_concurrency" {
  description = "How many copies of the function may run at once, taken out of the account's quota; null shares the account's."
  type        = number
  default     = null
}

# `any`, because Terraform drops silently what an object type does not name, and a requirement dropped from a
# rule would let more tokens in.
variable "rules" {
  description = "Access rules by name, each of them an alias of the function: `{ signed-in = {} }`, where {} is met by any good token."
  type        = any
  nullable    = false

  validation {
    condition     = can(keys(var.rules)) && try(length(var.rules) > 0, false)
    error_message = "rules must be a map of one rule or more: write { signed-in = {} } for a rule that any good token meets."
  }

  validation {
    condition     = alltrue([for name in try(keys(var.rules), []) : can(regex("^[A-Za-z0-9_-]{0,127}[A-Za-z_-][A-Za-z0-9_-]{0,127}$", name)) && length(name) <= 128])
    error_message = "rules has ${join(", ", [for name in try(keys(var.rules), []) : jsonencode(name)])}: each name becomes a Lambda alias, so write 1 to 128 letters, digits, - and _, and not digits alone."
  }

  validation {
    condition     = alltrue([for rule in try(values(var.rules), []) : try(length(keys(rule)) == 0, false)])
    error_message = "rules is ${jsonencode(var.rules)}: {} is the one rule that this release knows, met by any good token; write each as {}."
  }
}

variable "secrets_kms_key_arns" {
  description = "ARNs of the customer-managed KMS keys that encrypt the secrets and parameters named in issuers, where there are such."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.secrets_kms_key_arns : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[^*?]+$", arn))])
    error_message = "secrets_kms_key_arns is ${jsonencode(var.secrets_kms_key_arns)}: write ARNs of keys (arn:aws:kms:<region>:<account>:key/<id>), not aliases or bare ids."
  }
}

variable "tags" {
  description = "Tags of everything this module creates."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "timeout_seconds" {
  description = "After how many seconds Lambda stops a call. API Gateway waits 29 seconds at most."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 29
    error_message = "timeout_seconds is ${var.timeout_seconds}: write 1 to 29, for API Gateway gives up after that."
  }
}

variable "tracing" {
  description = "Whether the function sends traces to X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

variable "vpc" {
  description = "The subnets and security groups to attach the function to; null leaves it outside any VPC."
  type = object({
    security_group_ids = set(string)
    subnet_ids         = set(string)
  })
  default = null
}
