# A caller that has the authorizer wait for something of its own, which then changes.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}

variable "manifest" {
  type = string
}

variable "dependency" {
  type = string
}

resource "terraform_data" "dependency" {
  input = var.dependency
}

module "authorizer" {
  source = "../../../../terraform/modules/jwt-authorizer"

  name                 = "waits"
  manifest             = var.manifest
  recovery_window_days = 0
  revocation           = { deletion_protection = false }
  rules                = { signed-in = {} }

  issuers = [{
    issuer     = "https://login.example.com/"
    audiences  = ["api"]
    algorithms = ["HS256"]
    keys       = { secret = { generate = "hmac" } }
  }]

  depends_on = [terraform_data.dependency]
}
