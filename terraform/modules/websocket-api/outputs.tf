output "access_log_group_name" {
  description = "The log group of the access logs; null without them."
  value       = one(aws_cloudwatch_log_group.access[*].name)
}

output "api_id" {
  description = "The API's id."
  value       = aws_apigatewayv2_api.this.id
}

output "deployment_id" {
  description = "The deployment the stage serves."
  value       = aws_apigatewayv2_deployment.this.id
}

output "execution_arn" {
  description = "The API's ARN in IAM policies; routes are `<execution_arn>/<stage>/<route key>`."
  value       = aws_apigatewayv2_api.this.execution_arn
}

output "invoke_url" {
  description = "The URL to connect to: wss://…"
  value       = aws_apigatewayv2_stage.this.invoke_url

  depends_on = [aws_lambda_permission.api]
}

output "manage_connections_statement" {
  description = "What a backend's role must be allowed to send to this stage's connections and to close them: an IAM policy statement."
  value = {
    Sid    = "ManageConnections"
    Effect = "Allow"
    Action = ["execute-api:ManageConnections"]
    Resource = [
      for verb in ["DELETE", "POST"] : "${aws_apigatewayv2_api.this.execution_arn}/${var.stage_name}/${verb}/@connections/*"
    ]
  }
}

output "management_endpoint" {
  description = "The URL of the stage's connections for apigatewaymanagementapi, whatever domain name clients connect to."
  value       = "https://${trimprefix(aws_apigatewayv2_stage.this.invoke_url, "wss://")}"
}

output "role_arn" {
  description = "The role API Gateway assumes to call the authorizer Lambda."
  value       = module.invoke_role.arn
}

output "routes" {
  description = "Who may do what: each route's function, and the rule, which $connect asks for all of them."
  value       = { for key, route in local.routes : key => { function = route.function, rule = local.rule } }
}

output "stage_arn" {
  description = "The stage's ARN. AWS WAF protects REST APIs' stages and not those of WebSocket APIs; put CloudFront with a web ACL before one."
  value       = aws_apigatewayv2_stage.this.arn
}

output "stage_name" {
  description = "The stage's name."
  value       = aws_apigatewayv2_stage.this.name
}
