"""What the plan changes and nobody will see: changes without a deployment, and authorizers that go too early.

A REST API serves its last deployment; a change of a method, an integration or an authorizer waits for the next.
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Final

from scripts.review_plan.access.apis import HTTP_API, REST_API
from scripts.review_plan.access.authorizers import TYPES
from scripts.review_plan.access.routes import RouteTable
from scripts.review_plan.checks.findings import Finding, Level
from scripts.review_plan.plan.document import Resource
from scripts.review_plan.plan.state import ResourceState, State
from scripts.review_plan.plan.values import UNKNOWN, mapping
from scripts.review_plan.text import Text, count, first, say


@dataclass(frozen=True)
class _Kind:
    """A kind of API: how its resources are called, and which of them are served by deployment."""

    prefix: str
    attribute: str
    api: str
    served: tuple[str, ...]


_REST: Final = _Kind(
    "aws_api_gateway",
    "rest_api_id",
    REST_API,
    (
        "authorizer",
        "gateway_response",
        "integration",
        "integration_response",
        "method",
        "method_response",
        "model",
        "request_validator",
        "resource",
        "rest_api_policy",
    ),
)
_HTTP: Final = _Kind(
    "aws_apigatewayv2",
    "api_id",
    HTTP_API,
    ("authorizer", "integration", "integration_response", "model", "route", "route_response"),
)
# What of an API itself is served by deployment.
_SERVED_OF_API: Final = frozenset(
    {"binary_media_types", "body", "minimum_compression_size", "policy", "endpoint_configuration", "api_key_source"}
)


def findings(before: State, after: State, table_before: RouteTable, table_after: RouteTable) -> list[Finding]:
    """All changes that will not go live, and all authorizers that something still names when they are destroyed."""
    return [
        *_undeployed(_REST, (before, table_before), (after, table_after)),
        *_undeployed(_HTTP, (before, table_before), (after, table_after)),
        *_policies_wiped(after, table_after),
        *_dangling(before, after),
    ]


Side = tuple[State, RouteTable]


def _undeployed(kind: _Kind, before: Side, after: Side) -> Iterator[Finding]:
    waiting = _waiting(kind, before, after)
    for api, changed in sorted(waiting.items()):
        deployments = _of_api(kind, "deployment", api, after)
        stages = _of_api(kind, "stage", api, after)
        if any(stage.get("auto_deploy") is True for stage in stages):
            continue
        is_managed = any(resource.address == api for resource in after[0].resources(kind.api))
        was_managed = any(resource.address == api for resource in before[0].resources(kind.api))
        # The whole API goes; or it is somebody else's, whose deployments are not ours to see.
        if not is_managed and not deployments and (was_managed or not stages):
            continue
        removed = {name: one for name, one in changed.items() if one.resource.is_destroyed}
        waits = {name: one for name, one in changed.items() if name not in removed}
        reason, address = _why_not(api, deployments, stages)
        if waits and reason:
            text = (*_addresses(waits), " will not go live: ", *reason)
            headline = say(f"{count(len(waits), 'change')} not live")
            yield Finding("not-deployed", Level.DANGER, address, text, headline)
        gone = {route.address for route in before[1].by_api.get(api, ()) if route.identity not in after[1].routes}
        if gone & removed.keys():
            yield from _still_served(gone & removed.keys(), reason, deployments)


def _waiting(kind: _Kind, before: Side, after: Side) -> dict[str, dict[str, ResourceState]]:
    """API => the changes that wait for a deployment of it, by address."""
    waiting: dict[str, dict[str, ResourceState]] = defaultdict(dict)
    for state, table in (before, after):
        for noun in kind.served:
            for resource in state.resources(f"{kind.prefix}_{noun}"):
                if resource.resource.changes and not resource.resource.is_forgotten:
                    waiting[table.api_of(resource, kind.attribute, kind.api)].setdefault(resource.address, resource)
        for api in state.resources(kind.api):
            if api.resource.actions == ("update",) and _changes_served(api.resource):
                waiting[api.address].setdefault(api.address, api)
    return waiting


def _of_api(kind: _Kind, noun: str, api: str, side: Side) -> list[ResourceState]:
    state, table = side
    return [
        resource
        for resource in state.resources(f"{kind.prefix}_{noun}")
        if table.api_of(resource, kind.attribute, kind.api) == api
    ]


def _still_served(routes: Set[str], reason: Text, deployments: list[ResourceState]) -> Iterator[Finding]:
    """Routes that go and are served all the same: a deployment holds what was there when it was made."""
    address = min(routes)
    if reason:
        text = (*_addresses(routes), " goes, and is served until the next deployment: ", *reason)
        yield Finding(
            "still-served", Level.DANGER, address, text, (f"{count(len(routes), 'removed route')} still served",)
        )
        return
    first_made = [one for one in deployments if one.resource.actions == ("create", "delete")]
    if first_made:
        text = say(
            "{} is made before {} goes, and holds it still: make it anew once more after the apply",
            first_made[0].address,
            address if len(routes) == 1 else count(len(routes), "removed route"),
        )
        yield Finding("still-served", Level.NOTICE, address, text)


def _why_not(api: str, deployments: list[ResourceState], stages: list[ResourceState]) -> tuple[Text, str]:
    """Why changes of an API wait, and where; nothing where a new deployment takes them live."""
    if not deployments:
        return say("no deployment of {} is managed here", api), api
    address = deployments[0].address
    if not any("create" in deployment.resource.actions for deployment in deployments):
        return say("{} is not replaced; let its triggers hold what changes", address), address
    if stages and not any(stage.get("deployment_id") is UNKNOWN for stage in stages):
        address = stages[0].address
        return say("{} stays at its old deployment", address), address
    return (), ""


def _changes_served(resource: Resource) -> bool:
    before, after, unknown = mapping(resource.before), mapping(resource.after), mapping(resource.unknown)
    return any(before.get(name) != after.get(name) or name in unknown for name in _SERVED_OF_API)


def _policies_wiped(after: State, table: RouteTable) -> Iterator[Finding]:
    """A body that is written anew takes away the policy of a resource of its own, and no plan shows it."""
    for policy in after.resources("aws_api_gateway_rest_api_policy"):
        api = table.api_of(policy, "rest_api_id", REST_API)
        for resource in after.resources(REST_API):
            changed = mapping(resource.resource.before).get("body") != resource.get("body")
            if resource.address == api and resource.resource.actions == ("update",) and changed:
                text = say(
                    "the body of {} is written anew, which may wipe the policy of {}: see that the next plan is empty",
                    api,
                    policy.address,
                )
                yield Finding("policy-wiped", Level.DANGER, policy.address, text, ("a resource policy may be wiped",))


def _dangling(before: State, after: State) -> Iterator[Finding]:
    for route_type, authorizer_type in TYPES.items():
        named, was_named = _named(after, route_type), _named(before, route_type)
        for authorizer in before.resources(authorizer_type):
            if "delete" in authorizer.resource.actions:
                id_ = authorizer.text("id") or ""
                yield from _destroyed(authorizer, named.get(id_, []), was_named.get(id_, []))
        for route in after.resources(route_type):
            kind = str(route.get("authorization") or route.get("authorization_type")).upper()
            if kind in ("CUSTOM", "COGNITO_USER_POOLS", "JWT") and not route.get("authorizer_id"):
                text = say("{} asks for an authorizer and names none: API Gateway refuses it", route.address)
                yield Finding("dangling", Level.DANGER, route.address, text)


def _named(state: State, route_type: str) -> dict[str, list[ResourceState]]:
    """Authorizer id => the routes that name it."""
    found: dict[str, list[ResourceState]] = defaultdict(list)
    for route in state.resources(route_type):
        if isinstance(id_ := route.get("authorizer_id"), str):
            found[id_].append(route)
    return found


def _destroyed(authorizer: ResourceState, left: list[ResourceState], before: list[ResourceState]) -> Iterator[Finding]:
    if left:
        verb = "names" if len(left) == 1 else "name"
        text = say(
            f"{{}} is destroyed, and {{}} still {verb} it",
            authorizer.address,
            _addresses(route.address for route in left),
        )
        yield Finding("dangling", Level.DANGER, authorizer.address, text, ("an authorizer dangles",))
    elif authorizer.resource.actions[0] == "delete" and before:
        verb = "lets" if len(before) == 1 else "let"
        text = say(
            f"{{}} is destroyed before {{}} {verb} go of it: API Gateway refuses, and it may live on untracked; "
            "give it create_before_destroy",
            authorizer.address,
            _addresses(route.address for route in before),
        )
        yield Finding("destroyed-first", Level.NOTICE, authorizer.address, text)


def _addresses(of: Iterable[str]) -> Text:
    return first([say("{}", address) for address in sorted(of)], 3)
