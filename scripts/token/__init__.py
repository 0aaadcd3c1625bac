"""Tokens for trying an API and for understanding one, run as ``python -m scripts.token``."""
