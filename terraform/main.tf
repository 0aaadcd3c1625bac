data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  name = "${var.name}-${var.environment}"
}

module "authorizer" {
  source = "./modules/jwt-authorizer"

  name     = "${local.name}-authorizer"
  manifest = var.manifest

  issuers                  = var.issuers
  rules                    = var.rules
  bind_policy_to_expiry    = var.bind_policy_to_expiry
  context_claims           = var.context_claims
  on_invalid_token         = var.on_invalid_token
  environment              = var.authorizer_environment
  generated_secret_version = var.generated_secret_version
  recovery_window_days     = var.recovery_window_days
  revocation               = var.revocation == null ? null : try(merge(var.revocation, { deletion_protection = var.deletion_protection }), var.revocation)
  secret_rotation_days     = var.secret_rotation_days
  secrets_kms_key_arns     = var.secrets_kms_key_arns
  telemetry                = var.telemetry

  memory_mb               = var.authorizer_scale.memory_mb
  provisioned_concurrency = var.authorizer_scale.provisioned_concurrency
  reserved_concurrency    = var.authorizer_scale.reserved_concurrency
  snap_start              = var.authorizer_scale.snap_start
  timeout_seconds         = var.authorizer_scale.timeout_seconds
  traffic_shift           = var.authorizer_traffic_shift
  vpc                     = var.authorizer_scale.vpc

  kms_key_arn              = var.kms_key_arn
  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  role_path                = var.role_path
  s3_packages              = var.s3_packages
  tracing                  = var.tracing
}

module "rest_authorizer" {
  source = "./modules/rest-authorizer"

  name                     = local.name
  rest_api_id              = module.api.rest_api_id
  rules                    = module.authorizer.rules
  authorizer_quota         = var.authorizer_quota
  permissions_boundary_arn = var.permissions_boundary_arn
  role_path                = var.role_path
}

module "api" {
  source = "./modules/rest-api"

  name        = local.name
  description = "An API that accepts the JWTs its authorizer trusts."
  stage_name  = var.environment

  routes      = var.routes
  authorizers = module.rest_authorizer.authorizers
  functions = {
    backend = {
      function_name = module.backend.function_name
      qualifier     = "live"
      invoke_arn    = module.backend.aliases["live"].invoke_arn
    }
  }

  # It asks for no certificate.
  disable_execute_api_endpoint = local.asks_for_certificates

  # Denies of invalid tokens would tell their reason too, and that helps nobody but a forger.
  explain_denials = var.on_invalid_token == "unauthorized"

  access_logs        = var.access_logs
  cors               = var.cors
  kms_key_arn        = var.kms_key_arn
  log_retention_days = var.log_retention_days
  protected_resource = var.protected_resource == null ? null : try(merge(local.base_path, var.protected_resource, { configuration = module.authorizer.configuration }), var.protected_resource)
  throttling         = var.throttling
  tracing            = var.tracing
  usage_keys         = var.usage_keys
  usage_plans        = var.usage_plans
}

module "observability" {
  source = "./modules/observability"
  count  = var.observability == null ? 0 : 1

  name                   = local.name
  alarm_topic_arns       = var.observability.alarm_topic_arns
  api                    = { name = local.name, stage = var.environment }
  denylist               = var.revocation != null
  function_name          = module.authorizer.function_name
  log_group_name         = module.authorizer.log_group_name
  namespace              = var.telemetry.namespace
  rotation_function_name = module.authorizer.rotation_function_name
  runbook_url            = var.observability.runbook_url
  thresholds             = var.observability.thresholds
}
