"""The system on this machine: a local AWS, Terraform applied to it, and its record for other programs."""
