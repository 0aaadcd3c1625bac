"""What the plan changes and nobody will see: changes without a deployment, and authorizers that go too early.

A REST API serves its last deployment; a change of a method, an integration or an authorizer waits for the next.
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html
"""

from __future__ import annotations

from collections import defaultdict

from scripts.review_plan.access.authorizers import TYPES
from scripts.review_plan.access.paths import API
from scripts.review_plan.access.routes import HTTP_API, RouteTable
from scripts.review_plan.checks.findings import Finding, Level
from scripts.review_plan.plan.document import Resource
from scripts.review_plan.plan.state import UNKNOWN, ResourceState, State
from scripts.review_plan.text import Text, count, first, say

_SERVED_REST = (
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
)
_SERVED_HTTP = ("authorizer", "integration", "integration_response", "model", "route", "route_response")
# What of an API itself is served by deployment.
_SERVED_OF_API = frozenset(
    {"binary_media_types", "body", "minimum_compression_size", "policy", "endpoint_configuration", "api_key_source"}
)


def findings(before: State, after: State, table_before: RouteTable, table_after: RouteTable) -> list[Finding]:
    """All changes that will not go live, and all authorizers that something still names when they are destroyed."""
    return [
        *_undeployed(before, after, table_before, table_after, "aws_api_gateway", "rest_api_id", API),
        *_undeployed(before, after, table_before, table_after, "aws_apigatewayv2", "api_id", HTTP_API),
        *_dangling(before, after),
    ]


def _undeployed(
    before: State,
    after: State,
    table_before: RouteTable,
    table_after: RouteTable,
    prefix: str,
    attribute: str,
    api_type: str,
) -> list[Finding]:
    served = _SERVED_REST if api_type == API else _SERVED_HTTP
    waiting: dict[str, dict[str, ResourceState]] = defaultdict(dict)
    for side, table in ((before, table_before), (after, table_after)):
        for noun in served:
            for each in side.resources(f"{prefix}_{noun}"):
                if each.resource.changes:
                    waiting[table.api_of(each, attribute, api_type)].setdefault(each.address, each)
        for each in side.resources(api_type):
            if each.resource.actions == ("update",) and _changes_served(each.resource):
                waiting[each.address].setdefault(each.address, each)

    found = []
    for api, changed in sorted(waiting.items()):
        deployments = [
            each
            for each in after.resources(f"{prefix}_deployment")
            if table_after.api_of(each, attribute, api_type) == api
        ]
        stages = [
            each for each in after.resources(f"{prefix}_stage") if table_after.api_of(each, attribute, api_type) == api
        ]
        if any(each.get("auto_deploy") is True for each in stages):
            continue
        if not any(each.address == api for each in after.resources(api_type)) and not deployments:
            if any(each.address == api for each in before.resources(api_type)):
                continue  # the whole API goes
            if not stages:
                continue  # somebody else's API, whose deployments are not ours to see
        text, address = _why_not(api, changed, deployments, stages)
        if text:
            found.append(
                Finding("not-deployed", Level.DANGER, address, text, say(f"{count(len(changed), 'change')} not live"))
            )
    return found


def _why_not(
    api: str, changed: dict[str, ResourceState], deployments: list[ResourceState], stages: list[ResourceState]
) -> tuple[Text, str]:
    what = first([say("{}", address) for address in sorted(changed)], 3)
    if not deployments:
        return say("{} will not go live: no deployment of {} is managed here", what, api), api
    renewed = [each for each in deployments if "create" in each.resource.actions]
    if not renewed:
        address = deployments[0].address
        return say(
            "{} will not go live: {} is not replaced; let its triggers hold what changes", what, address
        ), address
    new_ids = [each.get("deployment_id") for each in stages]
    if stages and not any(id_ is UNKNOWN for id_ in new_ids):
        address = stages[0].address
        return say("{} will not go live: {} stays at its old deployment", what, address), address
    return (), ""


def _changes_served(resource: Resource) -> bool:
    before, after = resource.before or {}, resource.after or {}
    unknown = resource.unknown if isinstance(resource.unknown, dict) else {}
    return any(before.get(name) != after.get(name) or name in unknown for name in _SERVED_OF_API)


def _dangling(before: State, after: State) -> list[Finding]:
    found = []
    for route_type, type_ in TYPES.items():
        named: dict[str, list[ResourceState]] = defaultdict(list)
        for route in after.resources(route_type):
            if isinstance(id_ := route.get("authorizer_id"), str):
                named[id_].append(route)
        was_named: dict[str, list[ResourceState]] = defaultdict(list)
        for route in before.resources(route_type):
            if isinstance(id_ := route.get("authorizer_id"), str):
                was_named[id_].append(route)
        for authorizer in before.resources(type_):
            id_, actions = authorizer.text("id") or "", authorizer.resource.actions
            if "delete" not in actions:
                continue
            left = named.get(id_, [])
            if left:
                text = say(
                    "{} is destroyed, and {} still {} it",
                    authorizer.address,
                    first([say("{}", each.address) for each in left], 3),
                    ("names" if len(left) == 1 else "name",),
                )
                found.append(Finding("dangling", Level.DANGER, authorizer.address, text, ("an authorizer dangles",)))
            elif actions[0] == "delete" and was_named.get(id_):
                text = say(
                    "{} is destroyed before {} let{} go of it: API Gateway refuses, and it may live on untracked; "
                    "give it create_before_destroy",
                    authorizer.address,
                    first([say("{}", each.address) for each in was_named[id_]], 3),
                    ("s" if len(was_named[id_]) == 1 else "",),
                )
                found.append(Finding("destroyed-first", Level.NOTICE, authorizer.address, text))
        for route in after.resources(route_type):
            kind = str(route.get("authorization") or route.get("authorization_type")).upper()
            if kind in ("CUSTOM", "COGNITO_USER_POOLS", "JWT") and not route.get("authorizer_id"):
                text = say("{} asks for an authorizer and names none: API Gateway refuses it", route.address)
                found.append(Finding("dangling", Level.DANGER, route.address, text))
    return found
