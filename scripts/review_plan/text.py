"""What the review says: our own words, with values from the plan kept apart so that each output can escape them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Value:
    """Text from a stranger: an address, a name, a value. It is never printed as it is."""

    text: str


Text = tuple[str | Value, ...]
"""Our words and their values, in order."""


def say(template: str, *values: object) -> Text:
    """A sentence with a value, or a Text, in the place of each ``{}``."""
    pieces = template.split("{}")
    if len(pieces) != len(values) + 1:
        raise ValueError(f"{template!r} takes {len(pieces) - 1} values, not {len(values)}")
    said: list[str | Value] = [pieces[0]]
    for value, piece in zip(values, pieces[1:], strict=True):
        if isinstance(value, tuple):
            said.extend(value)
        else:
            said.append(Value(str(value)))
        said.append(piece)
    return tuple(piece for piece in said if piece != "")


def join(parts: Iterable[Text], separator: str = ", ") -> Text:
    """Several texts as one."""
    joined: list[str | Value] = []
    for part in parts:
        if joined:
            joined.append(separator)
        joined.extend(part)
    return tuple(joined)


def names(values: Iterable[object], separator: str = ", ") -> Text:
    """Several values as one text."""
    return join([(Value(str(value)),) for value in values], separator)


def typed(value: object) -> str:
    """A JSON value as text in which its type shows: ``"true"`` is not ``true``, and ``1`` is not ``1.0``."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: ``1 route``, ``2 routes``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def first(parts: Sequence[Text], most: int) -> Text:
    """The first few texts, and how many more there are."""
    if len(parts) <= most:
        return join(parts)
    return (*join(parts[:most]), f" and {len(parts) - most} more")


def visible(text: str) -> str:
    """A text on one line, with every character that cannot be seen, or that moves others, written out.

    Control and format characters (line breaks, ANSI escapes, bidirectional overrides, zero-width characters),
    surrogates, unassigned and private ones become ``\\n``, ``\\u202e`` and the like.
    https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _is_plain(char) else _written_out(char) for char in text)


def clip(text: str, most: int) -> str:
    """A text that is not too long; what is cut is said."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most} more)"


_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks of no width, or as wide as a space, that Unicode does not count as format characters.
_BLANK = frozenset("\u00a0\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(c) for c in range(0xFE00, 0xFE10)}


def _is_plain(char: str) -> bool:
    return char == " " or (unicodedata.category(char) not in _UNSEEN and char not in _BLANK and not char.isspace())


def _written_out(char: str) -> str:
    code = ord(char)
    return _NAMED.get(char) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")
