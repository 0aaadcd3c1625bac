"""The path of each REST API resource, also of those that do not exist yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from scripts.review_plan.access.apis import REST_API
from scripts.review_plan.plan.state import ResourceState, State
from scripts.review_plan.plan.values import UNKNOWN

RESOURCE: Final = "aws_api_gateway_resource"
_ROUTE_KEY: Final = re.compile(r"([A-Z]+) (/.*)", re.DOTALL)


@dataclass(frozen=True)
class Place:
    """A path: None where it is not known; ``is_sure`` is false where only a key says it, which anybody may write."""

    path: str | None
    is_sure: bool = True
    end: str = ""
    """The last segment, where no more than that is known."""


_NOWHERE: Final = Place(None, is_sure=False)


class Paths:
    """Paths of one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._known: dict[str, Place] = {}
        self._roots = {
            root for api in state.resources(REST_API) if isinstance(root := api.get("root_resource_id"), str)
        }
        self._new = [resource for resource in state.resources(RESOURCE) if resource.get("id") is UNKNOWN]
        self._is_closed = not state.plan.carries_unknown_texts
        self._has_new_api = any(api.get("root_resource_id") is UNKNOWN for api in state.resources(REST_API))

    def of_resource(self, resource: ResourceState, depth: int = 0) -> Place:
        """The whole path of a resource."""
        if resource.address not in self._known:
            self._known[resource.address] = self._of_resource(resource, depth)
        return self._known[resource.address]

    def of_method(self, method: ResourceState) -> Place:
        """The path of a method, or of an integration or response that names its resource like one."""
        id_ = method.get("resource_id")
        if isinstance(id_, str):
            if id_ in self._roots:
                return Place("/")
            found = self._state.with_id(RESOURCE, id_)
            return self.of_resource(found) if found else _NOWHERE
        return self._referenced(method, "resource_id", 0) or self._by_key(method)

    def _of_resource(self, resource: ResourceState, depth: int) -> Place:
        part = resource.text("path_part")
        if (path := resource.text("path")) is not None:
            return Place(path)
        if part is None or depth > 100:
            return _NOWHERE
        parent = resource.get("parent_id")
        if not isinstance(parent, str):
            above = self._referenced(resource, "parent_id", depth) or self._above_by_key(resource, part, depth)
        elif parent in self._roots:
            above = Place("/")
        else:
            found = self._state.with_id(RESOURCE, parent)
            above = self.of_resource(found, depth + 1) if found else _NOWHERE
        if above.path is None:
            return Place(None, is_sure=False, end=part)
        return Place(f"{above.path.rstrip('/')}/{part}", above.is_sure)

    def _referenced(self, owner: ResourceState, attribute: str, depth: int) -> Place | None:
        """The one place that an expression's references can only mean."""
        found = self._state.candidates(owner, attribute, RESOURCE, REST_API).only
        if found is None or found.get("id") is not UNKNOWN:
            return None
        return Place("/") if found.type == REST_API else self.of_resource(found, depth + 1)

    def _possible(self, owner: ResourceState, depth: int) -> list[str]:
        """Every path of a resource that does not exist yet."""
        paths = [
            self.of_resource(resource, depth + 1).path
            for resource in self._new
            if resource is not owner and depth < 20 and not _is_as_deep(resource, owner)
        ]
        return [path for path in paths if path is not None] + (["/"] if self._has_new_api else [])

    def _by_key(self, method: ResourceState) -> Place:
        """The path that a method's key names, such as ``GET /users``, where there is a new resource of that path."""
        match = _ROUTE_KEY.fullmatch(method.key) if isinstance(method.key, str) else None
        wanted = _shape(match.group(2) if match else str(method.key))
        possible = set(self._possible(method, 0))
        fitting = {path for path in possible if _shape(path).strip("/") == wanted.strip("/")}
        if len(possible) == 1 and self._is_closed and (fitting or match is None):
            # The one resource that does not exist yet is the only one whose id nobody knows.
            return Place(possible.pop())
        return Place(fitting.pop(), is_sure=False) if len(fitting) == 1 and method.key is not None else _NOWHERE

    def _above_by_key(self, resource: ResourceState, part: str, depth: int) -> Place:
        """The path above a resource whose key is its own whole path."""
        if not isinstance(resource.key, str):
            return _NOWHERE
        wanted = _shape(f"/{resource.key.strip('/')}")
        fitting = {path for path in self._possible(resource, depth) if _shape(f"{path.rstrip('/')}/{part}") == wanted}
        return Place(fitting.pop(), is_sure=False) if len(fitting) == 1 else _NOWHERE


def _is_as_deep(resource: ResourceState, owner: ResourceState) -> bool:
    """Whether the keys of two resources say that the first cannot lie above the second."""
    if owner.type != RESOURCE or not isinstance(resource.key, str) or not isinstance(owner.key, str):
        return False
    return resource.key.strip("/").count("/") >= owner.key.strip("/").count("/")


def _shape(path: str) -> str:
    """A path without its parameters' names, by which API Gateway tells paths apart."""
    return re.sub(r"\{[^/]*\}", "{}", path)
