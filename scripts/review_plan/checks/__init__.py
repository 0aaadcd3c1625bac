"""What else a reviewer should know; each check yields findings."""
