output "arn" {
  description = "ARN of the role."
  value       = aws_iam_role.this.arn

  # An authorizer that has the role may call the aliases.
  depends_on = [aws_iam_role_policy.this]
}
