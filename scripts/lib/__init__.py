"""What several programs share: errors, output, processes, and lengths of time."""
