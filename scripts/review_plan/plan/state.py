"""The two states of a plan, before and after, with what is not known until apply marked as such."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.review_plan.plan import references
from scripts.review_plan.plan.document import Key, Plan, Resource
from scripts.review_plan.plan.values import UNKNOWN, get, with_unknowns


@dataclass(frozen=True, slots=True, eq=False)
class ResourceState:
    """A resource instance as it is before the plan, or after it."""

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
        found = get(value, 0) if isinstance(value, list) else value
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Candidates:
    """What an unknown attribute may come from.

    ``is_complete`` says that every reference of its expression was followed to its end, so that it can be nothing else;
    ``is_closed`` that it can be nothing else for another reason: nothing in the plan could carry another value.
    """

    resources: tuple[ResourceState, ...]
    is_complete: bool
    is_closed: bool = False

    @property
    def only(self) -> ResourceState | None:
        """The one that it must be, or None."""
        return self.resources[0] if self.is_complete and len(self.resources) == 1 else None


class State:
    """All that exists before the plan, or after it; what Terraform forgets exists after it too."""

    def __init__(self, plan: Plan, *, after: bool) -> None:
        self.plan = plan
        self.is_after = after
        self._by_type: dict[str, list[ResourceState]] = defaultdict(list)
        self._by_id: dict[tuple[str, str], ResourceState] = {}
        for resource in plan.resources:
            values = _values(resource, after=after)
            if not isinstance(values, Mapping):
                continue
            found = ResourceState(resource, values)
            self._by_type[resource.type].append(found)
            if isinstance(id_ := values.get("id"), str):
                self._by_id[resource.type, id_] = found

    def resources(self, type_: str) -> Sequence[ResourceState]:
        """All resources of a type."""
        return self._by_type.get(type_, ())

    def with_id(self, type_: str, id_: str) -> ResourceState | None:
        """The resource of a type with this id."""
        return self._by_id.get((type_, id_))

    def candidates(
        self, owner: ResourceState, attribute: str, *types: str, unknown: Sequence[str] = ("id",)
    ) -> Candidates:
        """The resources of some types that an unknown attribute may come from.

        What is known already cannot be where an unknown value comes from: candidates have one of the attributes
        ``unknown`` unknown.
        """
        origin = references.origin(self.plan, owner.resource, attribute, frozenset(types))
        found = [
            resource
            for type_ in types
            for resource in self.resources(type_)
            if resource.address != owner.address
            and any(resource.get(name) is UNKNOWN for name in unknown)
            and any(source.names(resource.resource) for source in origin.sources)
        ]
        return Candidates(tuple(found), origin.is_complete)

    def possible(
        self, owner: ResourceState, attribute: str, *types: str, unknown: Sequence[str] = ("id",)
    ) -> Candidates:
        """The candidates; where references cannot be followed, all that is new of these types.

        Then it is closed where nothing else in the plan holds an unknown text of somebody's own choosing.
        """
        found = self.candidates(owner, attribute, *types, unknown=unknown)
        if found.is_complete and found.resources:
            return Candidates(found.resources, True, True)
        new = [
            resource
            for type_ in types
            for resource in self.resources(type_)
            if resource.address != owner.address and any(resource.get(name) is UNKNOWN for name in unknown)
        ]
        return Candidates(tuple(new), False, not self.plan.carries_unknown_texts)

    def referenced(self, owner: ResourceState, attribute: str, *types: str) -> Candidates:
        """The same for what an expression refers to, whether it is known already or not."""
        origin = references.origin(self.plan, owner.resource, attribute, frozenset(types))
        found = [
            resource
            for type_ in types
            for resource in self.resources(type_)
            if any(source.names(resource.resource) for source in origin.sources)
        ]
        return Candidates(tuple(found), origin.is_complete)


def _values(resource: Resource, *, after: bool) -> Any:
    if not after:
        return resource.before
    if resource.is_forgotten:
        return resource.before
    if resource.after is None and resource.unknown is not True:
        return None
    return with_unknowns(resource.after or {}, resource.unknown) if resource.unknown else resource.after


__all__ = ["UNKNOWN", "Candidates", "ResourceState", "State"]
