"""Requests to a deployed API, and whether their answers are right."""
