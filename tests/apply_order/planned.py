"""What Terraform would do for a change, as one hash: a result is good for as long as this stays the same.

It covers the plan (each resource's action and values), which resource waits for which, and the requests that are sent
with what is expected of each.
Terraform makes the same calls in the same orders for the same hash, whatever else has changed in the modules: a new
option that is off changes no plan. The functions' own code is left out: an order decides which things and rights are
there at a moment, and other tests hold what the code does with them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from tests.apply_order.changes import Change
from tests.apply_order.expectation import expected, left_behind, third_states

OF_PACKAGES = frozenset({"code_sha256", "filename", "last_modified", "source_code_hash", "source_code_size"})
"""The attributes that say which code a function has, and when it got it."""
TIME = re.compile(r"20\d\d-\d\d-\d\dT[\d:.]+(?:Z|\+0000)")
CHOSEN_ANEW = re.compile(
    r"""
      \b20\d{16}[0-9a-f]{8}\b                   # the end of names that Terraform makes
    | \bARO[0-9A-Z]{18}\b                       # the unique id of a role
    | \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b
    | \b[0-9a-f]{40}\b                          # hashes of what may hold ids
    | \b[0-9a-f]{8}\b                           # the ids of APIs and of their parts
    | (?<=-)[0-9a-f]{6}\b                       # the end of a secret's ARN
    | (?<=localhost:)\d+
    """,
    re.VERBOSE,
)
"""What AWS or Terraform chooses anew each time."""
EDGE = re.compile(r'^\s*"\[root\] (.+)" -> "\[root\] (.+)"$')
DESTROYED = re.compile(r" \(destroy(?: deposed [0-9a-f]+)?\)$")


def key(change: Change, plan: Mapping[str, Any], graph: Iterable[str]) -> str:
    """A hash of what an apply does and of what is sent meanwhile.

    Takes the plan as Terraform shows it in JSON, and the lines of ``terraform graph -type=apply -plan``.
    """
    resources = {
        resource["address"]: {
            member: _kept(resource["change"].get(member))
            for member in ("actions", "before", "after", "after_unknown", "replace_paths")
        }
        for resource in plan["resource_changes"]
    }
    changing = {address for address, resource in resources.items() if resource["actions"] != ["no-op"]}
    document = {
        "probes": _expected(change),
        "start": change.start,
        "end": change.end,
        "resources": resources,
        "order": sorted(_order(graph, changing)),
    }
    return hashlib.sha256(_renamed(json.dumps(document, sort_keys=True)).encode()).hexdigest()[:12]


def _expected(change: Change) -> dict[str, list[str]]:
    """What is expected of each request before and after, and what else may come of it."""
    between, left = third_states(change), left_behind(change)
    return {
        str(probe): [
            expected(change.start, probe),
            expected(change.end, probe),
            *([between[probe]] if probe in between else []),
            *sorted(left.get(probe, ())),
        ]
        for probe in change.probes
    }


def _kept(value: Any) -> Any:
    """A value without what says which code a function has."""
    if not isinstance(value, Mapping):
        return value
    return {name: inner for name, inner in value.items() if name not in OF_PACKAGES}


def _renamed(text: str) -> str:
    """The text with every id called by its place among them, so that what refers to the same still does.

    Times have no name: two of them may be the same by chance.
    """
    names: dict[str, str] = {}
    return CHOSEN_ANEW.sub(lambda found: names.setdefault(found[0], f"#{len(names)}"), TIME.sub("(a time)", text))


def _order(graph: Iterable[str], changing: set[str]) -> Iterator[str]:
    """Which changing resource waits for which other, by itself or by way of what does not change."""
    waits_for: dict[str, list[str]] = {}
    for line in graph:
        if edge := EDGE.match(line.replace('\\"', "'")):
            waits_for.setdefault(edge[1], []).append(edge[2])

    @cache
    def waited_for(node: str) -> frozenset[str]:
        return frozenset().union(*({each} | waited_for(each) for each in waits_for.get(node, [])))

    nodes = {*waits_for, *(node for others in waits_for.values() for node in others)}
    acting = {node for node in nodes if DESTROYED.sub("", node).replace("'", '"') in changing}
    for node in acting:
        for other in waited_for(node) & acting:
            yield f"{_node(node)} waits for {_node(other)}"


def _node(node: str) -> str:
    return DESTROYED.sub(" (destroy)", node)
