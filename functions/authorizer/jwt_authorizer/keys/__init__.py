"""Where keys come from, and how long they live."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jwt_authorizer.keys.keyset import KeySet


def parse_jwks(jwks: dict[str, Any]) -> "KeySet":
    """Read a JWK Set, as `jwks.parse_jwks` does; a function whose keys are all secrets does not import that."""
    from jwt_authorizer.keys import jwks as reader

    return reader.parse_jwks(jwks)
