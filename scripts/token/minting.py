"""Making a token."""

from __future__ import annotations

import json
import uuid
import warnings
from collections.abc import Mapping
from typing import Any, NoReturn

import jwt

from scripts.lib.program import UsageError

ALGORITHMS = {"HS256": 32, "HS384": 48, "HS512": 64}
"""The algorithms, with the bytes that RFC 7518 section 3.2 wants of a secret at least."""


def parse_claims(text: str) -> dict[str, Any]:
    """Read claims written as a JSON object; raises UsageError for anything else."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UsageError(f'the claims are not JSON ({error}): write for example \'{{"foo": "bar"}}\'') from None
    if not isinstance(value, dict):
        raise UsageError('the claims are JSON, but not an object: write for example \'{"foo": "bar"}\'')
    return value


def identified(now: int, lifetime: int | None) -> dict[str, Any]:
    """``iat`` and ``exp`` for a lifetime in seconds, and a ``jti`` to revoke the token by; nothing for None.

    A negative lifetime makes a token that expired that long ago, issued as long before.
    """
    if lifetime is None:
        return {}
    return {"iat": now + min(0, 2 * lifetime), "exp": now + lifetime, "jti": str(uuid.uuid4())}


def mint(claims: Mapping[str, Any], secret: bytes, algorithm: str, key_id: str | None = None) -> str:
    """Sign claims, whatever they say, as a compact JWS; ``algorithm`` is one of ALGORITHMS.

    Raises UsageError for what cannot be a secret. https://www.rfc-editor.org/rfc/rfc7515#section-7.1
    """
    if not secret:
        raise UsageError("the secret is empty")
    payload = json.dumps(claims, separators=(",", ":")).encode()
    headers = {"kid": key_id} if key_id else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of short secrets, which the caller gets in plainer words
        try:
            return jwt.PyJWS().encode(payload, secret, algorithm, headers)
        except jwt.InvalidKeyError as error:
            raise UsageError(f"this is no secret for {algorithm}: {error}") from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number in JSON")
