variable "access_logs" {
  description = "Whether the stage writes one JSON line per request to CloudWatch Logs. API Gateway needs the region's account settings to name a role that may write there (aws_api_gateway_account), and refuses the stage without."
  type        = bool
  default     = true
  nullable    = false
}

# `any`, here and below: see validation.tf.
variable "authorizers" {
  description = "The API's authorizers by access rule, as the rest-authorizer module's output `authorizers` gives them: `id`, a `fingerprint` that changes whenever the authorizer does, and the `path_parameters` that the rule compares."
  type        = any
  default     = {}
  nullable    = false
}

variable "binary_media_types" {
  description = "Media types whose bodies are passed on as bytes, such as image/png."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for type in var.binary_media_types : can(regex("^[^/ ]+/[^/ ]+$", type))])
    error_message = "binary_media_types holds ${join(", ", [for type in var.binary_media_types : jsonencode(type) if !can(regex("^[^/ ]+/[^/ ]+$", type))])}: write media types, such as image/png or */*."
  }
}

variable "cors" {
  description = <<-EOT
    Lets browser pages of another origin call the API: every path answers preflights, and every refusal by API Gateway has the headers.
    `origin` is the one allowed origin, or "*". `headers` are those that a page may send (Authorization and Content-Type), `credentials` whether
    it may send cookies, and `max_age_seconds` for how long a browser keeps a preflight's answer (600). The functions must add
    Access-Control-Allow-Origin to their own answers. Null: no CORS.
  EOT
  type        = any
  default     = null
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

variable "endpoint_type" {
  description = "REGIONAL, EDGE (behind AWS's own CloudFront) or PRIVATE (from VPCs only)."
  type        = string
  default     = "REGIONAL"
  nullable    = false

  validation {
    condition     = contains(["EDGE", "PRIVATE", "REGIONAL"], var.endpoint_type)
    error_message = "endpoint_type is \"${var.endpoint_type}\": write \"REGIONAL\", \"EDGE\" or \"PRIVATE\"."
  }

  validation {
    condition     = var.endpoint_type != "PRIVATE" || var.resource_policy != null
    error_message = "endpoint_type is PRIVATE and there is no resource_policy: API Gateway deploys a private API only with one, so write which VPCs or endpoints may call it."
  }
}

variable "explain_denials" {
  description = <<-EOT
    Whether the body of a 403 tells why the rule is not met, as `reason` and, where scopes are missing, `scope`, from the authorizer's context.
    Only for authorizers that answer 401 to invalid tokens: with `on_invalid_token = "deny"` the same 403 would tell a forger what is wrong with a token.
  EOT
  type        = bool
  default     = false
  nullable    = false
}

variable "functions" {
  description = "The Lambda functions behind the routes, by the name that routes use: `function_name` and `invoke_arn`, and for an alias its name as `qualifier` and its own `invoke_arn`."
  type        = any
  nullable    = false
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

variable "minimum_compression_size" {
  description = "Answers of at least this many bytes are compressed for clients that ask for it. Null: none are."
  type        = number
  default     = null

  validation {
    condition     = var.minimum_compression_size == null ? true : var.minimum_compression_size >= 0 && var.minimum_compression_size <= 10485760 && floor(var.minimum_compression_size) == var.minimum_compression_size
    error_message = "minimum_compression_size is ${jsonencode(var.minimum_compression_size)}: write a whole number of bytes from 0 to 10485760, or null for no compression."
  }
}

variable "name" {
  description = "The API's name, and the prefix of the names of everything else this module creates, such as orders-dev."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", var.name))
    error_message = "name is \"${var.name}\": write up to 64 letters, digits, - and _, the first a letter or a digit."
  }
}

variable "protected_resource" {
  description = <<-EOT
    Tells clients without a token where to get one (RFC 9728), as the Model Context Protocol asks of a server: the API serves
    /.well-known/oauth-protected-resource to everybody, and its 401 names that document. `resource` is the https URL that clients call,
    one of the audiences of each issuer, and `configuration` the jwt-authorizer's output of that name. `base_path` is what stands before the
    API's own paths in `resource` (at an execute-api URL the stage's name, else ""; to be written where the URL is known after an apply
    only), and `scope_prefix` what a client writes before a scope to be granted it. Null: no document.
  EOT
  type        = any
  default     = null
}

variable "realm" {
  description = "The realm in the WWW-Authenticate header of 401 and 403 answers. Null: the name."
  type        = string
  default     = null

  validation {
    condition     = var.realm == null ? true : can(regex("^[A-Za-z0-9 ._:/-]+$", var.realm))
    error_message = "realm is ${jsonencode(var.realm)}: write letters, digits, spaces and . _ : / - only, as it stands between quotes in a header."
  }
}

variable "resource_policy" {
  description = "The API's resource policy as JSON; \"execute-api:/*\" stands for the API itself. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.resource_policy == null ? true : can(jsondecode(var.resource_policy).Statement)
    error_message = "resource_policy is not a policy: write JSON with a Statement, as the data source aws_iam_policy_document gives it."
  }
}

variable "routes" {
  description = <<-EOT
    What the API serves, keyed "METHOD /path": the single source for methods, CORS and permissions. METHOD is an HTTP verb or ANY;
    a path has up to 6 segments, `{id}` matches one of them and `{proxy+}`, at the end, all that follow.
    `function` is a key of `functions`. Each route names the access `rule` that guards it, or says `public = true` and the `reason` why.
    `timeout_ms` is how long API Gateway waits for the function: 29000, and more needs a raised quota. With `api_key_required = true` only calls
    that count against one of `usage_plans` pass.
  EOT
  type        = any
  nullable    = false
}

variable "stage_name" {
  description = "The stage's name, the first segment of the API's URL."
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
  description = "Tags of the API, its stage and its log group."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "throttling" {
  description = "What the stage lets through: `rate` requests a second in the long run, and `burst` at once. What is more gets a 429."
  type = object({
    burst = optional(number, 500)
    rate  = optional(number, 1000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.throttling.rate > 0
    error_message = "throttling.rate is ${var.throttling.rate}: write how many requests a second may pass, more than 0 (0 would refuse them all)."
  }

  validation {
    condition     = var.throttling.burst >= 1 && floor(var.throttling.burst) == var.throttling.burst
    error_message = "throttling.burst is ${var.throttling.burst}: write how many requests may come at once, a whole number, 1 or more (0 would refuse them all)."
  }
}

variable "tracing" {
  description = "Whether X-Ray traces requests."
  type        = bool
  default     = true
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

variable "usage_plans" {
  description = <<-EOT
    Usage plans by name, for routes with `api_key_required`: `quota` (at most `limit` calls in each `period`: DAY, WEEK or MONTH), `throttling`
    for all of the stage, and in `routes` a `throttling` for single ones, each with `burst` and `rate`. The authorizer names the key that a
    call counts against: `usage_key_claim` of its issuer.
  EOT
  type        = any
  default     = {}
  nullable    = false
}

variable "vpc_endpoint_ids" {
  description = "VPC endpoints that get DNS names for a PRIVATE API."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.vpc_endpoint_ids) == 0 || var.endpoint_type == "PRIVATE"
    error_message = "vpc_endpoint_ids is set and endpoint_type is ${var.endpoint_type}: only PRIVATE APIs have VPC endpoints, so remove it or set endpoint_type = \"PRIVATE\"."
  }
}
