terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }

  # The state of this repository: its bucket is another than the one of the modules' authors.
  backend "s3" {
    bucket       = "CHANGE-ME-terraform-state"
    key          = "orders/dev.tfstate"
    region       = "eu-west-1"
    use_lockfile = true
  }
}

provider "aws" {}
