output "authorizers" {
  description = "The authorizers by rule: `id` to attach to a method, `fingerprint`, which changes whenever the authorizer does, to redeploy the API by, and `path_parameters` and `binding`, which say what the rule asks of a request."
  value = {
    for name, rule in local.rules : name => {
      id = aws_api_gateway_authorizer.rule[name].id
      # The role is replaced only when its name or path changes, and its ARN is not known in a first plan: these stand for it.
      fingerprint     = sha256(jsonencode(merge(local.authorizers[name], { name = var.name }, var.role_path == "/" ? {} : { role_path = var.role_path })))
      path_parameters = rule.path_parameters
      binding         = rule.binding
    }
  }
}

output "role_arn" {
  description = "The role API Gateway assumes to call the authorizer Lambda."
  value       = module.invoke_role.arn
}
