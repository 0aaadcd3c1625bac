"""The picture of routes → authorizers → functions, in Mermaid."""

from __future__ import annotations

from collections.abc import Sequence

from scripts.review_plan.access.model import Access, Kind
from scripts.review_plan.access.routes import Route
from scripts.review_plan.plan.masking import Masker
from scripts.review_plan.render.escaping import mermaid

MOST_GROUPS = 30
MOST_NAMES = 6

_LABELS = {
    Kind.PUBLIC: "public",
    Kind.API_KEY: "API key only",
    Kind.CONNECTED: "whoever may connect",
    Kind.IAM: "IAM",
    Kind.UNKNOWN: "unknown until apply",
    Kind.NOBODY: "nobody",
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
    groups: dict[tuple[str, tuple[Kind, str], str], list[str]] = {}
    api_names: dict[str, str] = {}
    for route in routes:
        if route.access.kind is not Kind.PREFLIGHT:
            api_names[route.api] = route.api_name
            groups.setdefault((route.api, _guard(route.access), route.calls), []).append(route.name)
    if not groups or len(groups) > MOST_GROUPS:
        return []
    guards = {key: f"g{place}" for place, key in enumerate(dict.fromkeys((api, guard) for api, guard, _ in groups))}
    targets = {name: f"f{place}" for place, name in enumerate(dict.fromkeys(calls for *_, calls in groups if calls))}

    def label(text: str) -> str:
        return mermaid(masker.redact(text))

    lines = ["flowchart LR"]
    for place, api in enumerate(api_names):
        lines.append(f'  subgraph a{place}["{label(api_names[api] or api)}"]')
        for number, ((of, _, _), names) in enumerate(groups.items()):
            if of == api:
                shown = "<br/>".join(label(name) for name in names[:MOST_NAMES])
                more = f"<br/>and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
                lines.append(f'    r{number}["{shown}{more}"]')
        lines.append("  end")
    for (_, (kind, name)), node in guards.items():
        noun = _LABELS.get(kind) or f"{_NOUNS[kind]} {label(name)}"
        lines.append(f'  {node}{{{{"{noun}"}}}}{":::open" if kind in (Kind.PUBLIC, Kind.API_KEY) else ""}')
    lines.extend(f'  {node}[["{label(name)}"]]' for name, node in targets.items())
    edges: dict[str, None] = {}
    for number, (api, guard, calls) in enumerate(groups):
        edges[f"  r{number} --> {guards[api, guard]}"] = None
        if calls:
            edges[f"  {guards[api, guard]} --> {targets[calls]}"] = None
    return [*lines, *edges, "  classDef open fill:#ffebe9,stroke:#cf222e,color:#82071e"]


def _guard(access: Access) -> tuple[Kind, str]:
    return access.kind, " or ".join(access.who)
