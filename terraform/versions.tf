terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }

  # Completed by environments/<environment>.s3.tfbackend.
  backend "s3" {}
}

# Account, region and endpoint come from the environment alone, so that the same code goes anywhere.
provider "aws" {
  default_tags {
    tags = merge(
      {
        Application = var.name
        Environment = var.environment
        ManagedBy   = "terraform"
      },
      var.tags,
    )
  }
}
