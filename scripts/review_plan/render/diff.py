"""What changes in each resource, attribute by attribute, with its secrets hidden."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.review_plan.plan.document import Resource
from scripts.review_plan.plan.masking import Masker
from scripts.review_plan.plan.values import UNKNOWN, Path, below, is_empty, same, with_unknowns


@dataclass(frozen=True)
class Line:
    """One attribute: ``sign`` is ``+``, ``-`` or ``~``; the values are safe to show, but are hostile text still."""

    sign: str
    name: str
    before: str | None
    after: str | None
    replaces: bool = False


def lines(resource: Resource, masker: Masker) -> list[Line]:
    """The attributes that change; for what is created or destroyed, those with a value."""
    marks = (resource.before_sensitive, resource.after_sensitive)
    after = with_unknowns(resource.after, resource.unknown) if resource.unknown else resource.after
    old, new = dict(_flat(resource.before, marks)), dict(_flat(after, marks))
    if resource.is_replaced or (resource.before is None and len(new) > 1):
        # What AWS gives a new one is new by nature, and hides what the configuration says.
        given = {path for path, (value, _) in new.items() if value is UNKNOWN and not _replaces(resource, path)}
        new = {path: leaf for path, leaf in new.items() if path not in given}
        old = {path: leaf for path, leaf in old.items() if not any(path[: len(start)] == start for start in given)}
    found = []
    for path in sorted(old.keys() | new.keys(), key=lambda path: [str(step) for step in path]):
        line = _line(path, old.get(path, (None, marks)), new.get(path, (None, marks)), masker, resource)
        if line is not None:
            found.append(line)
    return found


Leaf = tuple[Any, tuple[Any, Any]]
"""A value, and the marks of both sides beside it."""


def _flat(value: Any, marks: tuple[Any, Any], path: Path = ()) -> Iterator[tuple[Path, Leaf]]:
    """The leaves of a value by their paths; a list of plain values is one leaf, and so is what is marked whole."""
    if True not in marks and isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _flat(part, (below(marks[0], key), below(marks[1], key)), (*path, key))
    elif True not in marks and isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
        for place, part in enumerate(value):
            yield from _flat(part, (below(marks[0], place), below(marks[1], place)), (*path, place))
    elif path or value is not None:
        yield path, (value, marks)


def _line(path: Path, before: Leaf, after: Leaf, masker: Masker, resource: Resource) -> Line | None:
    (old, old_marks), (new, new_marks) = before, after
    marks = new_marks if new is not None else old_marks
    becomes_secret = (marks[0] is True) != (marks[1] is True) and old is not None and resource.after is not None
    if (is_empty(old) and is_empty(new)) or (same(old, new) and not becomes_secret):
        return None
    # A value that is a secret on one side is one on the other too.
    secret = True in marks
    shown_before = _shown(masker.show(old, secret or marks[0], path))
    shown_after = _shown(masker.show(new, secret or marks[1], path))
    if shown_before == shown_after and shown_before is not None:
        shown_before = shown_after = f"{shown_after}, which changes"
    sign = "+" if old is None else "-" if new is None else "~"
    return Line(sign, _dotted(path), shown_before, shown_after, _replaces(resource, path))


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    if value is UNKNOWN:
        return f"({UNKNOWN})"
    if isinstance(value, str):
        return value if value.startswith("(") and value.endswith(")") else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, default=lambda part: f"({part})")


def _dotted(path: Path) -> str:
    return ".".join(str(step) for step in path)


def _replaces(resource: Resource, path: Path) -> bool:
    return any(path[: len(start)] == start for start in resource.replace_paths)
