output "table" {
  description = "`routes`, each with its `method`, `path`, `place` and `segments`; `tree`: depth => place => its `parent` place and `part`; `verbs_at`: place => the verbs answered there."
  value = {
    routes   = local.routes
    tree     = local.tree
    verbs_at = local.verbs_at
  }

  precondition {
    condition     = length(local.mistakes) == 0
    error_message = join("\n", local.mistakes)
  }
}
