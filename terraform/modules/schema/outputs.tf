output "mistakes" {
  description = "One sentence for each mistake that the schema finds: which key, what it is, and what to write instead. Unknown until apply where the value is."
  value       = local.mistakes
}

output "value" {
  description = "The value as it was given, once the schema and `misfits` find no mistake. What depends on it is planned, or applied, after the check."
  value       = var.value

  precondition {
    condition     = length(concat(local.mistakes, var.misfits)) == 0
    error_message = join("\n", concat(local.mistakes, var.misfits))
  }
}
