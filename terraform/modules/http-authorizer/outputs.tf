output "authorizers" {
  description = "The authorizers by rule: `id` to attach to a route (with authorization_type = \"CUSTOM\"), and `fingerprint`, which changes whenever the authorizer does, to redeploy a stage by that does not deploy by itself."
  value = {
    for rule, authorizer in local.authorizers : rule => {
      id = aws_apigatewayv2_authorizer.rule[rule].id
      # The role is replaced only when its name or path changes, and its ARN is not known in a first plan: these stand for it.
      fingerprint = sha256(jsonencode(merge(authorizer, { name = var.name }, var.role_path == "/" ? {} : { role_path = var.role_path })))
    }
  }
}

output "role_arn" {
  description = "The role API Gateway assumes to call the authorizer Lambda."
  value       = module.invoke_role.arn
}
