"""One walker of Terraform's values: unknowns put in, members by path, marks beside them, and leaves.

A plan keeps values, unknowns and sensitivity marks in three trees of the same shape. Only this file walks them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final

Path = tuple[str | int, ...]
"""The way to a value: member names and places in lists."""


class _Unknown(Enum):
    UNKNOWN = "known after apply"

    def __str__(self) -> str:
        return self.value


UNKNOWN: Final = _Unknown.UNKNOWN
"""Stands for a value that only the apply decides."""


def with_unknowns(value: Any, unknown: Any) -> Any:
    """A value with UNKNOWN wherever the plan's tree of unknowns says so."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, dict) and unknown:
        known = value if isinstance(value, dict) else {}
        return {**known, **{name: with_unknowns(known.get(name), part) for name, part in unknown.items() if part}}
    if isinstance(unknown, list) and unknown:
        known_items = value if isinstance(value, list) else []
        length = max(len(known_items), len(unknown))
        return [with_unknowns(_item(known_items, place), _item(unknown, place)) for place in range(length)]
    return value


def get(value: Any, *path: str | int) -> Any:
    """The value at a path: UNKNOWN where it or what holds it is unknown, None where there is none."""
    for step in path:
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = _item(value, step)
        else:
            return None
    return value


def mark(marks: Any, *path: str | int) -> bool:
    """Whether the plan's marks (true, or an object or list of them) mark the whole value at a path."""
    for step in path:
        marks = below(marks, step)
    return marks is True


def below(marks: Any, step: str | int) -> Any:
    """What marks say of one member or element; false where they say nothing."""
    if marks is True:
        return True
    if isinstance(marks, Mapping) and isinstance(step, str):
        return marks.get(step, False)
    if isinstance(marks, list) and isinstance(step, int) and step < len(marks):
        return marks[step]
    return False


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every scalar, UNKNOWN and empty collection in a value, with the path to it."""
    if isinstance(value, Mapping) and value:
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    elif isinstance(value, list) and value:
        for place, part in enumerate(value):
            yield from leaves(part, (*path, place))
    else:
        yield path, value


def marked_leaves(value: Any, marks: Any) -> Iterator[Any]:
    """Every scalar in a value that the plan marks as sensitive."""
    if not marks or value is None:
        return
    if marks is True:
        yield from (leaf for _, leaf in leaves(value))
    elif isinstance(marks, Mapping) and isinstance(value, Mapping):
        for name, part in marks.items():
            yield from marked_leaves(value.get(name), part)
    elif isinstance(marks, list) and isinstance(value, list):
        for part, part_marks in zip(value, marks, strict=False):
            yield from marked_leaves(part, part_marks)


def is_empty(value: Any) -> bool:
    """Whether a value is nothing, which the provider writes in several ways."""
    return value is None or (isinstance(value, (str, list, dict)) and not value)


def items(value: Any) -> list[Any]:
    """A list's items; a single value is a list of one, and None an empty one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def mapping(value: Any) -> dict[str, Any]:
    """An object's members; anything else has none."""
    return value if isinstance(value, dict) else {}


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal with their types: true is not 1, and 1 is not 1.0."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(mine, theirs) for mine, theirs in zip(one, other, strict=True))
    return type(one) is type(other) and bool(one == other)


def _item(values: list[Any], place: int) -> Any:
    return values[place] if place < len(values) else None
