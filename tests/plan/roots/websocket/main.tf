# A WebSocket API whose backend's role names the API, which in turn calls the backend: what must not be a cycle.

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
  description = "A zip with any function in it."
  type        = string
}

module "api" {
  source = "../../../../terraform/modules/websocket-api"

  name       = "orders"
  stage_name = "v1"
  routes     = { "$connect" = { function = "backend", rule = "signed-in" } }

  functions = {
    backend = {
      function_name = aws_lambda_function.backend.function_name
      invoke_arn    = aws_lambda_function.backend.invoke_arn
    }
  }
  rules = {
    signed-in = {
      arn        = aws_lambda_function.backend.arn
      invoke_arn = aws_lambda_function.backend.invoke_arn
    }
  }
}

resource "aws_lambda_function" "backend" {
  function_name = "websocket-backend"
  role          = aws_iam_role.backend.arn
  filename      = var.package
  handler       = "index.handler"
  runtime       = "python3.13"

  depends_on = [aws_iam_role_policy.backend]
}

resource "aws_iam_role" "backend" {
  name = "websocket-backend"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "backend" {
  name   = "backend"
  role   = aws_iam_role.backend.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [module.api.manage_connections_statement] })
}

output "api_id" {
  value = module.api.api_id
}

output "invoke_url" {
  value = module.api.invoke_url
}

output "manage_connections_statement" {
  value = module.api.manage_connections_statement
}

output "management_endpoint" {
  value = module.api.management_endpoint
}
