"""Compares what is live in AWS with Terraform's state, and says who may call what."""
