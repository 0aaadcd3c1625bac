"""A Lambda authorizer for API Gateway that trusts exactly the JWTs its configuration names."""
