variable "rest_api_id" {
  type = string
}

variable "parent_id" {
  type = string
}

variable "path" {
  type = string
}

variable "methods" {
  type = map(string)
}

resource "aws_api_gateway_resource" "this" {
  rest_api_id = var.rest_api_id
  parent_id   = var.parent_id
  path_part   = var.path
}

module "method" {
  source   = "./method"
  for_each = var.methods

  rest_api_id   = var.rest_api_id
  resource_id   = aws_api_gateway_resource.this.id
  http_method   = each.key
  authorization = each.value
}

output "content" {
  value = [var.path, var.methods]
}
