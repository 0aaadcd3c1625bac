output "authorizers" {
  description = "The authorizers by rule: `id` to attach to a route (with authorization_type = \"CUSTOM\"), and `fingerprint`, which changes whenever the authorizer does, to redeploy a stage by that does not deploy by itself."
  value = {
    for rule, authorizer in local.authorizers : rule => {
      id = aws_apigatewayv2_authorizer.rule[rule].id
      # The role is replaced only when the name changes, and its ARN is not known in a first plan: the name stands for it.
      fingerprint = sha256(jsonencode(merge(authorizer, { name = var.name })))
    }
  }
}

output "role_arn" {
  description = "The role API Gateway assumes to call the authorizer Lambda."
  value       = module.invoke_role.arn
}
