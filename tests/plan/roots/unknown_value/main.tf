# A value that this same apply creates: the schema cannot judge it before.

terraform {
  required_version = ">= 1.11"
}

variable "age" {
  type = number
}

resource "terraform_data" "age" {
  input = var.age
}

module "pet" {
  source = "../../../../terraform/modules/schema"

  definitions = { pet = { description = "an object", type = "object", properties = { age = { description = "a whole number up to 30", type = "integer", maximum = 30 } } } }
  path        = "pet"
  row         = { "$ref" = "#/$defs/pet" }
  value       = { age = terraform_data.age.output }
}

resource "terraform_data" "dependent" {
  input = module.pet.value
}
