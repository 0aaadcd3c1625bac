moved {
  from = aws_iam_role.invoke
  to   = module.invoke_role.aws_iam_role.this
}

moved {
  from = aws_iam_role_policy.invoke
  to   = module.invoke_role.aws_iam_role_policy.this
}
