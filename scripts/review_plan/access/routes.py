"""All routes of one state and who may call each: REST, HTTP and WebSocket APIs, OpenAPI bodies, function URLs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from scripts.review_plan.access import openapi
from scripts.review_plan.access.apis import HTTP_API, REST_API, Api, Apis
from scripts.review_plan.access.authorizers import Authorizers, stage_kind, stages_of, texts
from scripts.review_plan.access.entrances import Entrance, Entrances, Reach, as_met_by, words
from scripts.review_plan.access.functions import FUNCTION, Functions, function_in
from scripts.review_plan.access.model import Access, Kind, with_demands
from scripts.review_plan.access.paths import Paths, Place
from scripts.review_plan.plan.state import ResourceState, State
from scripts.review_plan.plan.values import UNKNOWN, is_empty, mapping
from scripts.review_plan.text import Text

BODY_ROUTES: Final = "(routes of an OpenAPI body)"
METADATA_PATH: Final = "/.well-known/oauth-protected-resource"
_REST_PUT: Final = "aws_api_gateway_rest_api_put"


@dataclass(frozen=True)
class Route:
    """One route.

    ``path`` is None when it is known after apply only, and ``is_sure`` false when only a key says it; ``calls`` is what
    answers it; ``is_unmanaged`` that this plan forgets it, so that it lives on without Terraform.
    """

    api: str
    api_name: str
    protocol: str
    verb: str
    path: str | None
    access: Access
    address: str
    calls: str
    entrances: tuple[Entrance, ...] = ()
    is_sure: bool = True
    is_unmanaged: bool = False
    end: str = ""
    target: str = ""
    """The whole ARN or URI of what answers it."""
    reason: str = ""
    """Why it is public, where an output of routes says so."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes it the same route before and after, as far as nothing else is the same route too."""
        return self.api, self.verb, self.path if self.path is not None else self.address

    @property
    def name(self) -> str:
        """Verb and path, as in ``GET /users``."""
        path = f"(path known after apply){f' …/{self.end}' if self.end else ''}" if self.path is None else self.path
        return f"{self.verb} {path}" if self.verb else path

    @property
    def reach(self) -> Reach:
        """From where callers get in who do not say who they are."""
        if not self.access.is_open:
            return Reach.NOWHERE
        return max((entrance.reach for entrance in self._own_entrances), default=Reach.INTERNET)

    @property
    def is_open(self) -> bool:
        """Whether there is a way in for callers who do not say who they are."""
        return self.reach > Reach.NOWHERE

    @property
    def may_be_open(self) -> bool:
        """Whether there is such a way, as far as what stands before the route can be read."""
        unread = self.access.is_open and not all(entrance.is_read for entrance in self.entrances)
        return self.is_open or unread or not self.access.is_known

    @property
    def _own_entrances(self) -> list[Entrance]:
        return [as_met_by(entrance, self.verb, self.path) for entrance in self.entrances]

    @property
    def words(self) -> Text:
        """Who may call it, in words."""
        return (*self.access.words, *words(self.entrances))


@dataclass(frozen=True)
class Served:
    """What a stage serves: its deployment, None for one that is made now, and the variables that choose a function."""

    is_known: bool
    deployment: str | None = None
    variables: frozenset[tuple[str, str]] = frozenset()

    def is_served_by(self, after: Served) -> bool:
        """Whether another stage serves the same, or what the plan makes, and asks the same functions."""
        if not self.is_known or not after.is_known or self.variables != after.variables:
            return False
        return after.deployment is None or after.deployment == self.deployment


