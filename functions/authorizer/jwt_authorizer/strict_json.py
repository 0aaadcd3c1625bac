"""JSON as RFC 7515 and RFC 8725 want it read from strangers: UTF-8, no doubles, no surprises."""

import json
from typing import Any, NoReturn

# Bounds the nesting, and so the stack and the time, by a count that costs next to nothing.
_MAXIMUM_CONTAINERS = 1000


def parse_object(data: bytes) -> dict[str, Any]:
    """Read one JSON object from UTF-8 bytes.

    Takes the bytes of a JOSE header, a JWT payload or a key set; returns the object.
    Raises ValueError, without any of the data in its message, for bytes that are not strict UTF-8 or begin with a
    byte order mark, for anything but an object, for repeated member names (RFC 7515, section 4; RFC 7519, section 4),
    for NaN and Infinity, for lone surrogates, and for what nests or counts beyond reason.
    """
    if data.count(b"{") + data.count(b"[") > _MAXIMUM_CONTAINERS:
        raise ValueError("too many nested values")
    try:
        text = data.decode("utf-8")
        value = _DECODER.decode(text)
        if "\\u" in text:
            # An escape may spell half a surrogate pair, which no later UTF-8 output could carry.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise ValueError("not strict JSON") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated member name")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_members, parse_constant=_refuse_constant)
