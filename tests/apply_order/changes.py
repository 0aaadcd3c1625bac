"""The changes that are proved: each a merge patch of the system's variables, before and after.

``changes.json`` holds them. https://www.rfc-editor.org/rfc/rfc7396
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.apply_order.probes import Probe

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Change:
    """One change, or a pair of them: what the variables are before it, and what becomes of them."""

    name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    probes: tuple[Probe, ...]

    def __and__(self, other: Change) -> Change:
        """Both changes in one apply."""
        return Change(
            f"{self.name} + {other.name}",
            merge(self.before, other.before),
            merge(self.after, other.after),
            tuple(dict.fromkeys([*self.probes, *other.probes])),
        )

    @property
    def start(self) -> dict[str, Any]:
        """The system's variables before the change."""
        return dict(patched(base(), self.before))

    @property
    def end(self) -> dict[str, Any]:
        """The system's variables after it."""
        return dict(patched(self.start, self.after))

    def touches(self, other: Change) -> bool:
        """Whether both change one and the same value, so that they cannot be made together."""
        mine = {*_paths(self.before), *_paths(self.after)}
        theirs = {*_paths(other.before), *_paths(other.after)}
        return any(one[: len(two)] == two or two[: len(one)] == one for one in mine for two in theirs)


def merge(target: Any, patch: Any) -> Any:
    """Apply a patch, whose nulls stay: in a patch of a patch they still remove."""
    if not isinstance(patch, Mapping) or not isinstance(target, Mapping):
        return patch
    return {**target, **{key: merge(target.get(key), value) for key, value in patch.items()}}


def patched(target: Any, patch: Any) -> Any:
    """Apply a merge patch to a value."""
    if not isinstance(patch, Mapping):
        return patch
    kept = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = patched(kept.get(key), value)
    return kept


@cache
def base() -> dict[str, Any]:
    """The system's variables before any change."""
    return dict(json.loads((FOLDER / "base.json").read_text()))


@cache
def singles() -> dict[str, Change]:
    """Every single change by its name."""
    given = json.loads((FOLDER / "changes.json").read_text())
    return {
        name: Change(
            name,
            change.get("before", {}),
            change["after"],
            tuple(_probe(line) for line in [*given["probes"], *change.get("probes", [])]),
        )
        for name, change in given["changes"].items()
    }


def pairs() -> dict[str, Change]:
    """Every two changes that can be made together, by their name."""
    known = list(singles().values())
    return {
        (pair := one & other).name: pair
        for place, one in enumerate(known)
        for other in known[place + 1 :]
        if not one.touches(other) and _fits_together((one & other).end)
    }


def _fits_together(variables: Mapping[str, Any]) -> bool:
    """Whether every rule, function, backend and alias that the variables name is there."""
    rules, functions, backends = (variables[name] for name in ("rules", "functions", "backends"))
    routes = [route for kind in ("routes", "http_routes", "websocket_routes") for route in variables[kind].values()]
    return (
        all(route.get("rule") in (None, *rules) and route["function"] in functions for route in routes)
        and all(route.get("rule") in (None, *variables["http_rules"]) for route in variables["http_routes"].values())
        and set(variables["http_rules"]) <= set(rules)
        and all(each["alias"] in backends.get(each["backend"], {}).get("aliases", []) for each in functions.values())
    )


def _paths(patch: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(patch, Mapping) or not patch:
        return [path] if path else []
    return [found for key, value in patch.items() for found in _paths(value, (*path, key))]


def _probe(line: str) -> Probe:
    match = re.fullmatch(r"(rest|http|websocket) (\S+) (\S+) by (.+)", line)
    assert match is not None, line
    return Probe(*match.groups())
