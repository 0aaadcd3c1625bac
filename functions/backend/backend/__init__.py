"""The API behind the authorizer: an example that serves its callers by what the authorizer says of them."""
