"""Changes that nothing here can read; each stops the gate, unless the allow-list names its address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from scripts.review_plan.access import attributes, openapi
from scripts.review_plan.access.attributes import BY_TEXT, DOORS_IN_TEXT, FOLLOWED, OF_API_GATEWAY, OTHER_MEANS, TYPES
from scripts.review_plan.access.changes import Change, Status
from scripts.review_plan.access.functions import function_in
from scripts.review_plan.access.model import Access, Kind
from scripts.review_plan.access.routes import Route
from scripts.review_plan.access.statements import allows_more, covers, parse
from scripts.review_plan.plan import references
from scripts.review_plan.plan.document import Plan, Resource, block
from scripts.review_plan.plan.values import UNKNOWN, get, is_empty, leaves, mapping, same, with_unknowns
from scripts.review_plan.text import Text, join, names, say

_BODIES: Final = ("aws_api_gateway_rest_api", "aws_apigatewayv2_api", "aws_api_gateway_rest_api_put")
_STAGES: Final = ("aws_api_gateway_stage", "aws_apigatewayv2_stage")
_PLACES: Final = {
    "aws_lambda_permission": "a Lambda permission",
    "aws_vpc_endpoint": "the policy of a VPC endpoint",
    "aws_vpc_endpoint_policy": "the policy of a VPC endpoint",
}
_ENDPOINT_POLICIES: Final = ("aws_vpc_endpoint", "aws_vpc_endpoint_policy")
_EXECUTE_API: Final = ".execute-api"
_SERVICE: Final = (".amazonaws.com", ".amazonaws.com.cn")
_GATEWAY: Final = "apigateway.amazonaws.com"
_WIDENING: Final = ("source_arn", "source_account", "principal_org_id", "event_source_token")


def unread_changes(plan: Plan) -> Iterator[Change]:
    """Every change that cannot be read, one for each resource; and permissions that let more invoke a function."""
    for resource in plan.resources:
        if not resource.changes or resource.is_forgotten:
            continue
        if resource.type in TYPES:
            if why := [*_unknown_attributes(plan, resource), *_unread_values(plan, resource)]:
                yield _change(Status.UNREAD, resource, join(why, "; "))
            if resource.type == "aws_lambda_permission" and (widened := list(_widened(plan, resource))):
                yield _change(Status.LOOSENED, resource, join(widened, "; "))
        elif resource.type in _ENDPOINT_POLICIES:
            yield from _endpoint_policy(plan, resource)
        elif why_not := _made_elsewhere(resource):
            yield _change(Status.UNREAD, resource, why_not)
    for resource in plan.deferred:
        if resource.type in TYPES or _made_elsewhere(resource):
            yield _change(Status.UNREAD, resource, ("Terraform puts this change off, and does not show it whole",))


def _change(status: Status, resource: Resource, why: Text) -> Change:
    place = _PLACES.get(resource.type, "a change that is not read")
    route = Route(resource.address, "", "", "", resource.address, Access(Kind.UNKNOWN), resource.address, "")
    before: Text = ("not there",) if resource.before is None else (place,)
    after: Text = ("not there",) if resource.after is None and resource.unknown is not True else (place,)
    gains = (
        "those that nobody can name before apply" if status is Status.UNREAD else f"any caller that {place} now names"
    )
    return Change(status, route, before, after, why, True, gains=(gains,))


def _values(resource: Resource) -> tuple[Any, Any]:
    after = with_unknowns(resource.after or {}, resource.unknown) if resource.after is not None else {}
    return mapping(resource.before), after


def _unknown_attributes(plan: Plan, resource: Resource) -> Iterator[Text]:
    """Attributes that the table does not know and that differ; what only AWS gives a new resource is none."""
    before, after = _values(resource)
    written = block(plan, resource.module, resource.type, resource.name).get("expressions") or {}
    found = set()
    for path, _, now in _differences(before, after):
        name = ".".join(str(step) for step in path if isinstance(step, str))
        given = now is UNKNOWN and path[0] not in written
        if not given and not attributes.is_known(resource.type, name):
            found.add(name)
    if found:
        yield say("{} changes, which this release does not know", names(sorted(found)))


def _unread_values(plan: Plan, resource: Resource) -> Iterator[Text]:
    if resource.after is None:
        return
    before, after = _values(resource)
    if resource.before is None:
        yield from _served_anew(plan, resource, after)
        return
    unfollowed = {_unfollowed(resource, path, now) for path, _, now in _differences(before, after)}
    for name in sorted(name for name in unfollowed if name is not None):
        yield say("{} is known after apply only", name)
    if resource.type in _BODIES:
        yield from _bodies(before, after)
    if resource.type in _STAGES:
        yield from _served(plan, resource, before, after)
    for name, words in _NOT_READ.get(resource.type, {}).items():
        if _differ(before.get(name), after.get(name)):
            yield say(f"{{}} changes, {words}", name)
    if resource.type.endswith("_domain_name") and _endpoint(before) != _endpoint(after):
        yield ("from where a domain name is reached changes",)


# What says who may call and is not compared: any change of it stops.
_NOT_READ: Final = {
    "aws_api_gateway_deployment": {
        "canary_settings": "by which it writes its stage",
        "stage_name": "by which it writes its stage",
        "variables": "by which it writes its stage",
    },
    "aws_api_gateway_domain_name": {"policy": "the policy of a private domain name"},
    "aws_api_gateway_domain_name_access_association": {
        "access_association_source": "from where a private domain name is reached",
        "access_association_source_type": "from where a private domain name is reached",
        "domain_name_arn": "from where a private domain name is reached",
    },
    "aws_api_gateway_rest_api": {"parameters": "by which a body is read"},
    "aws_api_gateway_rest_api_put": {"parameters": "by which a body is read"},
}


def _differ(before: Any, after: Any) -> bool:
    return not same(before, after) and not (is_empty(before) and is_empty(after))


def _endpoint(values: Any) -> Any:
    rest = get(values.get("endpoint_configuration"), 0, "types")
    found = rest or get(values.get("domain_name_configuration"), 0, "endpoint_type")
    # What is reached from the internet either way is no change.
    return "PRIVATE" if "PRIVATE" in str(found) else "public"


def _unfollowed(resource: Resource, path: tuple[str | int, ...], now: Any) -> str | None:
    """The row of an attribute that decides, is known after apply only, and cannot be followed."""
    name = attributes.decides(resource.type, ".".join(str(step) for step in path if isinstance(step, str)))
    return name if name is not None and now is UNKNOWN and name not in FOLLOWED else None


def _bodies(before: Any, after: Any) -> Iterator[Text]:
    try:
        old, new = _document(before.get("body")), _document(after.get("body"))
    except openapi.Unreadable:
        return
    if old is not None and new is not None and (unknown := openapi.unread_changes(old, new)):
        yield say("{} of the body changes, which this release does not know", names(unknown))


def _document(body: Any) -> Any:
    return openapi.parse(body) if isinstance(body, str) and body else None


def _served(plan: Plan, resource: Resource, before: Any, after: Any) -> Iterator[Text]:
    """A stage that turns to a deployment that is not made now: what that one serves is in no plan."""
    for path in (("deployment_id",), ("canary_settings", 0, "deployment_id")):
        was, now = get(before, *path), get(after, *path)
        if is_empty(now) or was == now or (now is UNKNOWN and _is_new_deployment(plan, resource, str(path[0]))):
            continue
        yield say("the stage turns to deployment {}, which this plan does not show", now)


def _served_anew(plan: Plan, stage: Resource, after: Any) -> Iterator[Text]:
    """A new stage of a deployment that is there already, and that no other stage serves."""
    if stage.type not in _STAGES or not isinstance(deployment := after.get("deployment_id"), str):
        return
    served = {mapping(other.before).get("deployment_id") for other in plan.resources if other.type == stage.type}
    if deployment not in served:
        yield say("the stage serves deployment {}, which this plan does not show", deployment)


def _is_new_deployment(plan: Plan, stage: Resource, attribute: str) -> bool:
    """Whether the unknown deployment of a stage can only be one that this plan makes."""
    type_ = stage.type.replace("_stage", "_deployment")
    origin = references.origin(plan, stage, attribute, frozenset({type_}))
    is_made = any(resource.type == type_ and "create" in resource.actions for resource in plan.resources)
    return is_made and (origin.is_complete or not plan.carries_unknown_texts)


def _endpoint_policy(plan: Plan, resource: Resource) -> Iterator[Change]:
    """What the policy of a VPC endpoint of private APIs lets through; without one, everything."""
    before, after = _values(resource)
    if resource.before is None or not _is_of_apis(plan, resource, before):
        return
    was, now = before.get("policy"), after.get("policy")
    if was == now or is_empty(was):
        return
    old, new = parse(was), parse(now)
    if is_empty(now) or (old is not None and new is not None and allows_more(old, new)):
        yield _change(Status.LOOSENED, resource, ("the policy of the VPC endpoint lets more through",))
    elif old is None or new is None:
        yield _change(Status.UNREAD, resource, ("the policy of the VPC endpoint changes, which cannot be read",))


def _is_of_apis(plan: Plan, resource: Resource, values: Any) -> bool:
    if resource.type == "aws_vpc_endpoint":
        return str(values.get("service_name")).endswith(_EXECUTE_API)
    endpoints = [
        mapping(other.before)
        for other in plan.resources
        if other.type == "aws_vpc_endpoint" and mapping(other.before).get("id") == values.get("vpc_endpoint_id")
    ]
    if endpoints:
        return str(endpoints[0].get("service_name")).endswith(_EXECUTE_API)
    return "execute-api" in str(values.get("policy"))


def _widened(plan: Plan, resource: Resource) -> Iterator[Text]:
    before, after = _values(resource)
    if not after:
        return
    if not before:
        yield from _comes(plan, after)
        return
    for name in ("principal", "action", "function_url_auth_type", "qualifier"):
        was, now = before.get(name), after.get(name)
        if not same(was, now) and not (is_empty(was) and is_empty(now)) and not covers(str(was), str(now)):
            yield say("{}: {} → {}", name, _text(was), _text(now))
    for name in _WIDENING:
        was, now = before.get(name), after.get(name)
        if is_empty(was) or same(was, now):
            continue
        if now is UNKNOWN and _is_of_this_plan(plan, resource, name):
            continue
        if is_empty(now) or now is UNKNOWN or not covers(str(was), str(now)):
            yield say("{}: {} → {}", name, _text(was), _text(now))


def _comes(plan: Plan, after: Any) -> Iterator[Text]:
    """Whom a new permission lets in; one for a function that is new as well is how the function comes."""
    if any(not is_empty(after.get(name)) for name in _WIDENING):
        return
    principal = after.get("principal")
    what = "call the function's URL" if after.get("function_url_auth_type") is not None else "invoke the function"
    if principal == "*":
        yield (f"anybody may {what}",)
    elif not _is_new_function(plan, after.get("function_name")):
        if not str(principal).endswith(_SERVICE):
            yield say(f"{{}} may {what}", _text(principal))
        elif principal == _GATEWAY:
            yield ("any API of any account may invoke the function",)


def _is_new_function(plan: Plan, value: Any) -> bool:
    name = function_in(value)[0] or value
    known = [resource for resource in plan.resources if resource.type == "aws_lambda_function"]
    new = [resource for resource in known if resource.before is None]
    return value is UNKNOWN or any(mapping(resource.after).get("function_name") == name for resource in new)


def _is_of_this_plan(plan: Plan, resource: Resource, attribute: str) -> bool:
    """Whether an unknown attribute comes from APIs of this plan alone."""
    types = frozenset(type_ for type_ in TYPES if type_.startswith(("aws_api_gateway_", "aws_apigatewayv2_")))
    origin = references.origin(plan, resource, attribute, types)
    return origin.is_complete and bool(origin.sources)


def _text(value: Any) -> str:
    return "none" if is_empty(value) else str(value)


def _made_elsewhere(resource: Resource) -> Text:
    """Why a resource may make a route that is not read: its type, or what its text names."""
    if resource.type.startswith(OTHER_MEANS):
        return ("routes that are made by this resource are not read",)
    if resource.type.startswith(OF_API_GATEWAY):
        return ("this release does not know resources of this type",)
    if resource.type not in BY_TEXT:
        return ()
    before, after = _values(resource)
    texts = [values.get(name) for values in (before, after) if values for name in BY_TEXT[resource.type]]
    texts = [text for text in texts if not is_empty(text)]
    urls = [values.get("template_url") for values in (before, after) if values]
    if not texts or UNKNOWN in texts or any(not is_empty(url) for url in urls):
        return ("what it makes is not known, and may be a route",)
    named = sorted({door for door in DOORS_IN_TEXT for text in texts if door in str(text)})
    return say("it names {}, and what it makes is not read", names(named)) if named else ()


def _differences(before: Any, after: Any) -> Iterator[tuple[tuple[str | int, ...], Any, Any]]:
    """Every leaf that differs, with what it was and what it becomes."""
    old, new = dict(leaves(before)), dict(leaves(after))
    for path in old.keys() | new.keys():
        was, now = old.get(path), new.get(path)
        if path and not same(was, now) and not (is_empty(was) and is_empty(now)):
            yield path, was, now
