locals {
  architecture = var.architecture == null ? "arm64" : var.architecture
  manifest     = var.manifest == null ? "${path.module}/../packages/manifest-${local.architecture}.json" : var.manifest
}

locals {
  package = jsondecode(file(local.manifest)).functions[var.package]
  zip     = "${dirname(local.manifest)}/${local.package.file}"

  # At most one.
  s3_object = [for packages in [var.s3_packages] : merge(packages.objects[var.package], { bucket = packages.bucket }) if packages != null]

  # Lambda and IAM refuse names over 64 characters; a hash of the whole name keeps two long ones apart.
  # IAM has one name space for all regions, so the role's name also says which one it is for.
  function_name = length(var.name) <= 64 ? var.name : "${substr(var.name, 0, 55)}-${substr(sha256(var.name), 0, 8)}"
  role_name     = length(local.long_role_name) <= 64 ? local.long_role_name : "${substr(local.long_role_name, 0, 55)}-${substr(sha256(local.long_role_name), 0, 8)}"

  # A path is no part of a role's unique name: a role that moves to another path has another name, to be there before the
  # old one goes.
  long_role_name = join("-", concat([var.name, local.place.region], [for path in [var.role_path] : substr(sha256(path), 0, 8) if path != "/"]))

  # ARNs are written out rather than read from the resources, so that a plan shows every policy before
  # anything exists.
  function_arn  = "arn:${local.place.partition}:lambda:${local.place.region}:${local.place.account}:function:${local.function_name}"
  log_group     = "/aws/lambda/${local.function_name}"
  log_group_arn = "arn:${local.place.partition}:logs:${local.place.region}:${local.place.account}:log-group:${local.log_group}"

  environment_names = nonsensitive(keys(var.environment))

  # Lambda counts names and values in bytes; base64 without its padding is four characters for three of them.
  environment_bytes = {
    for name in local.environment_names :
    name => length(name) + floor(length(replace(base64encode(nonsensitive(var.environment[name])), "=", "")) * 3 / 4)
  }
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_116:A dead letter queue takes asynchronous events, and these functions are called and waited for.
  # checkov:skip=CKV_AWS_272:Packages are the same bytes for the same sources, and the manifest's hash is what is deployed; signing them needs a profile of the caller's account.
  function_name = local.function_name
  description   = join(" ", compact([var.description, local.scaling]))
  role          = aws_iam_role.this.arn

  filename          = var.s3_packages == null ? local.zip : null
  s3_bucket         = one(local.s3_object[*].bucket)
  s3_key            = one(local.s3_object[*].key)
  s3_object_version = one(local.s3_object[*].version)
  source_code_hash  = local.package.content_hash
  handler           = local.package.handler
  runtime           = local.package.runtime
  architectures     = [local.package.architecture]
  publish           = true

  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency == null ? -1 : var.reserved_concurrency
  kms_key_arn                    = var.kms_key_arn

  # The functions print their own JSON lines; Lambda's "JSON" format would wrap each in another object.
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  dynamic "environment" {
    for_each = length(local.environment_names) > 0 ? [var.environment] : []
    content {
      variables = environment.value
    }
  }

  dynamic "snap_start" {
    for_each = var.snap_start ? ["PublishedVersions"] : []
    content {
      apply_on = snap_start.value
    }
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]
    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  tags = var.tags

  # Without its log group the first invocation creates one that never expires and blocks the next apply;
  # without its policy it runs with no rights.
  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_iam_role_policy.this,
  ]

  lifecycle {
    precondition {
      condition     = var.s3_packages != null || fileexists(local.zip)
      error_message = "${local.zip} is missing, although ${local.manifest} lists it: run `make package`."
    }

    precondition {
      condition     = sum(concat([0], values(local.environment_bytes))) <= 4096
      error_message = "The environment of ${local.function_name} takes more than the 4096 bytes that Lambda allows in all: ${join(", ", [for name, bytes in local.environment_bytes : "${name} ${bytes} bytes"])}. Write less into the largest."
    }
  }
}

resource "aws_lambda_alias" "this" {
  for_each = var.aliases

  name             = each.key
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  # All aliases alike: the rule by which a call comes must not decide which code judges it.
  dynamic "routing_config" {
    for_each = var.traffic_shift == null ? [] : [var.traffic_shift]
    content {
      additional_version_weights = { (routing_config.value.from_version) = 1 - routing_config.value.new_share }
    }
  }

  lifecycle {
    # An API that moves to another alias has moved before the old one goes.
    create_before_destroy = true
  }

  # Calls move to a version only when the copies kept ready for it are.
  depends_on = [
    aws_lambda_provisioned_concurrency_config.fixed,
    aws_lambda_provisioned_concurrency_config.scaled,
  ]
}
