"""Whether what an API tells clients of where to get a token is what its authorizers accept.

The document (RFC 9728, section 2) is public and static, and the headers of refusals name it. Clients send people to the
authorization servers in it, so one that is named there and not trusted could ask for what is not meant for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from scripts.review_plan.access.apis import REST_API
from scripts.review_plan.access.model import Kind
from scripts.review_plan.access.paths import Paths
from scripts.review_plan.access.routes import METADATA_PATH, RouteTable
from scripts.review_plan.checks.findings import Finding, Level
from scripts.review_plan.plan.state import ResourceState, State
from scripts.review_plan.plan.values import UNKNOWN, get, items, mapping
from scripts.review_plan.text import Text, names, say

_RULE: Final = "protected-resource"
_LOCATION: Final = re.compile(r'resource_metadata="([^"]*)"')
_CHALLENGE: Final = "gatewayresponse.header.WWW-Authenticate"
_HIDDEN: Final = ("it is not what the authorizer's configuration says",)


def findings(state: State, table: RouteTable) -> list[Finding]:
    """What is wrong with the documents and headers of a state; ``table`` holds its routes."""
    documents = {api: list(_documents(state, table, api)) for api in table.by_api}
    found: list[Finding] = []
    for api, responses in documents.items():
        resources = set()
        for response in responses:
            document = _read(response)
            found += _compare(response, document, table, api)
            resources.add(str(mapping(document).get("resource")))
        found += _headers(state, table, api, resources)
    return found


def _documents(state: State, table: RouteTable, api: str) -> Iterator[ResourceState]:
    """The responses of an API that hold its document."""
    if not any(route.access.kind is Kind.METADATA for route in table.by_api[api]):
        return
    paths = Paths(state)
    for response in state.resources("aws_api_gateway_integration_response"):
        is_at = f"{paths.of_method(response).path}/".startswith(f"{METADATA_PATH}/")
        is_own = table.api_of(response, "rest_api_id", REST_API) == api
        if is_at and is_own and response.get("http_method") in ("GET", UNKNOWN):
            yield response


def _read(response: ResourceState) -> Any:
    """The document of a response: UNKNOWN until apply, None where it is none."""
    text = get(response.values, "response_templates", "application/json")
    if text is UNKNOWN or response.get("response_templates") is UNKNOWN:
        return UNKNOWN
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


def _compare(response: ResourceState, document: Any, table: RouteTable, api: str) -> list[Finding]:
    rules = [access for route in table.by_api[api] for access in route.access.rules]
    deciders = [access.decider for access in rules if access.decider is not None]
    configurations = [each.configuration for each in deciders if each.configuration is not None]
    if document is UNKNOWN or not configurations:
        why = (
            "is known after apply only"
            if document is UNKNOWN
            else "no configuration in the plan says whether it is right"
        )
        return [Finding(_RULE, Level.NOTICE, response.address, (f"the protected resource's document: {why}",))]
    if not isinstance(document, Mapping):
        return [
            Finding(_RULE, Level.DANGER, response.address, ("the protected resource's document is no JSON object",))
        ]
    named = {json.dumps(issuer): mapping(issuer) for each in configurations for issuer in items(each.get("issuers"))}
    scopes = [scope for access in rules for scope in _scopes(access.rule)]
    is_hidden = any(decider.hidden for decider in deciders)
    return [
        Finding(
            _RULE,
            level,
            response.address,
            ("the protected resource's document: ", *(_HIDDEN if is_hidden else text)),
            ("the document that says where to get a token is not what the authorizer accepts",)
            if level is Level.DANGER
            else (),
        )
        for level, text in _differences(document, [*named.values()], scopes)
    ]


def _differences(
    document: Mapping[str, Any], issuers: Sequence[Mapping[str, Any]], scopes: Sequence[str]
) -> Iterator[tuple[Level, Text]]:
    servers = {str(server) for server in items(document.get("authorization_servers"))}
    trusted = {name for issuer in issuers for name in _names(issuer)}
    if others := sorted(servers - trusted):
        yield Level.DANGER, say("it sends clients to {}, whose tokens the API does not accept", names(others))
    if missing := sorted(name for name in trusted - servers if name.startswith("https://")):
        yield Level.NOTICE, say("it does not name {}, whose tokens the API accepts", names(missing))
    resource = str(document.get("resource"))
    for issuer in issuers:
        audiences = items(issuer.get("audiences"))
        if audiences and resource not in audiences:
            text = say("it is about {}, which is no audience of issuer {}", resource, str(issuer.get("issuer")))
            yield Level.DANGER, text
    unused = [str(scope) for scope in items(document.get("scopes_supported")) if not _is_needed(str(scope), scopes)]
    if unused:
        yield Level.DANGER, say("it has clients ask for {}, which no rule of the API needs", names(unused))


def _names(issuer: Mapping[str, Any]) -> list[str]:
    """The names of the authorization servers of an issuer: one for each tenant that it names."""
    name, tenants = str(issuer.get("issuer")), issuer.get("tenants")
    if "{tenantid}" in name and isinstance(tenants, list):
        return [name.replace("{tenantid}", str(tenant)) for tenant in tenants]
    return [name]


def _scopes(rule: Mapping[str, Any] | None) -> list[str]:
    return [str(scope) for key in ("scopes", "any_scope") for scope in items((rule or {}).get(key))]


def _is_needed(scope: str, scopes: Sequence[str]) -> bool:
    """Whether it is a rule's scope, by itself or below the prefix that some providers put before it."""
    return any(scope == own or scope.endswith(f"/{own}") for own in scopes)


def _headers(state: State, table: RouteTable, api: str, resources: set[str]) -> Iterator[Finding]:
    """The headers of refusals that send clients to another document than the API's own."""
    own = {str(route.path) for route in table.by_api[api] if route.access.kind is Kind.METADATA}
    for response in state.resources("aws_api_gateway_gateway_response"):
        header = get(response.values, "response_parameters", _CHALLENGE)
        location = _LOCATION.search(header) if isinstance(header, str) else None
        if location is None or table.api_of(response, "rest_api_id", REST_API) != api:
            continue
        origin, end = _origin(location[1]), location[1].find(METADATA_PATH)
        is_own = any(origin == _origin(resource) for resource in resources) and location[1][end:] in own
        if end < 0 or not is_own:
            text = say("a refusal sends clients to {}, which is no document of this API", location[1])
            yield Finding(_RULE, Level.DANGER, response.address, text, text)


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3])
