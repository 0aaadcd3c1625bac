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


def warnings(token: Token, now: float) -> Iterator[str]:
    """What a token should not have, or should have; a sentence each."""
    yield from _header_warnings(token)
    yield from _time_warnings(token.claims, now)
    for claim, meaning in {"iss": "who made it", "aud": "which API it is for", "sub": "whom it is about"}.items():
        if claim not in token.claims:
            yield f"no {claim}: nothing says {meaning}"
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
    if claim not in {"exp", "nbf", "iat", "auth_time"} or not _is_number(value) or not 0 <= value < _MILLISECONDS:
        return ""
    past, apart = value <= now, durations.words(value - now)
    words = {
        "exp": f"expired {apart} ago" if past else f"expires in {apart}",
        "nbf": f"good since {apart} ago" if past else f"not good before {apart} from now",
        "iat": f"issued {apart} ago" if past else f"issued {apart} from now",
        "auth_time": f"signed in {apart} ago" if past else f"signed in {apart} from now",
    }
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC, {words[claim]}"


def _is_number(value: Any) -> TypeGuard[int | float]:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _json(value: Any) -> str:
    """JSON in which every character can be seen, and none has power over a terminal."""
    written = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in written)
