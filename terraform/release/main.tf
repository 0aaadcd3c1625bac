# The root module of a release: the authorizer before a REST API that is there already.

module "jwt_authorizer" {
  source = "../modules/jwt-authorizer"

  name         = "${var.name}-authorizer"
  architecture = var.architecture
  manifest     = var.manifest
  s3_packages  = var.s3_packages

  bind_policy_to_expiry    = var.bind_policy_to_expiry
  context_claims           = var.context_claims
  environment              = var.environment
  generated_secret_version = var.generated_secret_version
  issuers                  = var.issuers
  on_invalid_token         = var.on_invalid_token
  recovery_window_days     = var.recovery_window_days
  revocation               = var.revocation
  rules                    = var.rules
  secret_rotation_days     = var.secret_rotation_days
  secrets_kms_key_arns     = var.secrets_kms_key_arns
  telemetry                = var.telemetry

  memory_mb               = var.memory_mb
  provisioned_concurrency = var.provisioned_concurrency
  reserved_concurrency    = var.reserved_concurrency
  snap_start              = var.snap_start
  timeout_seconds         = var.timeout_seconds
  traffic_shift           = var.traffic_shift
  vpc                     = var.vpc

  invoker_role_arns        = var.invoker_role_arns
  kms_key_arn              = var.kms_key_arn
  log_retention_days       = var.log_retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
  role_path                = var.role_path
  tags                     = var.tags
  tracing                  = var.tracing
}

module "rest_authorizer" {
  source = "../modules/rest-authorizer"

  name                     = var.name
  authorizer_quota         = var.authorizer_quota
  permissions_boundary_arn = var.permissions_boundary_arn
  rest_api_id              = var.rest_api_id
  role_path                = var.role_path
  rules                    = module.jwt_authorizer.rules
  tags                     = var.tags
}