class RouteTable:
    """The routes of one state, by identity and by API."""

    def __init__(self, state: State, other: State | None = None) -> None:
        self._state = state
        self._apis = Apis(state)
        self._functions = Functions(state, other)
        self._authorizers = Authorizers(state, self._apis, self._functions, other)
        self._paths = Paths(state)
        self.entrances = Entrances(state, self._apis)
        self.routes: dict[tuple[str, str, str], list[Route]] = defaultdict(list)
        self.by_api: dict[str, list[Route]] = defaultdict(list)
        self.merged = frozenset(
            api.address
            for api in state.resources(REST_API)
            if api.get("put_rest_api_mode") == "merge" and api.get("body")
        )
        reasons = _reasons(state)
        for route in (*self._rest(), *self._http(), *self._bodies(), *self._urls()):
            is_public = route.access.is_open or route.access.kind is Kind.METADATA
            reason = reasons.get(route.name, "") if is_public else ""
            placed = replace(route, entrances=self.entrances.of(route.api), reason=reason)
            self.routes[placed.identity].append(placed)
            self.by_api[placed.api].append(placed)
        for same in (*self.routes.values(), *self.by_api.values()):
            # Two routes may be the same for all that is known: then the more open one is taken to answer.
            same.sort(key=lambda route: (not route.access.is_open, route.address))

    def unused_locks(self) -> Iterator[tuple[str, Access]]:
        """The locks of routes that are not in the plan."""
        return self._authorizers.unused()

    @property
    def all(self) -> Iterator[Route]:
        """Every route."""
        return (route for same in self.routes.values() for route in same)

    def api_of(self, owner: ResourceState, attribute: str, type_: str) -> str:
        """The identity of the API that a resource belongs to."""
        return self._apis.of(owner, attribute, type_).identity

    def served(self, api: str, name: str) -> Served:
        """What a stage of an API serves, with the variables by which an authorizer of the plan is chosen."""
        for type_, attribute, api_type, named, variables in _STAGES:
            for stage in self._state.resources(type_):
                if stage.get(named) == name and self._apis.of(stage, attribute, api_type).identity == api:
                    values = mapping(stage.get(variables))
                    used = {(key, str(values.get(key))) for key in self._authorizers.stage_variables}
                    is_own = stage.get("auto_deploy") is True
                    return Served(True, None if is_own else stage.text("deployment_id"), frozenset(used))
        return Served(False)

    def _rest(self) -> Iterator[Route]:
        integrations = self._rest_integrations()
        for method in self._state.resources("aws_api_gateway_method"):
            api = self._apis.of(method, "rest_api_id", REST_API)
            place = self._paths.of_method(method)
            verb = str(method.get("http_method") or "?")
            integration = integrations.get((api.identity, verb, place.path)) if place.path is not None else None
            yield self._route(
                api, "REST", verb, place, self._rest_access(method, verb, place, api, integration), method, integration
            )

    def _route(
        self,
        api: Api,
        protocol: str,
        verb: str,
        place: Place,
        access: Access,
        owner: ResourceState,
        integration: ResourceState | None,
    ) -> Route:
        uri = "uri" if protocol == "REST" else "integration_uri"
        return Route(
            api=api.identity,
            api_name=api.name,
            protocol=protocol,
            verb=verb,
            path=place.path,
            access=access,
            address=owner.address,
            calls=self._called(integration, uri) if integration else "",
            target=(integration.text(uri) or "") if integration else "",
            is_sure=place.is_sure,
            is_unmanaged=self._state.is_after and owner.resource.is_forgotten,
            end=place.end,
        )

    def _rest_access(
        self, method: ResourceState, verb: str, place: Place, api: Api, integration: ResourceState | None
    ) -> Access:
        api_key = method.get("api_key_required") is True
        is_mock = integration is not None and integration.get("type") == "MOCK"
        scopes = texts(method.get("authorization_scopes"))
        match str(method.get("authorization")).upper():
            case "NONE" if verb == "OPTIONS" and is_mock:
                return Access(Kind.PREFLIGHT, api_key=api_key)
            case "NONE" if verb == "GET" and is_mock and _is_metadata(place):
                return Access(Kind.METADATA, api_key=api_key)
            case "NONE":
                return Access(Kind.API_KEY if api_key else Kind.PUBLIC, api_key=api_key)
            case "AWS_IAM":
                return Access(Kind.IAM, api_key=api_key)
            case "CUSTOM" | "COGNITO_USER_POOLS":
                return with_demands(self._authorizers.of(method, api.identity), scopes=scopes, api_key=api_key)
            case _:
                return Access(Kind.UNKNOWN, api_key=api_key, source=str(method.get("authorization")))

    def _rest_integrations(self) -> dict[tuple[str, str, str | None], ResourceState]:
        methods = {method.address: method for method in self._state.resources("aws_api_gateway_method")}
        found = {}
        for integration in self._state.resources("aws_api_gateway_integration"):
            api = self._apis.of(integration, "rest_api_id", REST_API)
            path = self._paths.of_method(integration).path
            verb = integration.text("http_method")
            if path is None or verb is None:
                method = self._method_of(integration, methods)
                if method is not None:
                    path = self._paths.of_method(method).path if path is None else path
                    verb = verb or method.text("http_method")
            found[api.identity, verb or "?", path] = integration
        return found

    def _method_of(self, integration: ResourceState, methods: dict[str, ResourceState]) -> ResourceState | None:
        """The method that an integration is for, by the references of its resource."""
        candidates = self._state.referenced(integration, "resource_id", "aws_api_gateway_method").resources
        same = [
            method for method in candidates if method.key == integration.key and method.module == integration.module
        ]
        chosen = same if len(same) == 1 else candidates
        return methods.get(chosen[0].address) if len(chosen) == 1 else None

    def _http(self) -> Iterator[Route]:
        connect: dict[str, Access] = {}
        others: list[Route] = []
        for owner in self._state.resources("aws_apigatewayv2_route"):
            api = self._apis.of(owner, "api_id", HTTP_API)
            key = str(owner.get("route_key") or "?")
            verb, place = _split(key)
            protocol = "WEBSOCKET" if _is_websocket(api, key) else "HTTP"
            access = self._http_access(owner, api)
            route = self._route(api, protocol, verb, place, access, owner, self._http_integration(owner))
            if protocol == "WEBSOCKET" and key == "$connect":
                connect[api.identity] = access
            if protocol == "WEBSOCKET" and key != "$connect" and access.kind in (Kind.PUBLIC, Kind.API_KEY):
                others.append(route)
            else:
                yield route
        for route in others:
            # Only the handshake has a lock; without a $connect route anybody may make it.
            guarded = Access(Kind.CONNECTED) if route.api in connect else route.access
            yield replace(route, access=guarded)

    def _http_access(self, route: ResourceState, api: Api) -> Access:
        api_key = route.get("api_key_required") is True
        match str(route.get("authorization_type") or "NONE").upper():
            case "NONE":
                return Access(Kind.API_KEY if api_key else Kind.PUBLIC, api_key=api_key)
            case "AWS_IAM":
                return Access(Kind.IAM, api_key=api_key)
            case "CUSTOM" | "JWT":
                scopes = texts(route.get("authorization_scopes"))
                return with_demands(self._authorizers.of(route, api.identity), scopes=scopes, api_key=api_key)
            case _:
                return Access(Kind.UNKNOWN, source=str(route.get("authorization_type")))

    def _http_integration(self, route: ResourceState) -> ResourceState | None:
        type_ = "aws_apigatewayv2_integration"
        target = route.get("target")
        if isinstance(target, str):
            return self._state.with_id(type_, target.removeprefix("integrations/"))
        return self._state.candidates(route, "target", type_).only

    def _bodies(self) -> Iterator[Route]:
        for type_, protocol in ((REST_API, "REST"), (HTTP_API, "HTTP")):
            for api in self._state.resources(type_):
                named = self._apis_own(api)
                yield from self._body(named, protocol, api, api.get("body"))
                if type_ == HTTP_API and not is_empty(api.get("target")):
                    # Quick create: a route without any authorization, $default unless another is named.
                    verb, place = _split(api.text("route_key") or "$default")
                    called = function_in(api.get("target"))[0] or ""
                    yield replace(
                        self._route(named, protocol, verb, place, Access(Kind.PUBLIC), api, None), calls=called
                    )
        for put in self._state.resources(_REST_PUT):
            yield from self._body(self._apis.of(put, "rest_api_id", REST_API), "REST", put, put.get("body"))

    def _apis_own(self, api: ResourceState) -> Api:
        return Api(api.address, api.text("name") or api.address, api)

    def _body(self, api: Api, protocol: str, owner: ResourceState, body: Any) -> Iterator[Route]:
        if is_empty(body):
            return
        try:
            document = openapi.parse(body) if isinstance(body, str) else None
        except openapi.Unreadable:
            document = None
        if document is None:
            yield self._route(api, protocol, "", Place(BODY_ROUTES), openapi.unread_body(body), owner, None)
            return
        kind = stage_kind("aws_api_gateway_authorizer" if protocol == "REST" else "aws_apigatewayv2_authorizer")
        stages = stages_of(self._state, self._apis, api.identity, kind)
        read = openapi.Body(document, self._authorizers, stages, rest=protocol == "REST")
        for verb, path, access in read.routes():
            yield self._route(api, protocol, verb, Place(path), access, owner, None)

    def _urls(self) -> Iterator[Route]:
        for url in self._state.resources("aws_lambda_function_url"):
            value = url.text("function_name")
            if value is None:
                referenced = self._state.referenced(url, "function_name", FUNCTION).only
                value = referenced.text("function_name") if referenced else None
            name = value or url.address
            name = function_in(name)[0] or name
            qualifier = url.text("qualifier")
            kinds = {"NONE": Kind.PUBLIC, "AWS_IAM": Kind.IAM}
            type_ = str(url.get("authorization_type"))
            access = Access(kinds.get(type_, Kind.UNKNOWN), source="" if type_ in kinds else type_)
            path = f"function URL of {name}{f':{qualifier}' if qualifier else ''}"
            api = Api(url.address, name)
            yield replace(self._route(api, "URL", "", Place(path), access, url, None), calls=name)

    def _called(self, integration: ResourceState, attribute: str) -> str:
        if "MOCK" in (integration.get("type"), integration.get("integration_type")):
            return "API Gateway itself"
        uri = integration.get(attribute)
        if isinstance(uri, str):
            function, alias = function_in(uri)
            return (f"{function}:{alias}" if alias else function) if function else uri
        found = self._state.referenced(integration, attribute, FUNCTION).resources
        return found[0].text("function_name") or found[0].address if len(found) == 1 else ""


