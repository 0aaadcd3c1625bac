"""Taking a token apart, without believing any of it."""

from __future__ import annotations

import base64
import json
import re
import warnings
from dataclasses import dataclass
from typing import Any, NoReturn

import jwt

from scripts.lib.program import UsageError
from scripts.token.minting import ALGORITHMS


@dataclass(frozen=True)
class Token:
    """A compact JWS: its text and its two JSON parts; ``repeated`` names the members written more than once."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]
    repeated: tuple[str, ...]

    @property
    def algorithm(self) -> str:
        """What the header says; an empty text when it says nothing of use."""
        algorithm = self.header.get("alg")
        return algorithm if isinstance(algorithm, str) else ""

    def verifies_with(self, secret: bytes) -> bool:
        """Whether the secret made the signature, by the header's algorithm, which must be one of ALGORITHMS."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of short secrets: this tool judges tokens, not secrets
            try:
                jwt.PyJWS().decode(self.text, secret, [self.algorithm] if self.algorithm in ALGORITHMS else [])
            except (jwt.InvalidTokenError, jwt.InvalidKeyError):
                return False
        return True


def read(text: str) -> Token:
    """Read a token, with or without ``Bearer`` before it; raises UsageError that says what is wrong with it."""
    compact = re.sub(r"^bearer +", "", text.strip(), flags=re.IGNORECASE)
    parts = compact.split(".")
    if len(parts) == 5:
        raise UsageError("this token is encrypted (JWE, RFC 7516): only its recipient can read it")
    if len(parts) != 3:
        raise UsageError(f"a token has three parts with a dot between them, and this has {len(parts)}")
    header, repeated_in_header = _object(parts[0], "header")
    claims, repeated_in_claims = _object(parts[1], "payload")
    _decode(parts[2], "signature")
    return Token(compact, header, claims, (*repeated_in_header, *repeated_in_claims))


def _object(part: str, name: str) -> tuple[dict[str, Any], list[str]]:
    repeated: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        repeated.extend(sorted({name for name in names if names.count(name) > 1}))
        return dict(pairs)

    try:
        value = json.loads(_decode(part, name).decode(), object_pairs_hook=members, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise UsageError(f"the token's {name} is not JSON") from None
    if not isinstance(value, dict):
        raise UsageError(f"the token's {name} is JSON, but not an object")
    return value, repeated


def _decode(part: str, name: str) -> bytes:
    """https://www.rfc-editor.org/rfc/rfc7515#appendix-C"""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", part) or len(part) % 4 == 1:
        raise UsageError(f"the token's {name} is not base64url: was part of it lost in copying?")
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
