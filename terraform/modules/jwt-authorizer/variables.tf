variable "architecture" {
  description = "Which of the packages beside the modules to deploy, \"arm64\" (the default) or \"x86_64\"; only where `manifest` is null, for a manifest says it itself."
  type        = string
  default     = null

  validation {
    condition     = var.architecture == null || contains(["arm64", "x86_64"], coalesce(var.architecture, "arm64"))
    error_message = "architecture is ${jsonencode(var.architecture)}: write \"arm64\" or \"x86_64\"."
  }

  validation {
    condition     = var.architecture == null || var.manifest == null
    error_message = "architecture and manifest are both set, and the manifest says which architecture its packages are for: remove architecture."
  }
}

variable "bind_policy_to_expiry" {
  description = "Whether an Allow ends with its token even while API Gateway still caches it, by a condition on aws:CurrentTime. See it work on your API before you rely on it."
  type        = bool
  default     = false
  nullable    = false
}

variable "context_claims" {
  description = "Claims that the backend receives in the request context; [\"*\"] passes all. Claims not listed here stay behind."
  type        = list(string)
  default     = []
  nullable    = false
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

variable "invoker_role_arns" {
  description = "ARNs of roles in other accounts by which their APIs call the authorizer, each under a name of your choice: the output `role_arn` of the module rest-authorizer there. Roles of this account need no mention."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.invoker_role_arns) : can(regex("^[A-Za-z0-9_-]{1,64}$", name))])
    error_message = "invoker_role_arns names ${join(", ", [for name in keys(var.invoker_role_arns) : jsonencode(name) if !can(regex("^[A-Za-z0-9_-]{1,64}$", name))])}: write up to 64 letters, digits, - and _."
  }

  validation {
    condition = alltrue([for arn in values(var.invoker_role_arns) : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[^*?]+$", arn))])
    error_message = join("\n", [
      for name, arn in var.invoker_role_arns : "invoker_role_arns.${name} is ${jsonencode(arn)}: write the ARN of a role (arn:aws:iam::<account>:role/<name>), for a whole account or anything wider would let everyone there call the authorizer."
      if !can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[^*?]+$", arn))
    ])
  }
}

# `any`, because Terraform drops silently what an object type does not name, and turns the values of a list into one type:
# true would become "true" beside a string, and two JWK Sets of different keys be refused. The schema refuses unknown keys.
variable "issuers" {
  description = "Whose tokens are accepted, and how each is verified: a list of objects with `issuer`, `audiences`, `algorithms`, `keys` and more. docs/configuration.md lists every key; unknown keys are refused."
  type        = any
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the log groups, the environments, the generated secrets and the denylist; null for the keys AWS owns. Its policy must let CloudWatch Logs use it."
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
  description = "Path of the manifest.json that `make package` writes; null for the packages beside the modules, which every release has. It must list the function \"authorizer\" with the schema of its configuration. Where all issuers are HMAC only, \"authorizer-hmac\" is used, if it lists that too."
  type        = string
  default     = null

  validation {
    condition     = var.manifest != null || fileexists("${path.module}/../packages/manifest-arm64.json")
    error_message = "There are no packages beside the modules: take them from a release, such as \"git::https://.../terraform-aws-jwt-authorizer.git//modules/jwt-authorizer?ref=v1.0.0\", or run `make package` in a clone and write in manifest the path of the manifest.json that it wrote."
  }

  validation {
    condition     = var.manifest == null || can(jsondecode(file(var.manifest)).functions.authorizer.configuration_schema)
    error_message = "${coalesce(var.manifest, "null")} does not list the function \"authorizer\" with the schema of its configuration: run `make package` of this release, and write in manifest the path of the manifest.json that it wrote."
  }
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
}

variable "permissions_boundary_arn" {
  description = "ARN of the IAM policy that bounds what the roles of the functions may do; null for none. It must allow what the module's README lists."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[^*?]+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is ${jsonencode(var.permissions_boundary_arn)}: write the ARN of a managed policy (arn:aws:iam::<account>:policy/<name>), or null for no boundary."
  }
}

variable "provisioned_concurrency" {
  description = <<-EOT
    How many copies of the newest version are kept ready for calls by any alias, so that they meet no cold start; null for none.
    `executions` is how many, and with scaling how many each new version begins with and keeps at least. `utilization` scales by load, up to
    `maximum`, to keep that share of them busy. `schedule` gives other bounds at times: `when` is a cron(...), rate(...) or at(...) expression.
  EOT
  type = object({
    executions = number
    maximum    = optional(number)
    schedule = optional(map(object({
      maximum  = number
      minimum  = number
      timezone = optional(string, "UTC")
      when     = string
    })), {})
    utilization = optional(number)
  })
  default = null
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
  description = "How many copies of the function may run at once, out of the account's quota; null shares the account's."
  type        = number
  default     = null
}

