module "invoke_role" {
  source = "../invoke-role"

  name       = var.name
  alias_arns = [for alias in values(var.rules) : alias.arn]
  tags       = var.tags
}
