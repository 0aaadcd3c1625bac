"""Who may call what: routes, authorizers, and what changes for their callers."""
