"""The reviewed file that says which routes may open or loosen, and why.

    {"opens": [{"route": "GET /health", "reason": "The load balancer has no token."}]}

An entry may also name the ``api`` it is for. For a route whose path is known after apply only, ``address`` takes the
place of ``route``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.review_plan.access.changes import Change
from scripts.review_plan.errors import ReviewError


@dataclass(frozen=True)
class Entry:
    """One route that may open."""

    route: str | None
    address: str | None
    api: str | None
    reason: str

    def names(self, change: Change) -> bool:
        """Whether this is the route that changes."""
        if self.api is not None and self.api != change.route.api_name:
            return False
        if self.address is not None:
            return self.address == change.route.address
        # A path that only a key says may be another one: then the address alone names the route.
        return change.route.path is not None and change.route.is_sure and self.route == change.route.name


@dataclass(frozen=True)
class AllowList:
    """All that may open."""

    entries: tuple[Entry, ...] = ()
    file: str = "the file that --allow names"

    def entry_for(self, change: Change) -> Entry | None:
        """The entry that names a route, if there is one."""
        return next((entry for entry in self.entries if entry.names(change)), None)


def entry_to_write(change: Change, *, with_api: bool) -> str:
    """The entry, as JSON, that would name a route; with its API where other APIs may have a route of that name."""
    route = change.route
    if route.path is None or not route.is_sure:
        named = {"address": route.address}
    else:
        named = {"route": route.name} | ({"api": route.api_name} if with_api and route.api_name else {})
    return json.dumps({**named, "reason": "..."}, ensure_ascii=False)


def read(path: Path) -> AllowList:
    """Read the file. Raises ReviewError when it is not there, or not as it should be."""
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ReviewError(
            f'{path} is not there: make it, with {{"opens": []}} in it while no route may open, or name another file'
        ) from None
    except (OSError, ValueError) as error:
        raise ReviewError(f"{path} is not JSON that can be read: {error}") from None
    if not isinstance(document, dict) or set(document) != {"opens"} or not isinstance(document["opens"], list):
        raise ReviewError(f'{path} should be {{"opens": [{{"route": "GET /health", "reason": "..."}}]}}')
    entries = tuple(_entry(path, place, each) for place, each in enumerate(document["opens"]))
    return AllowList(entries, "/".join(path.parts[-2:]) if path.is_absolute() else str(path))


def _entry(path: Path, place: int, given: Any) -> Entry:
    where = f"{path}: opens[{place}]"
    if not isinstance(given, Mapping):
        raise ReviewError(f"{where} should be an object with route and reason")
    unknown = sorted(set(given) - {"address", "api", "reason", "route"})
    if unknown:
        raise ReviewError(
            f"{where} has the unknown keys {', '.join(unknown)}: write route (or address), api and reason"
        )
    if not all(isinstance(value, str) for value in given.values()):
        raise ReviewError(f"{where}: every value is a text")
    if not given.get("reason", "").strip():
        raise ReviewError(f"{where} gives no reason: say why the route may open")
    if ("route" in given) == ("address" in given):
        raise ReviewError(f'{where} should name one of route ("GET /health") and address')
    return Entry(given.get("route"), given.get("address"), given.get("api"), given["reason"])
