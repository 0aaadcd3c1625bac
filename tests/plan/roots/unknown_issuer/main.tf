# An issuer that this same apply creates, as a user pool is: its URL is not known in the first plan.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

variable "manifest" {
  type = string
}

resource "terraform_data" "pool" {
  input = "https://login.example.com/"
}

module "authorizer" {
  source = "../../../../terraform/modules/jwt-authorizer"

  name     = "orders"
  manifest = var.manifest
  rules    = { signed-in = {} }

  issuers = [
    {
      issuer     = terraform_data.pool.output
      audiences  = ["api"]
      algorithms = ["RS256"]
      keys       = { jwks_url = "${terraform_data.pool.output}jwks.json" }
    },
    {
      issuer     = "batch-jobs"
      audiences  = ["api"]
      algorithms = ["HS256"]
      keys       = { secret = { generate = "hmac" } }
    },
  ]
}
