variable "aliases" {
  description = "Names of the aliases to keep on the newest published version."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for name in var.aliases :
      can(regex("^[A-Za-z0-9_-]{1,128}$", name)) && !can(regex("^[0-9]+$", name))
    ])
    error_message = "aliases: ${join(", ", [for name in var.aliases : jsonencode(name) if !can(regex("^[A-Za-z0-9_-]{1,128}$", name)) || can(regex("^[0-9]+$", name))])} cannot be a Lambda alias: write 1 to 128 letters, digits, - and _, and not digits alone."
  }
}

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

variable "description" {
  description = "What the function is for, in a sentence: the console shows it beside the name."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = length(var.description) <= 230
    error_message = "description has ${length(var.description)} characters: write at most 230."
  }
}

variable "environment" {
  description = "Environment variables of the function. Pass sensitive values as such: names stay readable in the plan."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in nonsensitive(keys(var.environment)) : can(regex("^[A-Za-z][A-Za-z0-9_]+$", name))])
    error_message = "environment: ${join(", ", [for name in nonsensitive(keys(var.environment)) : jsonencode(name) if !can(regex("^[A-Za-z][A-Za-z0-9_]+$", name))])} cannot be an environment variable of a Lambda function: write two or more letters, digits and _, beginning with a letter."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the log group and the environment; null for the keys AWS owns. Its policy must let CloudWatch Logs use it."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[^*?]+$", var.kms_key_arn))
    error_message = "kms_key_arn is ${jsonencode(var.kms_key_arn)}: write the ARN of a key (arn:aws:kms:<region>:<account>:key/<id>), not an alias or a bare id."
  }
}

variable "log_retention_days" {
  description = "How many days CloudWatch keeps the function's log; 0 keeps it forever."
  type        = number
  default     = 30
  nullable    = false
}

variable "manifest" {
  description = "Path of the manifest.json that `make package` writes; null for the packages beside the modules, which every release has."
  type        = string
  default     = null

  validation {
    condition     = var.manifest != null || fileexists("${path.module}/../packages/manifest-arm64.json")
    error_message = "There are no packages beside the modules: take them from a release, such as \"git::https://.../terraform-aws-jwt-authorizer.git//modules/lambda-function?ref=v1.0.0\", or run `make package` in a clone and write in manifest the path of the manifest.json that it wrote."
  }

  validation {
    condition     = var.manifest == null || can(file(var.manifest))
    error_message = "There is no file ${coalesce(var.manifest, "null")}: run `make package`, or write in manifest the path of the manifest.json that it wrote."
  }

  validation {
    condition     = var.manifest == null || !can(file(var.manifest)) || try(jsondecode(file(var.manifest)).format == 1, false)
    error_message = "${coalesce(var.manifest, "null")} is not a manifest that this module can read (format 1): run `make package` of the same release."
  }
}

variable "memory_mb" {
  description = "Memory of the function in MB; its share of CPU grows with it."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240 && floor(var.memory_mb) == var.memory_mb
    error_message = "memory_mb is ${var.memory_mb}: write a whole number from 128 to 10240."
  }
}

variable "name" {
  description = "Name of the function, and prefix of all that this module creates. Past 64 characters it is cut, with a hash to keep it unique."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.name))
    error_message = "name is ${jsonencode(var.name)}: write 1 to 128 letters, digits, - and _."
  }
}

variable "package" {
  description = "Which of the manifest's functions this one runs, such as \"authorizer\"."
  type        = string
  nullable    = false

  validation {
    condition     = try(contains(keys(jsondecode(file(local.manifest)).functions), var.package), true)
    error_message = "package is ${jsonencode(var.package)}, which ${local.manifest} does not list: write one of: ${try(join(", ", keys(jsondecode(file(local.manifest)).functions)), "(none)")}."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the IAM policy that bounds what the function's role may do; null for none. It must allow what the module's README lists."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[^*?]+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is ${jsonencode(var.permissions_boundary_arn)}: write the ARN of a managed policy (arn:aws:iam::<account>:policy/<name>), or null for no boundary."
  }
}

