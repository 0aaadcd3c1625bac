"""Reads a Terraform plan and says who may call what, before and after: ``python -m scripts.review_plan``."""
