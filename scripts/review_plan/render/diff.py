"""What changes in each resource, attribute by attribute, with its secrets hidden."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.review_plan.plan.document import Resource
from scripts.review_plan.plan.masking import Masker, Path, below
from scripts.review_plan.plan.state import UNKNOWN, merge


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
    after = merge(resource.after, resource.unknown) if resource.unknown else resource.after
    before = resource.before
    if resource.is_replaced and isinstance(after, dict):
        # What AWS gives the new one is new by nature, and hides what was asked for.
        after = {name: value for name, value in after.items() if value is not UNKNOWN or _replaces(resource, (name,))}
        before = {name: value for name, value in (before or {}).items() if name in after}
    return list(_compare(resource, masker, before, after, resource.before_sensitive, resource.after_sensitive))


def _compare(
    resource: Resource, masker: Masker, before: Any, after: Any, marks_before: Any, marks_after: Any, path: Path = ()
) -> Iterator[Line]:
    if before == after and not path:
        return
    if isinstance(before, dict) and isinstance(after, dict) and marks_before is not True and marks_after is not True:
        for key in sorted(before.keys() | after.keys()):
            was, is_now = before.get(key), after.get(key)
            mark_was, mark_now = below(marks_before, key), below(marks_after, key)
            if (was != is_now and not _are_empty(was, is_now)) or (
                _is_all(mark_was) != _is_all(mark_now) and was is not None
            ):
                yield from _compare(resource, masker, was, is_now, mark_was, mark_now, (*path, key))
        return
    if not path:
        # Created or destroyed: its attributes one by one.
        whole, marks = (after, marks_after) if isinstance(after, dict) else (before, marks_before)
        if isinstance(whole, dict) and (before is None or after is None):
            for key in sorted(whole):
                value = whole[key]
                if _are_empty(value) or (value is UNKNOWN and len(whole) > 1):
                    continue
                mark = below(marks, key)
                was, is_now = (None, value) if before is None else (value, None)
                yield from _compare(resource, masker, was, is_now, mark, mark, (key,))
        return
    if (
        isinstance(before, list)
        and isinstance(after, list)
        and len(before) == len(after)
        and all(isinstance(each, dict) for each in (*before, *after))
        and True not in (marks_before, marks_after)
    ):
        for place, (was, is_now) in enumerate(zip(before, after, strict=True)):
            if was != is_now:
                yield from _compare(
                    resource, masker, was, is_now, below(marks_before, place), below(marks_after, place), (*path, place)
                )
        return
    # A value that is a secret on one side is one on the other too.
    marks = True if True in (marks_before, marks_after) else None
    shown_before = _shown(masker.show(before, marks or marks_before, path))
    shown_after = _shown(masker.show(after, marks or marks_after, path))
    if shown_before == shown_after and shown_before is not None:
        shown_before = shown_after = f"{shown_after}, which changes"
    sign = "+" if before is None else "-" if after is None else "~"
    yield Line(sign, _dotted(path), shown_before, shown_after, _replaces(resource, path))


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    if value is UNKNOWN:
        return f"({UNKNOWN})"
    if isinstance(value, str):
        return value if value.startswith("(") and value.endswith(")") else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, default=lambda each: f"({each})")


def _dotted(path: Path) -> str:
    return ".".join(str(step) for step in path)


def _replaces(resource: Resource, path: Path) -> bool:
    return any(path[: len(each)] == each for each in resource.replace_paths)


def _is_all(mark: Any) -> bool:
    return mark is True


def _are_empty(*values: Any) -> bool:
    """Whether all of them are nothing, which the provider writes in several ways."""
    return all(value is None or value in ("", [], {}) for value in values)
