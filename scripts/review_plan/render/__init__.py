"""A review as text: Markdown, terminal, JSON, SARIF, Mermaid."""
