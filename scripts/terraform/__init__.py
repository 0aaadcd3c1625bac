"""Terraform as this repository runs it: which program, which providers, in which environment."""

from scripts.terraform.environment import inherited
from scripts.terraform.local import local_environment
from scripts.terraform.program import find
from scripts.terraform.providers import arguments_for
from scripts.terraform.run import Terraform

__all__ = ["Terraform", "arguments_for", "find", "inherited", "local_environment"]
