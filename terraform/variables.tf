variable "access_logs" {
  description = "Whether the API's stage writes one JSON line per request to CloudWatch Logs. API Gateway needs the region's account settings to name a role that may write there (aws_api_gateway_account), and refuses the stage without. `websocket` has an `access_logs` of its own."
  type        = bool
  default     = true
  nullable    = false
}

variable "authorizer_environment" {
  description = "Environment variables of the authorizer, for issuers whose `keys.secret.environment` names one. The values end up in the state: prefer Secrets Manager."
  type        = map(string)
  default     = {}
  nullable    = false
  sensitive   = true
}

variable "authorizer_quota" {
  description = "How many authorizers the API may have. AWS allows 10 and raises it on request; raise this with it."
  type        = number
  default     = 10
  nullable    = false
}

variable "authorizer_scale" {
  description = <<-EOT
    How large the authorizer's function is, and how many copies of it there are. `reserved_concurrency` is the most at once, taken out of the
    account's quota. `provisioned_concurrency` keeps `executions` copies ready, scaled by `utilization` up to `maximum` or by `schedule`;
    `snap_start` starts copies from a snapshot instead. `vpc` attaches them to subnets. See modules/jwt-authorizer.
  EOT
  type = object({
    memory_mb = optional(number, 256)
    provisioned_concurrency = optional(object({
      executions = number
      maximum    = optional(number)
      schedule = optional(map(object({
        maximum  = number
        minimum  = number
        timezone = optional(string, "UTC")
        when     = string
      })), {})
      utilization = optional(number)
    }))
    reserved_concurrency = optional(number)
    snap_start           = optional(bool, false)
    timeout_seconds      = optional(number, 10)
    vpc = optional(object({
      security_group_ids = set(string)
      subnet_ids         = set(string)
    }))
  })
  default  = {}
  nullable = false
}

variable "authorizer_traffic_shift" {
  description = <<-EOT
    Sends only a part of the calls to the authorizer's newest version, by all aliases alike; null sends all of them there.
    `from_version` is the version that keeps the rest, as the output `authorizer_version` named it before, and `new_share` the newest one's part, from 0 to 1.
  EOT
  type = object({
    from_version = string
    new_share    = number
  })
  default = null
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

# `any`, here and below: modules/rest-api checks each key.
variable "cors" {
  description = "Lets browser pages of another origin call the API: `origin`, `headers`, `credentials` and `max_age_seconds`, as modules/rest-api has them; null for no CORS."
  type        = any
  default     = null
}

# `any`: custom_domain.tf checks each key.
variable "custom_domain" {
  description = <<-EOT
    A domain name of your own for the REST API; null for none. `name` and `certificate_arn`, `base_path` ("" for the whole domain) and
    `endpoint_type` (REGIONAL). `mutual_tls` (`truststore_uri`, `truststore_version`) asks clients for certificates, and closes the API's
    execute-api URL, which asks for none. See modules/domain-name.
  EOT
  type        = any
  default     = null
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the tables of records and of revoked tokens. `terraform destroy` needs it turned off and applied first."
  type        = bool
  default     = true
  nullable    = false
}

variable "environment" {
  description = "Name of the environment, such as dev: part of every name, and the API's stage."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,15}$", var.environment))
    error_message = "environment is ${jsonencode(var.environment)}: write up to 16 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "generated_secret_version" {
  description = "Raise it by one to put a new random value into every generated secret."
  type        = number
  default     = 1
  nullable    = false
}

# `any`, because Terraform drops silently what an object type does not name, and turns the values of a list into one type.
# modules/jwt-authorizer checks each key.
variable "issuers" {
  description = "Whose tokens are accepted, and how each is verified: a list of objects, as modules/jwt-authorizer has them."
  type        = any
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts logs, environments, generated secrets and tables; null for the keys AWS owns or manages. Its policy must let CloudWatch Logs use it."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[^*?]+$", var.kms_key_arn))
    error_message = "kms_key_arn is ${jsonencode(var.kms_key_arn)}: write the ARN of a key (arn:aws:kms:<region>:<account>:key/<id>), not an alias or a bare id."
  }
}

variable "log_retention_days" {
  description = "How many days CloudWatch keeps every log; 0 keeps them forever."
  type        = number
  default     = 30
  nullable    = false
}

variable "manifest" {
  description = "Path of the manifest.json that `make package` writes, from this folder."
  type        = string
  default     = "../build/manifest.json"
  nullable    = false
}

variable "name" {
  description = "Name of the application; with the environment it begins the name of everything."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,31}$", var.name))
    error_message = "name is ${jsonencode(var.name)}: write up to 32 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "observability" {
  description = <<-EOT
    Alarms and a dashboard for the authorizer; null for none. `alarm_topic_arns` are the SNS topics that get a message, `runbook_url` is where
    each alarm sends its reader, and `thresholds` say when those alarms begin that do not at the first time. See modules/observability.
  EOT
  type = object({
    alarm_topic_arns = optional(list(string), [])
    runbook_url      = optional(string, "docs/operations.md")
    thresholds = optional(object({
      bad_signatures_minimum   = optional(number, 50)
      bad_signatures_percent   = optional(number, 10)
      latency_p99_milliseconds = optional(number, 1000)
    }), {})
  })
  default = null

  validation {
    condition     = var.observability == null || var.telemetry.namespace != ""
    error_message = "observability is set and telemetry.namespace is \"\": alarms and dashboard are about the authorizer's own metrics, so write their namespace, or observability = null."
  }
}

