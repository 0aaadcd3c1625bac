"""Locks and entrances that this plan changes, for routes that are not in it: of other states, or made by hand.

An authorizer, a resource policy, a custom domain or this repository's function may stand in a state of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from scripts.review_plan.access.changes import STOPS, Change, shown, status_of
from scripts.review_plan.access.difference import Difference
from scripts.review_plan.access.entrances import compare_certificates, compare_entrances, words
from scripts.review_plan.access.model import Access, Kind, compare
from scripts.review_plan.access.routes import Route, RouteTable
from scripts.review_plan.text import Text, join, say


def changes_elsewhere(before: RouteTable, after: RouteTable) -> Iterator[Change]:
    """Every such change, named by what changes."""
    yield from _locks(before, after)
    yield from _apis(before, after)
    yield from _domains(before, after)


def _locks(before: RouteTable, after: RouteTable) -> Iterator[Change]:
    """Authorizers that no route of the plan names, and rules that no authorizer of the plan calls."""
    old, new = dict(before.unused_locks()), dict(after.unused_locks())
    for name in sorted(old.keys() & new.keys()):
        difference = compare(old[name], new[name])
        yield from _row(name, old[name], new[name], difference)


def _row(name: str, before: Access, after: Access, difference: Difference) -> Iterator[Change]:
    old, new = _route(name, before), _route(name, after)
    status = status_of(old, new, difference)
    if status is not None:
        why = join(difference.why, "; ")
        yield shown(Change(status, new, before.words, after.words, why, status in STOPS), new, difference)


def _apis(before: RouteTable, after: RouteTable) -> Iterator[Change]:
    """APIs none of whose routes is in the plan: the ways to them."""
    come_or_go = before.entrances.own ^ after.entrances.own
    for api in sorted((before.entrances.apis | after.entrances.apis) - come_or_go):
        if before.by_api.get(api) or after.by_api.get(api):
            continue
        old, new = before.entrances.of(api), after.entrances.of(api)
        if old == new:
            continue
        difference = compare_entrances(old, new, may_add=True, verb="", path=None)
        yield from _way(api, words(old), words(new), difference)


def _domains(before: RouteTable, after: RouteTable) -> Iterator[Change]:
    """Custom domains that lead to no API of the plan: their client certificates."""
    old, new = before.entrances.unmapped_domains(), after.entrances.unmapped_domains()
    for name in sorted(old.keys() & new.keys()):
        difference = compare_certificates(name, old[name], new[name])
        yield from _way(name, _certificate(old[name]), _certificate(new[name]), difference)
    for name, api in sorted(after.entrances.mappings_elsewhere().items()):
        if before.entrances.mappings.get(name, ("", ""))[0] in ("", api):
            why = say("{} leads to an API whose routes are not in this plan", name)
            if name not in before.entrances.mappings:
                yield from _way(name, ("no such domain",), ("not known",), Difference(True, True, (why,), unread=True))


def _way(name: str, before: Text, after: Text, difference: Difference) -> Iterator[Change]:
    access = Access(Kind.OTHER, (name,))
    status = status_of(_route(name, access), _route(name, access), difference)
    if status is not None:
        why = join(difference.why, "; ")
        row = Change(status, _route(name, access), before or ("open",), after or ("open",), why, status in STOPS)
        yield shown(row, row.route, replace(difference, gains=difference.why))


def _certificate(certificates: str | None) -> Text:
    return say("client certificates of {}", certificates) if certificates else ("no client certificate",)


def _route(name: str, access: Access) -> Route:
    return Route(name, name, "", "", name, access, name, "")
