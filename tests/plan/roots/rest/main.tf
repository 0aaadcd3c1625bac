# A REST API with its authorizer, in front of two stand-in functions: what the tests of rest-api and rest-authorizer apply.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

variable "package" {
  description = "The zip with the stand-ins: standins.authorizer and standins.backend."
  type        = string
}

variable "runtime" {
  type = string
}

variable "routes" {
  type = any
}

variable "cors" {
  type    = any
  default = null
}

variable "cache_seconds" {
  type    = number
  default = 300
}

variable "throttling" {
  type    = any
  default = {}
}

variable "log_retention_days" {
  type    = number
  default = 30
}

variable "resource_policy" {
  type    = string
  default = null
}

locals {
  handlers = toset(["authorizer", "backend"])
}

resource "aws_iam_role" "standin" {
  name = "standin"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_lambda_function" "standin" {
  for_each = local.handlers

  function_name    = "standin-${each.key}"
  role             = aws_iam_role.standin.arn
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "standins.${each.key}"
  runtime          = var.runtime
  publish          = true
}

resource "aws_lambda_alias" "standin" {
  for_each = { authorizer = "signed-in", backend = "live" }

  name             = each.value
  function_name    = aws_lambda_function.standin[each.key].function_name
  function_version = aws_lambda_function.standin[each.key].version
}

module "authorizer" {
  source = "../../../../terraform/modules/rest-authorizer"

  name        = "orders"
  rest_api_id = module.api.rest_api_id
  rules = {
    signed-in = {
      arn           = aws_lambda_alias.standin["authorizer"].arn
      cache_seconds = var.cache_seconds
      invoke_arn    = aws_lambda_alias.standin["authorizer"].invoke_arn
    }
  }
}

module "api" {
  source = "../../../../terraform/modules/rest-api"

  name               = "orders"
  stage_name         = "v1"
  routes             = var.routes
  authorizers        = module.authorizer.authorizers
  cors               = var.cors
  log_retention_days = var.log_retention_days
  realm              = "orders"
  resource_policy    = var.resource_policy
  throttling         = var.throttling
  functions = {
    backend = {
      function_name = aws_lambda_function.standin["backend"].function_name
      qualifier     = aws_lambda_alias.standin["backend"].name
      invoke_arn    = aws_lambda_alias.standin["backend"].invoke_arn
    }
  }
}

output "rest_api_id" {
  value = module.api.rest_api_id
}

output "stage_name" {
  value = module.api.stage_name
}
