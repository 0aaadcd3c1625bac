# Terraform drops silently what an object type does not name, and a condition dropped from a statement would let the function
# do more. So the statements are `any`, and every key is checked here.
module "policy_statements" {
  source = "../schema"

  definitions = jsondecode(file("${path.module}/../schema/inputs.schema.json"))["$defs"]
  path        = "policy_statements"
  row         = { "$ref" = "#/$defs/policy_statements" }
  value       = var.policy_statements
}
