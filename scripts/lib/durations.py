"""Lengths of time, as people write and read them."""

from __future__ import annotations

import re

from scripts.lib.program import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_WORDS = (("year", 31_557_600), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
_LONGEST = 100 * 31_557_600


def parse(text: str) -> int:
    """The seconds that ``30s``, ``15m``, ``1h`` or ``2d`` stands for; negative when it begins with a minus.

    Raises UsageError for anything else, and beyond a hundred years.
    """
    match = re.fullmatch(r"(-?[0-9]{1,10})([smhd])", text)
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if not match or abs(seconds) > _LONGEST:
        raise UsageError(f"{text!r} is not a length of time: write for example 30s, 15m, 1h or 2d, or -1h for the past")
    return seconds


def words(seconds: float) -> str:
    """A length of time in its largest unit, rounded down: ``59 minutes``; with the next one, where that says much."""
    rest = int(abs(seconds))
    for index, (unit, size) in enumerate(_WORDS):
        count, rest_of_unit = divmod(rest, size)
        if count == 1 and index + 1 < len(_WORDS):
            next_unit, next_size = _WORDS[index + 1]
            if rest_of_unit >= next_size:
                return f"{_plural(count, unit)} {_plural(rest_of_unit // next_size, next_unit)}"
        if count:
            return _plural(count, unit)
    return _plural(0, "second")


def _plural(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
