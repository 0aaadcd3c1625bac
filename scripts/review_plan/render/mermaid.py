"""The picture of routes → authorizers → functions, in Mermaid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from scripts.review_plan.access.model import Access, Kind
from scripts.review_plan.access.routes import Route
from scripts.review_plan.plan.masking import Masker
from scripts.review_plan.render.escaping import mermaid

MOST_GROUPS = 30
MOST_NAMES = 6

_LABELS = {
    Kind.PUBLIC: "public",
    Kind.API_KEY: "API key only",
    Kind.METADATA: "public by design",
    Kind.CONNECTED: "callers that may connect",
    Kind.IAM: "IAM",
    Kind.UNKNOWN: "unknown until apply",
    Kind.NOBODY: "nobody",
    Kind.SEVERAL: "one of several",
}
_NOUNS = {
    Kind.RULE: "rule",
    Kind.LAMBDA: "Lambda authorizer",
    Kind.COGNITO: "Cognito",
    Kind.JWT: "JWT",
    Kind.OTHER: "authorizer",
}


def render(routes: Sequence[Route], masker: Masker) -> list[str]:
    """The lines of a flowchart; routes that the same guards and the same answers are drawn as one. Preflights are left
    out, and an empty list is too much to draw, or nothing."""
    drawn = [route for route in routes if route.access.kind is not Kind.PREFLIGHT]
    groups: dict[_Group, list[str]] = {}
    for route in drawn:
        groups.setdefault(_Group(route.api, *_guard(route.access), route.calls), []).append(route.name)
    if not groups or len(groups) > MOST_GROUPS:
        return []

    def label(text: str) -> str:
        return mermaid(masker.redact(text))

    guards = {key: f"g{place}" for place, key in enumerate(dict.fromkeys(group.guard for group in groups))}
    targets = {name: f"f{place}" for place, name in enumerate(dict.fromkeys(g.calls for g in groups if g.calls))}
    return [
        "flowchart LR",
        *_apis({route.api: route.api_name for route in drawn}, groups, label),
        *(f"  {node}{_guard_shape(kind, name, label)}" for (_, kind, name), node in guards.items()),
        *(f'  {node}[["{label(name)}"]]' for name, node in targets.items()),
        *_edges(groups, guards, targets),
        "  classDef open fill:#ffebe9,stroke:#cf222e,color:#82071e",
    ]


class _Group(NamedTuple):
    """Routes that are drawn as one."""

    api: str
    kind: Kind
    authorizer: str
    calls: str

    @property
    def guard(self) -> tuple[str, Kind, str]:
        return self.api, self.kind, self.authorizer


Label = Callable[[str], str]


def _apis(names: Mapping[str, str], groups: Mapping[_Group, Sequence[str]], label: Label) -> Iterator[str]:
    for place, (api, name) in enumerate(names.items()):
        yield f'  subgraph a{place}["{label(name or api)}"]'
        for number, (group, routes) in enumerate(groups.items()):
            if group.api == api:
                shown = "<br/>".join(label(route) for route in routes[:MOST_NAMES])
                more = f"<br/>and {len(routes) - MOST_NAMES} more" if len(routes) > MOST_NAMES else ""
                yield f'    r{number}["{shown}{more}"]'
        yield "  end"


def _guard_shape(kind: Kind, name: str, label: Label) -> str:
    noun = _LABELS.get(kind) or f"{_NOUNS[kind]} {label(name)}"
    return f'{{{{"{noun}"}}}}{":::open" if kind in (Kind.PUBLIC, Kind.API_KEY) else ""}'


def _edges(
    groups: Iterable[_Group], guards: Mapping[tuple[str, Kind, str], str], targets: Mapping[str, str]
) -> Iterator[str]:
    edges: dict[str, None] = {}
    for number, group in enumerate(groups):
        edges[f"  r{number} --> {guards[group.guard]}"] = None
        if group.calls:
            edges[f"  {guards[group.guard]} --> {targets[group.calls]}"] = None
    return iter(edges)


def _guard(access: Access) -> tuple[Kind, str]:
    return access.kind, " or ".join(access.who)