# `any`, so that an unknown key is refused: a misspelt on_failure would be dropped silently.
variable "revocation" {
  description = "A DynamoDB table of tokens and subjects that are refused before they expire, read once for each decision: an object, {} for the defaults; null for no table. docs/configuration.md lists its keys; unknown keys are refused."
  type        = any
  default     = null
}

variable "role_path" {
  description = "IAM path of the roles of the functions, such as /platform/. Another path makes another role: the new one is used before the old one is deleted."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9._+=,@/-]+/)?$", var.role_path)) && length(var.role_path) <= 512
    error_message = "role_path is ${jsonencode(var.role_path)}: write / alone, or up to 512 letters, digits and . _ + = , @ - / that begin and end with a slash, such as /platform/."
  }
}

# `any`, because Terraform drops silently what an object type does not name, and a requirement dropped from a rule would
# let more tokens in. The schema refuses unknown keys.
variable "rules" {
  description = "Access rules by name, each of them an alias of the function and an authorizer of the API; {} is met by any good token. docs/configuration.md lists every key of a rule; unknown keys are refused."
  type        = any
  nullable    = false
}

variable "s3_packages" {
  description = <<-EOT
    Where the packages are in S3, for Terraform that runs where the zips are not: the `bucket`, in the function's region, and in `objects` the
    `key` of each package by its name in the manifest, with the object's `version` where the bucket keeps versions. The manifest stays a
    file. Null: the zips lie beside the manifest.
  EOT
  type = object({
    bucket = string
    objects = map(object({
      key     = string
      version = optional(string)
    }))
  })
  default = null
}

variable "secret_rotation_days" {
  description = "After how many days Secrets Manager gives each generated secret a new value, by a function of its own; null for never. The value before it is accepted until the rotation after, so write more days than a token lives."
  type        = number
  default     = null

  validation {
    condition     = var.secret_rotation_days == null ? true : contains(range(1, 1001), var.secret_rotation_days)
    error_message = "secret_rotation_days is ${jsonencode(var.secret_rotation_days)}: write 1 to 1000, or null for no rotation."
  }

  validation {
    condition     = var.secret_rotation_days == null ? true : try(anytrue([for issuer in var.issuers : can(coalesce(issuer.keys.secret.generate))]), true)
    error_message = "secret_rotation_days is set and no issuer has keys.secret.generate: there is nothing to rotate, so remove it, or rotate the secrets that issuers name where they are made."
  }

  validation {
    condition     = var.secret_rotation_days == null ? true : try(contains(keys(jsondecode(file(local.manifest)).functions), "rotation"), true)
    error_message = "secret_rotation_days is set and ${local.manifest} does not list the function \"rotation\": run `make package`."
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

variable "snap_start" {
  description = "Whether new copies of a version start from a snapshot that Lambda takes when it is published, rather than from nothing. Publishing takes minutes longer then, and AWS charges for snapshots and restores."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of everything this module creates."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "telemetry" {
  description = <<-EOT
    What the function writes about its decisions. `namespace` is that of its CloudWatch metrics, "" for none. `allow_sample` is the share of
    allows that get a whole log line, from 0 to 1; all are counted. `log_principal` says whether those lines name the caller.
  EOT
  type = object({
    allow_sample  = optional(number)
    log_principal = optional(bool)
    namespace     = optional(string)
  })
  default  = {}
  nullable = false
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

  validation {
    condition = alltrue([for seconds in values(local.fetch_seconds) : seconds < var.timeout_seconds])
    error_message = join("\n", [
      for path, seconds in local.fetch_seconds : "${path}.keys.timeout_seconds is ${seconds}, and Lambda stops the call after ${var.timeout_seconds}, timeout_seconds: write less, or a longer timeout_seconds, so that a key server that hangs leaves time for an answer."
      if seconds >= var.timeout_seconds
    ])
  }
}

variable "tracing" {
  description = "Whether the function sends traces to X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

variable "traffic_shift" {
  description = <<-EOT
    Sends only a part of the calls to the newest version, by all aliases alike; null sends all of them there.
    `from_version` is the version that keeps the rest, as the output `version` named it before, and `new_share` the newest one's part, from 0 to 1.
  EOT
  type = object({
    from_version = string
    new_share    = number
  })
  default = null
}

variable "vpc" {
  description = "The subnets and security groups to attach the function to; null leaves it outside any VPC."
  type = object({
    security_group_ids = set(string)
    subnet_ids         = set(string)
  })
  default = null
}
