"""Where keys come from, and how long they live."""

from jwt_authorizer.keys.jwks import parse_jwks

__all__ = ["parse_jwks"]
