output "checked" {
  description = "The issuers as they were given, once all of them are well-formed."
  value       = var.issuers

  precondition {
    condition     = length(local.mistakes) == 0
    error_message = join("\n", local.mistakes)
  }
}
