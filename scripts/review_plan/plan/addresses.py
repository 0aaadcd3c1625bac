"""Taking resource addresses apart; keys of ``for_each`` may hold anything, brackets, quotes and dots included."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache


@cache
def module_names(address: str) -> tuple[str, ...]:
    """The calls that lead to a module instance: ``module.a["x"].module.b`` is ``("a", "b")``."""
    parts = _without_keys(address).split(".")
    return tuple(parts[1::2]) if parts != [""] else ()


@cache
def module_instances(address: str) -> tuple[str, ...]:
    """The same with keys: ``("a[\\"x\\"]", "b")``."""
    if not address:
        return ()
    steps, start = [], 0
    for place in _outside_keys(address):
        if address[place] == ".":
            steps.append(address[start:place])
            start = place + 1
    steps.append(address[start:])
    return tuple(steps[1::2])


def _without_keys(address: str) -> str:
    return "".join(address[place] for place in _outside_keys(address))


def _outside_keys(address: str) -> Iterator[int]:
    """The places of an address that are in no key; a key may hold anything, in quotes."""
    depth, quoted, place = 0, False, 0
    while place < len(address):
        char = address[place]
        if quoted:
            place += char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char in "[]":
            depth += 1 if char == "[" else -1
        elif not depth:
            yield place
        place += 1
