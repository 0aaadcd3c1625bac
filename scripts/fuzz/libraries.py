"""What two JWT libraries say of a token, by themselves: whatever the authorizer accepts, both accept.

Where joserfc refuses more than a specification asks for, the difference has a name here and a reason.
"""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import joserfc.jwk
import joserfc.jwt
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from joserfc.jwt import ClaimsOption
from joserfc.registry import HeaderParameter
from jwt.algorithms import OKPAlgorithm

# PyJWT knows EdDSA under its older name alone.
for _name in ("Ed25519", "Ed448"):
    with contextlib.suppress(ValueError):
        jwt.register_algorithm(_name, OKPAlgorithm())

# joserfc's own bounds are 512 bytes for a header and 128 KB for a payload. The authorizer bounds the whole token.
_MAXIMUM_BYTES = 8192
# The authorizer never reads these (RFC 8725, section 3.10), so what they hold is the signer's affair.
_NEVER_READ = ("jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256")


class Expected(NamedTuple):
    """What a token must fit: the key, its algorithms' names, the issuer, the audience, and the leeway in seconds."""

    key: Any
    algorithms: Sequence[str]
    issuer: str
    audience: str
    leeway: int = 0
    required: Sequence[str] = ("exp", "sub")


def claims_of(token: str, expected: Expected) -> dict[str, Any] | None:
    """The claims of a token that both libraries accept, and in which both read the same; else None."""
    claims = by_pyjwt(token, expected)
    return claims if claims is not None and claims == by_joserfc(token, expected) else None


def by_pyjwt(token: str, expected: Expected) -> dict[str, Any] | None:
    """The claims of a token that PyJWT accepts, else None."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            expected.key,
            algorithms=list(expected.algorithms),
            audience=expected.audience,
            issuer=expected.issuer,
            leeway=expected.leeway,
            options={"require": list(expected.required)},
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return claims


def by_joserfc(token: str, expected: Expected) -> dict[str, Any] | None:
    """The claims of a token that joserfc accepts, else None."""
    # Unknown header members are to be ignored (RFC 7515, section 4).
    registry = JWSRegistry(
        {name: HeaderParameter("never read", lambda _: None) for name in _NEVER_READ},
        algorithms=expected.algorithms,
        strict_check_header=False,
    )
    registry.max_header_length = registry.max_payload_length = _MAXIMUM_BYTES
    required: dict[str, ClaimsOption] = {name: {"essential": True, "allow_blank": True} for name in expected.required}
    checks = joserfc.jwt.JWTClaimsRegistry(
        # joserfc would take the time in whole seconds, and find a token from this very second to be from the future.
        now=lambda: time.time(),  # type: ignore[arg-type, return-value]
        leeway=expected.leeway,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.audience},
        **required,
    )
    key = joserfc_key(expected.key)
    try:
        with warnings.catch_warnings():
            # It calls RS256 and EdDSA's older name insecure, and says so for each token.
            warnings.simplefilter("ignore")
            decoded = joserfc.jwt.decode(token, key, expected.algorithms, registry)
        checks.validate(decoded.claims)
    except (JoseError, ValueError, TypeError):
        return None
    return dict(decoded.claims)


def joserfc_key(key: Any) -> Any:
    """A key of PyJWT's, bytes or a public key of cryptography, as one of joserfc's."""
    if isinstance(key, bytes):
        return joserfc.jwk.import_key(key, "oct")
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if isinstance(key, rsa.RSAPublicKey):
        return joserfc.jwk.import_key(pem, "RSA")
    return joserfc.jwk.import_key(pem, "EC" if isinstance(key, ec.EllipticCurvePublicKey) else "OKP")
