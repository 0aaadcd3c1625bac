"""Which API a resource belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from scripts.review_plan.plan.state import ResourceState, State
from scripts.review_plan.plan.values import UNKNOWN

REST_API: Final = "aws_api_gateway_rest_api"
HTTP_API: Final = "aws_apigatewayv2_api"


@dataclass(frozen=True)
class Api:
    """An API as a route sees it: ``identity`` is its address, its id where it is not in the plan, or the route's own
    address where it is not known."""

    identity: str
    name: str
    state: ResourceState | None = None


class Apis:
    """The APIs of one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._known: dict[tuple[str, str], Api] = {}

    def of(self, owner: ResourceState, attribute: str, type_: str) -> Api:
        """The API that a resource names in an attribute."""
        key = (owner.address, attribute)
        if key not in self._known:
            self._known[key] = self._of(owner, attribute, type_)
        return self._known[key]

    def _of(self, owner: ResourceState, attribute: str, type_: str) -> Api:
        value = owner.get(attribute)
        if isinstance(value, str):
            found = self._state.with_id(type_, value)
            return _api(found) if found else Api(value, value)
        if value is UNKNOWN:
            candidates = self._state.candidates(owner, attribute, type_)
            only = candidates.only
            if only is None and not self._state.plan.carries_unknown_texts:
                # The id of an API that does not exist yet is the only one that nobody knows.
                new = [api for api in self._state.resources(type_) if api.get("id") is UNKNOWN]
                only = new[0] if len(new) == 1 else None
            if only is not None:
                return _api(only)
        return Api(f"an API of {owner.address}", "")


def _api(found: ResourceState) -> Api:
    return Api(found.address, found.text("name") or found.address, found)