variable "on_invalid_token" {
  description = "What a client with an invalid token gets: \"unauthorized\" is a 401, \"deny\" an explicit Deny and so a 403."
  type        = string
  default     = "unauthorized"
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "ARN of the IAM policy that bounds what every role may do; null for none. It must allow what modules/lambda-function lists."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[^*?]+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is ${jsonencode(var.permissions_boundary_arn)}: write the ARN of a managed policy (arn:aws:iam::<account>:policy/<name>), or null for no boundary."
  }
}

# `any`: modules/rest-api checks each key.
variable "protected_resource" {
  description = <<-EOT
    Tells clients without a token where to get one (RFC 9728), as the Model Context Protocol asks of a server: `resource` is the https URL
    that clients call, one of the audiences of each issuer. With `base_path` and `scope_prefix`, as modules/rest-api has them. Null: no
    document.
  EOT
  type        = any
  default     = null
}

variable "recovery_window_days" {
  description = "For how many days a deleted generated secret can be restored; until then its name is taken. 0 deletes at once."
  type        = number
  default     = 30
  nullable    = false
}

# `any`: modules/jwt-authorizer checks each key.
variable "revocation" {
  description = "{} for a DynamoDB table of tokens and subjects that are refused before they expire, read once for each decision; with `on_failure`, as modules/jwt-authorizer has it. Null for none."
  type        = any
  default     = null
}

variable "role_path" {
  description = "IAM path of every role, such as /platform/. Another path makes another role: the new one is used before the old one is deleted."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9._+=,@/-]+/)?$", var.role_path)) && length(var.role_path) <= 512
    error_message = "role_path is ${jsonencode(var.role_path)}: write / alone, or up to 512 letters, digits and . _ + = , @ - / that begin and end with a slash, such as /platform/."
  }
}

# `any`: modules/rest-api checks each key.
variable "routes" {
  description = "What the API serves, \"METHOD /path\" => the `function` (there is \"backend\") and the access `rule` that guards it, as modules/rest-api has them; a public route says so with a reason."
  type        = any
  default = {
    "GET /hello" = { function = "backend", rule = "signed-in" }
    "GET /me"    = { function = "backend", rule = "signed-in" }
    "PUT /me"    = { function = "backend", rule = "signed-in" }
  }
  nullable = false
}

# `any`, because a requirement that Terraform drops from a rule would let more tokens in. modules/jwt-authorizer checks each key.
variable "rules" {
  description = "Access rules by name, as modules/jwt-authorizer has them: what a token must hold, and how API Gateway calls the authorizer. {} is met by any good token."
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

variable "tags" {
  description = "Tags of everything, beside Application, Environment and ManagedBy."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "telemetry" {
  description = <<-EOT
    What the authorizer tells of its decisions. `namespace` is that of its CloudWatch metrics, "" for none. `allow_sample` is the share of
    allows that get a whole log line, from 0 to 1; all are counted. `log_principal` says whether those lines name the caller.
  EOT
  type = object({
    allow_sample  = optional(number, 1)
    log_principal = optional(bool, false)
    namespace     = optional(string, "JwtAuthorizer")
  })
  default  = {}
  nullable = false
}

variable "throttling" {
  description = "What the stage lets through: `rate` requests a second in the long run, and `burst` at once."
  type = object({
    burst = optional(number, 500)
    rate  = optional(number, 1000)
  })
  default  = {}
  nullable = false
}

variable "tracing" {
  description = "Whether X-Ray traces requests through the API and its functions."
  type        = bool
  default     = false
  nullable    = false
}

variable "usage_keys" {
  description = "The callers' API keys by name: the `plan` of usage_plans that a key belongs to, and its `value`, which is what the claim `usage_key_claim` holds in their tokens. Values end up in the state."
  type = map(object({
    plan  = string
    value = string
  }))
  default   = {}
  nullable  = false
  sensitive = true
}

# `any`: modules/rest-api checks each key.
variable "usage_plans" {
  description = "Usage plans of the REST API by name, as modules/rest-api has them, for routes with `api_key_required`. The claim `usage_key_claim` of an issuer names the key that a call counts against."
  type        = any
  default     = {}
  nullable    = false
}

# `any`: websocket.tf checks each key.
variable "websocket" {
  description = <<-EOT
    A WebSocket API beside the REST API, with the same authorizer; null for none. `rule` is the access rule that a caller must meet to connect.
    `identity_sources` are where API Gateway looks for the token ([route.request.header.Authorization]), which the rule's `token` names too.
    `subprotocol` is the one that the backend chooses ("jwt"). `access_logs` (true) need the region's account settings to name a role.
  EOT
  type        = any
  default     = null
}
