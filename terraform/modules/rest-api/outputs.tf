output "access_log_group_name" {
  description = "The log group of the access logs; null without them."
  value       = one(aws_cloudwatch_log_group.access[*].name)
}

output "deployment_id" {
  description = "The deployment the stage serves."
  value       = aws_api_gateway_deployment.this.id
}

output "execution_arn" {
  description = "The API's ARN in IAM policies; methods are `<execution_arn>/<stage>/<verb>/<path>`."
  value       = aws_api_gateway_rest_api.this.execution_arn
}

output "invoke_url" {
  description = "The URL of the stage."
  value       = aws_api_gateway_stage.this.invoke_url

  depends_on = [aws_lambda_permission.api]
}

output "protected_resource_metadata" {
  description = "The URL of the protected resource's document, which the 401 names; null without one."
  value       = one(local.metadata_urls)
}

output "rest_api_id" {
  description = "The API's id."
  value       = aws_api_gateway_rest_api.this.id
}

output "routes" {
  description = "Who may call what: each route's function, its rule, or the reason why it is public."
  value = merge(
    {
      for key, route in local.routes : key => {
        function = route.function
        public   = route.public
        reason   = route.reason
        rule     = route.rule
      }
    },
    { for key in keys(local.document_paths) : key => { function = null, public = true, reason = local.document_reason, rule = null } },
  )
}

output "stage_arn" {
  description = "The stage's ARN: what aws_wafv2_web_acl_association takes as resource_arn."
  value       = aws_api_gateway_stage.this.arn
}

output "stage_name" {
  description = "The stage's name."
  value       = aws_api_gateway_stage.this.stage_name
}
