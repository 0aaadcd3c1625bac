"""Claims to the flat strings that API Gateway passes to the backend."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jwt_authorizer.claims import has_control_characters
from jwt_authorizer.errors import ClaimInvalid
from jwt_authorizer.schema import DEFINITIONS

# What API Gateway itself puts under requestContext.authorizer, and what the authorizer does on HTTP APIs.
_RESERVED = frozenset(DEFINITIONS["configuration"]["properties"]["context_claims"]["items"]["not"]["enum"])
# The whole answer may have 8 KB on WebSocket APIs; the rest of it needs far less than the difference.
MAXIMUM_CONTEXT_BYTES = 7168

# ensure_ascii, the default, keeps control characters and everything else that headers do not carry in escapes.
_to_json = json.JSONEncoder(separators=(",", ":")).encode


class ContextTooLarge(Exception):
    """The claims to be passed on do not fit into the answer; name fewer in `context_claims`."""


def build(
    claims: Mapping[str, Any],
    names: Sequence[str],
    principal: str,
    *,
    typed: bool = False,
    usage_key_claim: str | None = None,
) -> dict[str, Any]:
    """The context of an Allow: the named claims that the token carries, and always `exp`.

    Takes the claims, the allow-list, `("*",)` for all of them, and the principal, which shares the answer's room. The
    claim that holds an API key is passed on only where the list names it.
    Strings pass as they are; numbers, booleans, lists and objects as JSON text, for API Gateway answers 500 to anything
    nested and other languages read `true`, not `True`; null as absent. With `typed`, for HTTP APIs, which keep types,
    values other than strings pass as they are.
    Raises ClaimInvalid for names and strings with control characters, with `typed` at any depth, and ContextTooLarge.
    """
    passes_all = tuple(names) == ("*",)
    wanted = [name for name in claims if name != usage_key_claim] if passes_all else (*names, "exp")
    context = {
        name: _value(name, claims[name], typed)
        for name in wanted
        if name and claims.get(name) is not None and name not in _RESERVED
    }
    if len(json.dumps([principal, context])) > MAXIMUM_CONTEXT_BYTES:
        raise ContextTooLarge
    return context


def _value(name: str, value: Any, typed: bool) -> Any:
    if has_control_characters(name):
        raise ClaimInvalid("a claim's name holds control characters")
    if not isinstance(value, str):
        if typed and any(has_control_characters(text) for text in _texts(value)):
            raise ClaimInvalid(name)
        # Nearly all are times, and a whole number is spelt the same without an encoder.
        return value if typed else str(value) if type(value) is int else _to_json(value)
    if has_control_characters(value):
        raise ClaimInvalid(name)
    return value


def _texts(value: Any) -> Iterator[str]:
    """Every string inside a value, names of members included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item)
