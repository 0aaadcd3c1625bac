"""A token in words, for people: what it says, when it is good, and what looks wrong with it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

from scripts.lib import durations
from scripts.token.minting import ALGORITHMS
from scripts.token.reading import Token

LONG_LIFE = 86_400
"""Seconds from which on a lifetime is worth a warning: see RFC 6819 section 5.1.5.3."""

_MILLISECONDS = 100_000_000_000
"""No time in seconds gets there before the year 5138; those in milliseconds have been there since 1973."""

_HEADERS_LIMIT = 10_240
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"""

_MEANINGS: Mapping[str, str] = {
    "alg": "the algorithm of the signature",
    "typ": "what kind of token it is",
    "kid": "which key signed it",
    "iss": "who made it",
    "sub": "whom it is about",
    "aud": "which API it is for",
    "jti": "its own id, by which it can be revoked",
    "scope": "what it may be used for",
    "scp": "what it may be used for",
    "client_id": "the client that it was issued to",
    "azp": "the client that it was issued to",
    "cnf": "the key or certificate that its holder must prove",
}
"""What header parameters and claims mean: RFC 7515 section 4.1, RFC 7519 section 4.1, RFC 7800, RFC 8693, RFC 9068."""

_TIMES = ("exp", "nbf", "iat", "auth_time")

_SENDERS_KEYS = ("jku", "jwk", "x5u", "x5c")


def explain(token: Token, signature: str, now: float) -> str:
    """Describe a token at the time ``now``, in lines; ``signature`` is what is known of its signature.

    The text holds neither the signature nor any character that a terminal would obey.
    """
    lines = ["header", *_members(token.header, now, times=False), "claims", *_members(token.claims, now, times=True)]
    lines += ["signature", f"  {signature}"]
    if found := list(warnings(token, now)):
        lines += ["warnings", *(f"  - {warning}" for warning in found)]
    return "\n".join(lines)


def signature_with(token: Token, secret: bytes, whose: str) -> str:
    """What can be said of a token's signature with a secret, in a sentence; ``whose`` names the secret."""
    if token.algorithm not in ALGORITHMS:
        return f"not checked: only {', '.join(ALGORITHMS)} can be checked with a secret"
    return f"verifies with {whose}" if token.verifies_with(secret) else f"does NOT verify with {whose}"


def document(token: Token, signature: str, now: float) -> dict[str, Any]:
    """The same as JSON: each member of header and claims with its value as JSON text, and in words.

    ``time`` is the seconds since 1970 of a claim that is a time.
    """
    return {
        "header": [_described(name, value, now, times=False) for name, value in token.header.items()],
        "claims": [_described(name, value, now, times=True) for name, value in token.claims.items()],
        "signature": signature,
        "warnings": list(warnings(token, now)),
    }


def _described(name: str, value: Any, now: float, *, times: bool) -> dict[str, Any]:
    when = _from_now(name, value, now) if times else ""
    return {
        "name": _json(name)[1:-1],
        "value": _json(value),
        "words": when or _MEANINGS.get(name, ""),
        "time": value if when else None,
    }


def warnings(token: Token, now: float) -> Iterator[str]:
    """What a token should not have, or should have; a sentence each."""
    yield from _header_warnings(token)
    yield from _time_warnings(token.claims, now)
    for claim in ("iss", "aud", "sub"):
        if claim not in token.claims:
            yield f"no {claim}: nothing says {_MEANINGS[claim]}"
    for name in token.repeated:
        yield f"{_json(name)} is written twice: strict readers refuse the token, others disagree on which one counts"
    if len(token.text) > _HEADERS_LIMIT * 0.8:
        yield f"{len(token.text)} characters: API Gateway takes {_HEADERS_LIMIT} bytes of headers in all"


def _header_warnings(token: Token) -> Iterator[str]:
    if not token.algorithm:
        yield "no alg: nothing can verify this token"
    elif token.algorithm.lower() == "none":
        yield "alg is none: anyone can write such a token, and no API may accept it"
    elif token.algorithm not in ALGORITHMS and "kid" not in token.header:
        yield "no kid: where there are several public keys, nothing says which one to use"
    for name in _SENDERS_KEYS:
        if name in token.header:
            yield f"{name}: the token brings its own key along, which no API may use"
    if "crit" in token.header:
        yield "crit: a reader that does not understand the extensions it names must refuse the token"


def _time_warnings(claims: Mapping[str, Any], now: float) -> Iterator[str]:
    if "exp" not in claims:
        yield "no exp: this token never expires"
    for claim in ("exp", "nbf", "iat"):
        value = claims.get(claim)
        if claim not in claims:
            continue
        if not _is_number(value):
            yield f"{claim} is not a number: it counts the seconds since 1970 (RFC 7519 section 2)"
        elif value >= _MILLISECONDS:
            yield f"{claim} is too large: it counts seconds since 1970, and this looks like milliseconds"
        elif claim == "exp" and value - _start(claims, now) > LONG_LIFE:
            yield f"good for {durations.words(value - _start(claims, now))}: a thief could use it that long"
        elif claim == "nbf" and value > now:
            yield "nbf is in the future: this token is not good yet"
        elif claim == "iat" and value > now:
            yield "iat is in the future: the issuer's clock, or the one here, is wrong"


def _start(claims: Mapping[str, Any], now: float) -> float:
    issued = claims.get("iat")
    return issued if _is_number(issued) and issued < now else now


def _members(members: Mapping[str, Any], now: float, *, times: bool) -> Iterator[str]:
    if not members:
        yield "  (none)"
    names = [name if name.isidentifier() else _json(name) for name in members]
    width = max(map(len, names), default=0)
    for shown, (name, value) in zip(names, members.items(), strict=True):
        when = moment(name, value, now) if times else ""
        yield f"  {shown.ljust(width)}  {_json(value)}{when and '   ' + when}"


def moment(claim: str, value: Any, now: float) -> str:
    """A time claim in words; an empty text for other claims, and for values that are no time."""
    words = _from_now(claim, value, now)
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC, {words}" if words else ""


def _from_now(claim: str, value: Any, now: float) -> str:
    """A time claim by what lies between it and now; an empty text as of ``moment``."""
    if claim not in _TIMES or not _is_number(value) or not 0 <= value < _MILLISECONDS:
        return ""
    past, apart = value <= now, durations.words(value - now)
    return {
        "exp": f"expired {apart} ago" if past else f"expires in {apart}",
        "nbf": f"good since {apart} ago" if past else f"not good before {apart} from now",
        "iat": f"issued {apart} ago" if past else f"issued {apart} from now",
        "auth_time": f"signed in {apart} ago" if past else f"signed in {apart} from now",
    }[claim]


def _is_number(value: Any) -> TypeGuard[int | float]:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _json(value: Any) -> str:
    """JSON in which every character can be seen, and none has power over a terminal."""
    written = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in written)
