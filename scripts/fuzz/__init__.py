"""Looks for tokens and events that break the authorizer."""
