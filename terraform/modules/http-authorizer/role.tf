module "invoke_role" {
  source = "../invoke-role"

  name                     = var.name
  alias_arns               = [for alias in values(local.rules) : alias.arn]
  permissions_boundary_arn = var.permissions_boundary_arn
  role_path                = var.role_path
  tags                     = var.tags
}