_STAGES: Final = (
    ("aws_api_gateway_stage", "rest_api_id", REST_API, "stage_name", "variables"),
    ("aws_apigatewayv2_stage", "api_id", HTTP_API, "name", "stage_variables"),
)


def _is_metadata(place: Place) -> bool:
    """Whether a place is that of a protected resource's document (RFC 9728, section 3)."""
    return f"{place.path}/".startswith(f"{METADATA_PATH}/")


def _split(key: str) -> tuple[str, Place]:
    verb, _, path = key.partition(" ") if " " in key else ("", "", key)
    return verb, Place(path)


def _is_websocket(api: Api, key: str) -> bool:
    if api.state is not None:
        return str(api.state.get("protocol_type")).upper() == "WEBSOCKET"
    return key in ("$connect", "$disconnect")


def _reasons(state: State) -> dict[str, str]:
    """Route => reason, from outputs such as ``{"GET /health": {"public": true, "reason": "..."}}``: shown, no more."""
    return {
        str(route): each["reason"]
        for output in (state.plan.outputs.values() if state.is_after else ())
        if isinstance(output, dict)
        for route, each in output.items()
        if isinstance(each, dict) and each.get("public") is True and isinstance(each.get("reason"), str)
    }


__all__ = ["BODY_ROUTES", "HTTP_API", "METADATA_PATH", "UNKNOWN", "Route", "RouteTable"]
