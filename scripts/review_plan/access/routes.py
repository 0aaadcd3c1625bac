"""All routes of one side and who may call each: REST, HTTP and WebSocket APIs, OpenAPI bodies, function URLs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from scripts.review_plan.access import openapi
from scripts.review_plan.access.authorizers import Authorizers, function_in, with_demands
from scripts.review_plan.access.model import Access, Kind
from scripts.review_plan.access.paths import API, Paths
from scripts.review_plan.plan.state import UNKNOWN, ResourceState, State

HTTP_API = "aws_apigatewayv2_api"


@dataclass(frozen=True)
class Route:
    """One route. ``path`` is None when it is known after apply only; ``calls`` is what answers it."""

    api: str
    api_name: str
    protocol: str
    verb: str
    path: str | None
    access: Access
    address: str
    calls: str
    reason: str = ""
    """Why it is public, where an output of routes says so."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes it the same route before and after."""
        return self.api, self.verb, self.path if self.path is not None else self.address

    @property
    def name(self) -> str:
        """Verb and path, as in ``GET /users``."""
        path = "(path known after apply)" if self.path is None else self.path
        return f"{self.verb} {path}" if self.verb else path


class RouteTable:
    """The routes of one side, by identity and by API."""

    def __init__(self, side: State, other: State | None = None) -> None:
        self._side = side
        self._authorizers = Authorizers(side, other)
        self._paths = Paths(side)
        found = [*self._rest(), *self._http(), *self._bodies(), *self._urls()]
        reasons = _reasons(side)
        self.routes = {
            route.identity: replace(route, reason=reasons[route.name])
            if route.access.is_open and route.name in reasons
            else route
            for route in found
        }
        self.by_api: dict[str, list[Route]] = defaultdict(list)
        for route in self.routes.values():
            self.by_api[route.api].append(route)

    def _rest(self) -> Iterator[Route]:
        integrations = self._rest_integrations()
        for method in self._side.resources("aws_api_gateway_method"):
            api, api_name, private = self._api(method, "rest_api_id", API)
            verb, path = str(method.get("http_method") or "?"), self._paths.of_method(method)
            integration = integrations.get((api, verb, path)) if path is not None else None
            yield Route(
                api=api,
                api_name=api_name,
                protocol="REST",
                verb=verb,
                path=path,
                access=self._rest_access(method, verb, path, integration, private=private),
                address=method.address,
                calls=self._called(integration, "uri") if integration else "",
            )

    def _rest_access(
        self, method: ResourceState, verb: str, path: str | None, integration: ResourceState | None, *, private: bool
    ) -> Access:
        api_key = method.get("api_key_required") is True
        scopes = _texts(method.get("authorization_scopes"))
        match str(method.get("authorization")).upper():
            case "NONE" if verb == "OPTIONS" and integration is not None and integration.get("type") == "MOCK":
                return Access(Kind.PREFLIGHT, api_key=api_key, private=private)
            case "NONE":
                return Access(Kind.API_KEY if api_key else Kind.PUBLIC, api_key=api_key, private=private)
            case "AWS_IAM":
                return Access(Kind.IAM, api_key=api_key, private=private)
            case "CUSTOM" | "COGNITO_USER_POOLS":
                found = self._authorizers.of(method, f"{verb} {path}" if path else None)
                return with_demands(found, scopes=scopes, api_key=api_key, private=private)
            case _:
                return Access(Kind.UNKNOWN, api_key=api_key, private=private)

    def _rest_integrations(self) -> dict[tuple[str, str, str | None], ResourceState]:
        methods = {each.address: each for each in self._side.resources("aws_api_gateway_method")}
        found = {}
        for each in self._side.resources("aws_api_gateway_integration"):
            api, _, _ = self._api(each, "rest_api_id", API)
            path = self._paths.of_method(each)
            verb = each.text("http_method")
            if path is None or verb is None:
                method = self._method_of(each, methods)
                if method is not None:
                    path = self._paths.of_method(method) if path is None else path
                    verb = verb or method.text("http_method")
            found[api, verb or "?", path] = each
        return found

    def _method_of(self, integration: ResourceState, methods: dict[str, ResourceState]) -> ResourceState | None:
        """The method that an integration is for, by the references of its resource."""
        candidates = self._side.reference_candidates(integration, "resource_id", "aws_api_gateway_method", known=True)
        same = [each for each in candidates if each.key == integration.key]
        chosen = same if len(same) == 1 else candidates
        return methods.get(chosen[0].address) if len(chosen) == 1 else None

    def _http(self) -> Iterator[Route]:
        connect: dict[str, Access] = {}
        others: list[Route] = []
        for each in self._side.resources("aws_apigatewayv2_route"):
            api, api_name, _ = self._api(each, "api_id", HTTP_API)
            key = str(each.get("route_key") or "?")
            verb, _, path = key.partition(" ") if " " in key else ("", "", key)
            access = self._http_access(each, key)
            protocol = "WEBSOCKET" if self._is_websocket(api, key) else "HTTP"
            route = Route(api, api_name, protocol, verb, path, access, each.address, self._http_called(each))
            if protocol == "WEBSOCKET" and key == "$connect":
                connect[api] = access
            if protocol == "WEBSOCKET" and key != "$connect" and access.kind in (Kind.PUBLIC, Kind.API_KEY):
                others.append(route)
            else:
                yield route
        for route in others:
            # After the handshake nothing is asked again; without a $connect route anybody may make it.
            guarded = Access(Kind.CONNECTED) if route.api in connect else route.access
            yield replace(route, access=guarded)

    def _http_access(self, route: ResourceState, key: str) -> Access:
        api_key = route.get("api_key_required") is True
        match str(route.get("authorization_type") or "NONE").upper():
            case "NONE":
                return Access(Kind.API_KEY if api_key else Kind.PUBLIC, api_key=api_key)
            case "AWS_IAM":
                return Access(Kind.IAM, api_key=api_key)
            case "CUSTOM" | "JWT":
                found = self._authorizers.of(route, key)
                scopes = _texts(route.get("authorization_scopes"))
                return with_demands(found, scopes=scopes, api_key=api_key, private=False)
            case _:
                return Access(Kind.UNKNOWN)

    def _is_websocket(self, api: str, key: str) -> bool:
        found = next((each for each in self._side.resources(HTTP_API) if each.address == api), None)
        if found is not None:
            return str(found.get("protocol_type")).upper() == "WEBSOCKET"
        return key in ("$connect", "$disconnect")

    def _http_called(self, route: ResourceState) -> str:
        type_ = "aws_apigatewayv2_integration"
        target = route.get("target")
        if isinstance(target, str):
            found = self._side.with_id(type_, target.removeprefix("integrations/"))
        else:
            candidates = self._side.reference_candidates(route, "target", type_)
            found = candidates[0] if len(candidates) == 1 else None
        return self._called(found, "integration_uri") if found else ""

    def _bodies(self) -> Iterator[Route]:
        for type_, protocol in ((API, "REST"), (HTTP_API, "HTTP")):
            for api in self._side.resources(type_):
                name, private = _api_name(api), _is_private(api)
                body = api.get("body")
                if body is UNKNOWN or isinstance(body, str):
                    for verb, path, access in openapi.routes(None if body is UNKNOWN else body):
                        placed = replace(access, private=private)
                        yield Route(api.address, name, protocol, verb, path, placed, api.address, "")
                if type_ == HTTP_API and isinstance(key := api.get("route_key"), str) and key:
                    verb, _, path = key.partition(" ") if " " in key else ("", "", key)
                    called = function_in(api.get("target"))[0] or ""
                    yield Route(api.address, name, protocol, verb, path, Access(Kind.PUBLIC), api.address, called)

    def _urls(self) -> Iterator[Route]:
        for each in self._side.resources("aws_lambda_function_url"):
            name = each.text("function_name") or each.address
            name = function_in(name)[0] or name
            kind = {"NONE": Kind.PUBLIC, "AWS_IAM": Kind.IAM}.get(str(each.get("authorization_type")), Kind.UNKNOWN)
            path = f"function URL of {name}"
            yield Route(each.address, name, "URL", "", path, Access(kind), each.address, name)

    def _api(self, owner: ResourceState, attribute: str, type_: str) -> tuple[str, str, bool]:
        """The API's identity, its name, and whether only VPCs reach it."""
        found = self._side.resolve_reference(owner, attribute, type_)
        if len(found) == 1:
            return found[0].address, _api_name(found[0]), _is_private(found[0])
        value = owner.get(attribute)
        if isinstance(value, str):
            return value, value, False
        new = [each for each in self._side.resources(type_) if each.get("id") is UNKNOWN]
        if len(new) == 1:
            return new[0].address, _api_name(new[0]), _is_private(new[0])
        return f"{owner.module}:{attribute}", "", False

    def api_of(self, owner: ResourceState, attribute: str, type_: str) -> str:
        """The identity of the API that a resource belongs to."""
        return self._api(owner, attribute, type_)[0]

    def _called(self, integration: ResourceState, attribute: str) -> str:
        if "MOCK" in (integration.get("type"), integration.get("integration_type")):
            return "API Gateway itself"
        uri = integration.get(attribute)
        if isinstance(uri, str):
            function, alias = function_in(uri)
            return (f"{function}:{alias}" if alias else function) if function else uri
        found = self._side.reference_candidates(integration, attribute, "aws_lambda_function", known=True)
        return found[0].text("function_name") or found[0].address if len(found) == 1 else ""


def _api_name(api: ResourceState) -> str:
    return api.text("name") or api.address


def _is_private(api: ResourceState) -> bool:
    types = api.block("endpoint_configuration").get("types")
    return isinstance(types, list) and types == ["PRIVATE"]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(sorted(str(each) for each in value)) if isinstance(value, list) else ()


def _reasons(side: State) -> dict[str, str]:
    """Route => reason, from outputs such as ``{"GET /health": {"public": true, "reason": "..."}}``."""
    return {
        str(route): each["reason"]
        for output in (side.plan.outputs.values() if side.is_after else ())
        if isinstance(output, dict)
        for route, each in output.items()
        if isinstance(each, dict) and each.get("public") is True and isinstance(each.get("reason"), str)
    }