# `any`: see validation.tf.
variable "policy_statements" {
  description = "What the function may do beyond writing its log: statement id => `actions` and `resources`, and `conditions`, a list of `test`, `variable` and `values`."
  type        = any
  default     = {}
  nullable    = false
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

  validation {
    condition     = var.provisioned_concurrency == null ? true : var.provisioned_concurrency.executions >= 1 && floor(var.provisioned_concurrency.executions) == var.provisioned_concurrency.executions
    error_message = "provisioned_concurrency.executions is ${try(var.provisioned_concurrency.executions, 0)}: write a whole number from 1, or provisioned_concurrency = null for none."
  }

  validation {
    condition     = try(var.provisioned_concurrency.utilization, null) == null ? true : var.provisioned_concurrency.utilization >= 0.1 && var.provisioned_concurrency.utilization <= 0.9
    error_message = "provisioned_concurrency.utilization is ${jsonencode(try(var.provisioned_concurrency.utilization, null))}: write the share to keep busy, from 0.1 to 0.9, such as 0.7."
  }

  validation {
    condition     = try(var.provisioned_concurrency.utilization, null) == null ? true : try(var.provisioned_concurrency.maximum > var.provisioned_concurrency.executions, false)
    error_message = "provisioned_concurrency.maximum is ${jsonencode(try(var.provisioned_concurrency.maximum, null))}: with utilization write up to how many it scales, more than executions."
  }

  validation {
    condition     = try(var.provisioned_concurrency.maximum, null) == null ? true : var.provisioned_concurrency.utilization != null
    error_message = "provisioned_concurrency.maximum has no meaning without utilization: write the share to keep busy, such as utilization = 0.7, or leave maximum out."
  }

  validation {
    condition = var.provisioned_concurrency == null ? true : alltrue([
      for action in values(var.provisioned_concurrency.schedule) : action.minimum >= 0 && action.maximum >= 1 && action.minimum <= action.maximum && can(regex("^(cron|rate|at)\\(.+\\)$", action.when))
    ])
    error_message = join("\n", [
      for name, action in try(var.provisioned_concurrency.schedule, {}) : "provisioned_concurrency.schedule.${name} is from ${action.minimum} to ${action.maximum} at ${jsonencode(action.when)}: write a minimum up to the maximum, and when as cron(...), rate(...) or at(...), such as cron(0 7 ? * MON-FRI *)."
      if !(action.minimum >= 0 && action.maximum >= 1 && action.minimum <= action.maximum && can(regex("^(cron|rate|at)\\(.+\\)$", action.when)))
    ])
  }

  # While a version is deployed, the one before keeps its copies.
  validation {
    condition = var.provisioned_concurrency == null || var.reserved_concurrency == null ? true : alltrue([
      for most in concat([var.provisioned_concurrency.executions, coalesce(var.provisioned_concurrency.maximum, 0)], values(var.provisioned_concurrency.schedule)[*].maximum) : most + var.provisioned_concurrency.executions <= var.reserved_concurrency
    ])
    error_message = "provisioned_concurrency goes beyond reserved_concurrency, ${jsonencode(var.reserved_concurrency)}, and it is taken from that for two versions while one is deployed: the most that the old one may have (executions, or the maximum) and the new one's executions. Reserve ${try(max(concat([var.provisioned_concurrency.executions, coalesce(var.provisioned_concurrency.maximum, 0)], values(var.provisioned_concurrency.schedule)[*].maximum)...) + var.provisioned_concurrency.executions, 0)} or more, or write smaller numbers."
  }
}

variable "reserved_concurrency" {
  description = "How many copies of the function may run at once, taken out of the account's quota; null shares the account's."
  type        = number
  default     = null

  validation {
    condition     = var.reserved_concurrency == null || try(var.reserved_concurrency >= 1 && floor(var.reserved_concurrency) == var.reserved_concurrency, false)
    error_message = "reserved_concurrency is ${jsonencode(var.reserved_concurrency)}: write a whole number from 1 (0 would refuse every call), or null for no reservation."
  }
}

variable "role_path" {
  description = "IAM path of the function's role, such as /platform/. Another path makes another role: the new one is used before the old one is deleted."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9._+=,@/-]+/)?$", var.role_path)) && length(var.role_path) <= 512
    error_message = "role_path is ${jsonencode(var.role_path)}: write / alone, or up to 512 letters, digits and . _ + = , @ - / that begin and end with a slash, such as /platform/."
  }
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

  validation {
    condition     = var.s3_packages == null ? true : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.s3_packages.bucket))
    error_message = "s3_packages.bucket is ${jsonencode(try(var.s3_packages.bucket, null))}: write the name of a bucket, without s3:// and without a path."
  }

  validation {
    condition     = var.s3_packages == null ? true : contains(keys(var.s3_packages.objects), var.package)
    error_message = "s3_packages.objects has no ${jsonencode(var.package)}: write the key of that package's zip, such as { ${var.package} = { key = \"release/${var.package}.zip\" } }."
  }

  validation {
    condition     = var.s3_packages == null ? true : alltrue([for object in values(var.s3_packages.objects) : object.key != "" && !startswith(object.key, "/")])
    error_message = "s3_packages.objects holds a key that is empty or begins with a slash, which no object has: write it as the bucket lists it."
  }
}

variable "snap_start" {
  description = "Whether new copies of a version start from a snapshot that Lambda takes when it is published, rather than from nothing. Publishing takes minutes longer then, and AWS charges for snapshots and restores."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !(var.snap_start && var.provisioned_concurrency != null)
    error_message = "snap_start and provisioned_concurrency are both set, which Lambda refuses: write snap_start = false to keep copies ready, or provisioned_concurrency = null to start them from a snapshot."
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
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds is ${var.timeout_seconds}: write a whole number from 1 to 900."
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

  validation {
    condition     = var.traffic_shift == null ? true : can(regex("^[1-9][0-9]*$", var.traffic_shift.from_version))
    error_message = "traffic_shift.from_version is ${jsonencode(try(var.traffic_shift.from_version, null))}: write the number of a published version, as the output `version` names it before the change."
  }

  validation {
    condition     = var.traffic_shift == null ? true : var.traffic_shift.new_share >= 0 && var.traffic_shift.new_share < 1
    error_message = "traffic_shift.new_share is ${try(var.traffic_shift.new_share, 0)}: write the newest version's part, from 0 to less than 1, or traffic_shift = null for all."
  }

  validation {
    condition     = var.traffic_shift == null || var.provisioned_concurrency == null
    error_message = "traffic_shift and provisioned_concurrency are both set: the copies kept ready are the newest version's, and the other one would serve its part by cold starts. Write one of them as null."
  }
}

variable "vpc" {
  description = "The subnets and security groups to attach the function to; null leaves it outside any VPC."
  type = object({
    security_group_ids = set(string)
    subnet_ids         = set(string)
  })
  default = null

  validation {
    condition     = var.vpc == null || try(length(var.vpc.subnet_ids) > 0 && length(var.vpc.security_group_ids) > 0, false)
    error_message = "vpc must name one subnet and one security group at least, or be null."
  }
}
