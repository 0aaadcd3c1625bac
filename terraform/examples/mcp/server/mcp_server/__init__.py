"""A small MCP server behind the authorizer: an example of tools that are for every caller, and of tools for a few."""
