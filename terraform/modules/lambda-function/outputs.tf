output "aliases" {
  description = "Alias name => its ARN and the ARN by which API Gateway invokes it."
  value = {
    for name in var.aliases : name => {
      arn        = "${local.function_arn}:${name}"
      invoke_arn = "arn:${local.place.partition}:apigateway:${local.place.region}:lambda:path/2015-03-31/functions/${local.function_arn}:${name}/invocations"
    }
  }

  # The values are known before the aliases exist; what uses them still waits until they do.
  depends_on = [aws_lambda_alias.this]
}

output "arn" {
  description = "ARN of the function, without a version."
  value       = aws_lambda_function.this.arn
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "place" {
  description = "Where the function is: `account`, `partition`, its `dns_suffix`, and `region`. They stay known in a plan that defers the module's data sources."
  value       = local.place
}

output "role_arn" {
  description = "ARN of the role that the function runs with."
  value       = aws_iam_role.this.arn
}

output "role_name" {
  description = "Name of the role that the function runs with."
  value       = aws_iam_role.this.name
}

output "version" {
  description = "The published version that the aliases point at."
  value       = aws_lambda_function.this.version
}
