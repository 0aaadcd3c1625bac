"""The two worlds of a plan, before and after, with what is not known until apply marked as such."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from scripts.review_plan.plan import references
from scripts.review_plan.plan.addresses import module_names, shared_depth
from scripts.review_plan.plan.document import Key, Plan, Resource


class _Unknown(Enum):
    UNKNOWN = "known after apply"

    def __str__(self) -> str:
        return self.value


UNKNOWN: Final = _Unknown.UNKNOWN
"""Stands for a value that only the apply decides."""


@dataclass(frozen=True, slots=True, eq=False)
class ResourceState:
    """A resource instance as it is on one side."""

    resource: Resource
    values: Mapping[str, Any]

    @property
    def address(self) -> str:
        return self.resource.address

    @property
    def module(self) -> str:
        return self.resource.module

    @property
    def type(self) -> str:
        return self.resource.type

    @property
    def key(self) -> Key:
        return self.resource.key

    def get(self, name: str) -> Any:
        """An attribute's value: UNKNOWN, or None when it has none."""
        return self.values.get(name)

    def text(self, name: str) -> str | None:
        """An attribute's value when it is a known text, else None."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def block(self, name: str) -> Mapping[str, Any]:
        """The first of an attribute's nested blocks, or an empty one."""
        value = self.values.get(name)
        found = value[0] if isinstance(value, list) and value else value
        return found if isinstance(found, dict) else {}


class State:
    """All that exists before the plan, or after it."""

    def __init__(self, plan: Plan, *, after: bool) -> None:
        self.plan = plan
        self.is_after = after
        self._by_type: dict[str, list[ResourceState]] = defaultdict(list)
        self._by_id: dict[tuple[str, str], ResourceState] = {}
        for resource in plan.resources:
            values = resource.after if after else resource.before
            if values is None and not (after and resource.unknown is True):
                continue
            merged = merge(values or {}, resource.unknown) if after and resource.unknown else values
            if not isinstance(merged, Mapping):
                continue
            found = ResourceState(resource, merged)
            self._by_type[resource.type].append(found)
            if isinstance(id_ := merged.get("id"), str):
                self._by_id[resource.type, id_] = found

    def resources(self, type_: str) -> Sequence[ResourceState]:
        """All resources of a type."""
        return self._by_type.get(type_, ())

    def with_id(self, type_: str, id_: str) -> ResourceState | None:
        """The resource of a type with this id."""
        return self._by_id.get((type_, id_))

    def resolve_reference(self, owner: ResourceState, attribute: str, type_: str) -> list[ResourceState]:
        """The resources of a type whose id an attribute may hold: one when it is known or can be told, else several.

        An id that is not known yet belongs to something that does not exist yet, and the configuration's references
        lead to it; of several, the nearest by module and those of the same key are taken.
        """
        value = owner.get(attribute)
        if value is not UNKNOWN:
            found = self.with_id(type_, value) if isinstance(value, str) else None
            return [found] if found else []
        return self.reference_candidates(owner, attribute, type_)

    def reference_candidates(
        self, owner: ResourceState, attribute: str, type_: str, *, known: bool = False
    ) -> list[ResourceState]:
        """The resources of a type that an attribute's expression leads to; those with a known id only when asked."""
        sources = references.sources(self.plan, owner.resource, attribute, frozenset({type_}))
        found = [
            each for each in self.resources(type_) if _is_named(each, sources) and (known or each.get("id") is UNKNOWN)
        ]
        if len(found) > 1:
            nearest = max(shared_depth(owner.module, each.module) for each in found)
            found = [each for each in found if shared_depth(owner.module, each.module) == nearest]
        return found


def _is_named(found: ResourceState, sources: frozenset[references.Source]) -> bool:
    """Whether an instance is among what references name, with its key or as a whole."""
    place = (module_names(found.module), found.type, found.resource.name)
    return (*place, None) in sources or (found.key is not None and (*place, str(found.key)) in sources)


def merge(value: Any, unknown: Any) -> Any:
    """A value with UNKNOWN wherever the plan's tree of unknowns says so."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, dict) and unknown:
        known = value if isinstance(value, dict) else {}
        return {**known, **{name: merge(known.get(name), each) for name, each in unknown.items() if each}}
    if isinstance(unknown, list) and unknown:
        known_items = value if isinstance(value, list) else []
        length = max(len(known_items), len(unknown))
        return [
            merge(
                known_items[place] if place < len(known_items) else None,
                unknown[place] if place < len(unknown) else False,
            )
            for place in range(length)
        ]
    return value
