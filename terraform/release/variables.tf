variable "architecture" {
  description = "Which of the packages beside the modules to deploy, \"arm64\" (the default) or \"x86_64\"; only where `manifest` is null."
  type        = string
  default     = null
}

variable "authorizer_quota" {
  description = "How many authorizers the API may have. AWS allows 10 and raises it on request; raise this with it."
  type        = number
  default     = 10
  nullable    = false
}

variable "bind_policy_to_expiry" {
  description = "Whether an Allow ends with its token even while API Gateway still caches it, by a condition on aws:CurrentTime. See it work on your API before you rely on it."
  type        = bool
  default     = false
  nullable    = false
}

variable "context_claims" {
  description = "Claims that the backend receives in the request context; [\"*\"] passes all."
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
}

variable "generated_secret_version" {
  description = "Raise it by one to put a new random value into every generated secret. The function accepts the value before it too, until its next version."
  type        = number
  default     = 1
  nullable    = false
}

variable "invoker_role_arns" {
  description = "ARNs of roles in other accounts by which their APIs call the authorizer, each under a name of your choice: the output `role_arn` of the module rest-authorizer there. Roles of this account need no mention."
  type        = map(string)
  default     = {}
  nullable    = false
}

# `any`, as in the module jwt-authorizer, which refuses unknown keys; so are `revocation` and `rules`.
variable "issuers" {
  description = "Whose tokens are accepted, and how each is verified: a list of objects with `issuer`, `audiences`, `algorithms`, `keys` and more. docs/configuration.md lists every key."
  type        = any
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the log groups, the environments, the generated secrets and the denylist; null for the keys AWS owns. Its policy must let CloudWatch Logs use it."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How many days CloudWatch keeps the authorizer's log; 0 keeps it forever."
  type        = number
  default     = 30
  nullable    = false
}

variable "manifest" {
  description = "Path of the manifest.json of packages that you have built; null for the packages beside the modules."
  type        = string
  default     = null
}

variable "memory_mb" {
  description = "Memory of the function in MB; its share of CPU grows with it."
  type        = number
  default     = 256
  nullable    = false
}

variable "name" {
  description = "Prefix of the names of everything, such as orders-dev."
  type        = string
  nullable    = false
}

variable "on_invalid_token" {
  description = "What a client with an invalid token gets: \"unauthorized\" is a 401, \"deny\" an explicit Deny and so a 403."
  type        = string
  default     = "unauthorized"
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "ARN of the IAM policy that bounds what every role may do; null for none. It must allow what the READMEs of both modules list."
  type        = string
  default     = null
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
}

variable "reserved_concurrency" {
  description = "How many copies of the function may run at once, out of the account's quota; null shares the account's."
  type        = number
  default     = null
}

variable "rest_api_id" {
  description = "Id of the REST API that gets the authorizers."
  type        = string
  nullable    = false
}

variable "revocation" {
  description = "A DynamoDB table of tokens and subjects that are refused before they expire: an object, {} for the defaults; null for no table."
  type        = any
  default     = null
}

variable "role_path" {
  description = "IAM path of every role, such as /platform/. Another path makes another role: the new one is used before the old one is deleted."
  type        = string
  default     = "/"
  nullable    = false
}

variable "rules" {
  description = "Access rules by name, each of them an authorizer of the API; {} is met by any good token. docs/configuration.md lists every key of a rule."
  type        = any
  default     = { signed-in = {} }
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
}

variable "secrets_kms_key_arns" {
  description = "ARNs of the customer-managed KMS keys that encrypt the secrets and parameters named in issuers, where there are such."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "snap_start" {
  description = "Whether new copies of a version start from a snapshot that Lambda takes when it is published, rather than from nothing. Publishing takes minutes longer then, and AWS charges for snapshots and restores."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of everything that takes them."
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
