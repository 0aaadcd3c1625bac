"""The path of each REST API resource, also of those that do not exist yet."""

from __future__ import annotations

import re

from scripts.review_plan.plan.state import UNKNOWN, ResourceState, State

RESOURCE = "aws_api_gateway_resource"
API = "aws_api_gateway_rest_api"

_ROUTE_KEY = re.compile(r"([A-Z]+) (/.*)", re.DOTALL)


class Paths:
    """Paths of one side; a resource or method whose place cannot be told has None."""

    def __init__(self, side: State) -> None:
        self._side = side
        self._known: dict[str, str | None] = {}
        self._roots = {root for api in side.resources(API) if isinstance(root := api.get("root_resource_id"), str)}

    def of_resource(self, resource: ResourceState, depth: int = 0) -> str | None:
        """The whole path of a resource."""
        if resource.address not in self._known:
            self._known[resource.address] = self._of_resource(resource, depth)
        return self._known[resource.address]

    def of_method(self, method: ResourceState) -> str | None:
        """The path of a method, or of an integration or response that names its resource like one."""
        id_ = method.get("resource_id")
        if isinstance(id_, str):
            if id_ in self._roots:
                return "/"
            found = self._side.with_id(RESOURCE, id_)
            return self.of_resource(found) if found else None
        return self._told(method, self._candidates(method, "resource_id"))

    def _of_resource(self, resource: ResourceState, depth: int) -> str | None:
        part = resource.text("path_part")
        if (path := resource.text("path")) is not None:
            return path
        if part is None or depth > 100:
            return None
        parent = resource.get("parent_id")
        if isinstance(parent, str):
            if parent in self._roots:
                return f"/{part}"
            found = self._side.with_id(RESOURCE, parent)
            above = self.of_resource(found, depth + 1) if found else None
        else:
            above = self._parent_path(resource, depth)
        return f"{above.rstrip('/')}/{part}" if above is not None else None

    def _parent_path(self, resource: ResourceState, depth: int) -> str | None:
        candidates = [
            path
            for each in self._side.reference_candidates(resource, "parent_id", RESOURCE, known=True)
            if each is not resource and (path := self.of_resource(each, depth + 1)) is not None
        ]
        if not candidates:
            return "/"
        if len(candidates) == 1:
            return candidates[0]
        part = resource.text("path_part") or ""
        key = _place(f"/{str(resource.key).strip('/')}") if isinstance(resource.key, str) else None
        fitting = [path for path in candidates if _place(f"{path.rstrip('/')}/{part}") == key]
        return fitting[0] if len(fitting) == 1 else None

    def _candidates(self, method: ResourceState, attribute: str) -> list[str]:
        found = [
            path
            for each in self._side.reference_candidates(method, attribute, RESOURCE)
            if (path := self.of_resource(each)) is not None
        ]
        if not found:
            # Through a local there are no references to follow: any new resource may be meant.
            found = [
                path
                for each in self._side.resources(RESOURCE)
                if each.get("id") is UNKNOWN
                and each.module == method.module
                and (path := self.of_resource(each)) is not None
            ]
            if any(api.get("root_resource_id") is UNKNOWN for api in self._side.resources(API)):
                found.append("/")
            if len(found) == 1 and not isinstance(method.key, str):
                return found
        return found

    def _told(self, method: ResourceState, candidates: list[str]) -> str | None:
        if isinstance(method.key, str) and (match := _ROUTE_KEY.fullmatch(method.key)):
            fitting = [path for path in candidates if _place(path) == _place(match.group(2))]
            if len(fitting) == 1:
                return fitting[0]
        if isinstance(method.key, str) and len(candidates) > 1:
            fitting = [path for path in candidates if _place(path).strip("/") == _place(method.key).strip("/")]
            if len(fitting) == 1:
                return fitting[0]
        return candidates[0] if len(candidates) == 1 else None


def _place(path: str) -> str:
    """A path without its parameters' names, by which API Gateway tells paths apart."""
    return re.sub(r"\{[^/]*\}", "{}", path)
