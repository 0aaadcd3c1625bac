module "invoke_role" {
  source = "../invoke-role"

  name       = var.name
  alias_arns = [for alias in values(local.rules) : alias.arn]
  tags       = var.tags
}
