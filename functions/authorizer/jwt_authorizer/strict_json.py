"""JSON as RFC 7515 and RFC 8725 want it read from strangers: UTF-8, no doubles, no surprises."""

import json
import math
from typing import Any, NoReturn

# Bounds the nesting, and so the stack and the time, by a count that costs next to nothing. Python writes what nests so
# deep as readily as it reads it.
_MAXIMUM_CONTAINERS = 500


def parse_object(data: bytes, *, maximum_containers: int = _MAXIMUM_CONTAINERS) -> dict[str, Any]:
    """Read one JSON object from UTF-8 bytes.

    Takes the bytes of a JOSE header, a JWT payload or a key set, and how many objects and lists it may hold; returns
    the object.
    Raises ValueError, without any of the data in its message, for bytes that are not strict UTF-8 or begin with a
    byte order mark, for anything but an object, for repeated member names (RFC 7515, section 4; RFC 7519, section 4),
    for NaN, Infinity and numbers too large for a float, for lone surrogates, and for what nests beyond reason.
    """
    if data.count(b"{") + data.count(b"[") > maximum_containers:
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


def unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object with these members. Raises ValueError for repeated names."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated member name")
    return members


def finite(text: str) -> float:
    """The number that a text with a fraction or an exponent spells. Raises ValueError for one too large for a float."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def refuse_constant(name: str) -> NoReturn:
    """Raise ValueError: Python reads NaN and Infinity, which are not JSON."""
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=unique_members, parse_float=finite, parse_constant=refuse_constant)
