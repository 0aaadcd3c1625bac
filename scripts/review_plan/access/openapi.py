"""An API's OpenAPI body, 2.0 or 3.x, in JSON or YAML, read as REST and HTTP APIs each read it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import yaml

from scripts.review_plan.access.authorizers import Authorizers, jwt, kept, texts
from scripts.review_plan.access.model import Access, Kind, with_demands, with_kept
from scripts.review_plan.plan.state import ResourceState
from scripts.review_plan.plan.values import UNKNOWN, items, mapping
from scripts.review_plan.text import say, typed

_VERBS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
_ANY: Final = "x-amazon-apigateway-any-method"
_AUTHORIZER: Final = "x-amazon-apigateway-authorizer"
_MOST_NODES: Final = 200_000
# Extension => whether it says who may call; what does is read here or by the entrances.
EXTENSIONS: Final[Mapping[str, bool]] = {
    "x-amazon-apigateway-any-method": True,
    "x-amazon-apigateway-api-key-source": False,  # where a key is read from; a key is no authentication
    "x-amazon-apigateway-auth": True,
    "x-amazon-apigateway-authorizer": True,
    "x-amazon-apigateway-authtype": True,
    "x-amazon-apigateway-binary-media-types": False,
    "x-amazon-apigateway-cors": False,  # which pages may read an answer, not who may call
    "x-amazon-apigateway-documentation": False,
    "x-amazon-apigateway-endpoint-configuration": True,
    "x-amazon-apigateway-gateway-responses": False,
    "x-amazon-apigateway-importexport-version": False,
    "x-amazon-apigateway-integration": True,  # a MOCK of OPTIONS is a preflight
    "x-amazon-apigateway-integrations": True,
    "x-amazon-apigateway-minimum-compression-size": False,
    "x-amazon-apigateway-policy": True,
    "x-amazon-apigateway-request-validator": False,
    "x-amazon-apigateway-request-validators": False,
    "x-amazon-apigateway-tag-value": False,
}


class Unreadable(Exception):
    """A body that cannot be read as API Gateway reads it; the message says why."""


@lru_cache(maxsize=64)
def parse(body: str) -> Mapping[str, Any]:
    """The document in a body. Raises Unreadable when it is no OpenAPI document, or says one thing twice."""
    try:
        read = json.loads(body, object_pairs_hook=_without_doubles) if body.lstrip()[:1] == "{" else _yaml(body)
        found = _plain(read, [0])
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise Unreadable(f"the body is neither JSON nor YAML ({type(error).__name__})") from None
    if not isinstance(found, dict) or not ("openapi" in found or "swagger" in found or "paths" in found):
        raise Unreadable("the body is no OpenAPI document")
    return found


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("the body says one key twice")
    return found


class _Loader(yaml.SafeLoader):
    """YAML without dates, and without a key that is said twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
        if len(set(keys)) != len(keys):
            raise Unreadable("the body says one key twice")
        return super().construct_mapping(node, deep)


def _as_text(_loader: yaml.SafeLoader, node: yaml.Node) -> str:
    return str(node.value)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _as_text)


def _yaml(body: str) -> Any:
    return yaml.load(body, Loader=_Loader)  # noqa: S506 - a SafeLoader


def _plain(value: Any, seen: list[int]) -> Any:
    """A document with texts for keys, as JSON has them. Raises Unreadable where aliases make it endless."""
    seen[0] += 1
    if seen[0] > _MOST_NODES:
        raise Unreadable("the body holds more than can be read")
    if isinstance(value, dict):
        return {key if isinstance(key, str) else typed(key): _plain(part, seen) for key, part in value.items()}
    return [_plain(part, seen) for part in value] if isinstance(value, list) else value


def document_of(api: ResourceState) -> Mapping[str, Any] | None:
    """The document of an API's body; None where there is none, or it cannot be read."""
    body = api.get("body")
    try:
        return parse(body) if isinstance(body, str) and body else None
    except Unreadable:
        return None


def policy_of(document: Mapping[str, Any] | None) -> Any:
    """The resource policy that a document holds, or None."""
    return (document or {}).get("x-amazon-apigateway-policy")


def disables_endpoint(document: Mapping[str, Any] | None) -> bool:
    """Whether a document switches the execute-api endpoint off."""
    found = document or {}
    places = [found, *(mapping(server) for server in items(found.get("servers")))]
    key = "x-amazon-apigateway-endpoint-configuration"
    return any(mapping(place.get(key)).get("disableExecuteApiEndpoint") is True for place in places)


def unread_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The extensions of API Gateway that differ and are not known here, and what else of a root is not sure to act."""
    old, new = dict(_unknown(before)), dict(_unknown(after))
    return sorted({path.rpartition("/")[2] for path in old.keys() | new.keys() if old.get(path) != new.get(path)})


def _unknown(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            at = f"{path}/{key}"
            known = EXTENSIONS.get(str(key))
            # Whether the root's own counts is not documented.
            if str(key).startswith("x-amazon-apigateway-") and (known is None or at == "/x-amazon-apigateway-auth"):
                yield at, typed(part)
            elif known is not False:
                yield from _unknown(part, at)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _unknown(part, f"{path}/{place}")


class Body:
    """The routes of one document, for one kind of API."""

    def __init__(
        self,
        document: Mapping[str, Any],
        authorizers: Authorizers,
        stages: Mapping[str, Mapping[str, Any]],
        *,
        rest: bool,
    ) -> None:
        self._document = document
        self._authorizers = authorizers
        self._stages = stages
        self._is_rest = rest
        self._schemes = {
            **mapping(document.get("securityDefinitions")),
            **mapping(mapping(document.get("components")).get("securitySchemes")),
        }

    def routes(self) -> Iterator[tuple[str, str, Access]]:
        """Verb, path and lock of each route."""
        for path, item in mapping(self._document.get("paths")).items():
            operations = self._resolved(item)
            if operations is None:
                yield "ANY", str(path), _unreadable(f"{path} is written elsewhere", item)
                continue
            for key, operation in operations.items():
                if str(key).lower() in _VERBS or key == _ANY:
                    verb = "ANY" if key == _ANY else str(key).upper()
                    yield self._route(verb, str(path), mapping(operation))

    def _route(self, verb: str, path: str, operation: Mapping[str, Any]) -> tuple[str, str, Access]:
        if not self._is_rest and path.strip("/") == "$default":
            verb, path = "", "$default"
        return verb, path, self._lock(verb, operation)

    def _lock(self, verb: str, operation: Mapping[str, Any]) -> Access:
        security = self._security(operation)
        if "x-amazon-apigateway-auth" in operation:
            return _by_type(operation["x-amazon-apigateway-auth"], security)
        if not isinstance(security, list) or not all(isinstance(option, dict) for option in security):
            return _unreadable("its security cannot be read", security)
        named = [(str(name), scopes) for option in security for name, scopes in option.items()]
        found = [self._scheme(name, scopes) for name, scopes in named]
        api_key = any(lock.kind is Kind.API_KEY for lock in found)
        locks = [lock for lock in found if lock.kind not in (Kind.API_KEY, Kind.PUBLIC)]
        if locks and {} in security:
            return _unreadable("an empty alternative stands beside its authorizer", security)
        if locks:
            return (
                with_demands(locks[0], scopes=locks[0].scopes, api_key=api_key)
                if _are_alike(locks)
                else _unreadable("it names several authorizers", [security, self._schemes])
            )
        integration = mapping(self._integration(operation))
        if verb == "OPTIONS" and str(integration.get("type")).lower() == "mock":
            return Access(Kind.PREFLIGHT, api_key=api_key)
        return Access(Kind.API_KEY, api_key=True) if api_key else Access(Kind.PUBLIC)

    def _security(self, operation: Mapping[str, Any]) -> Any:
        if "security" in operation:
            return operation["security"]
        # REST APIs ignore what stands at the root; HTTP APIs do not.
        return [] if self._is_rest else self._document.get("security", [])

    def _scheme(self, name: str, scopes: Any) -> Access:
        scheme = self._resolved(self._schemes.get(name))
        if scheme is None or (not scheme and name not in self._schemes):
            return _unreadable(f"the security scheme {name} is not in the body", [name, self._schemes.get(name)])
        kind = str(scheme.get("x-amazon-apigateway-authtype", "")).lower()
        if kind == "awssigv4":
            return Access(Kind.IAM)
        if _AUTHORIZER in scheme:
            settings = self._resolved(scheme[_AUTHORIZER])
            if settings is None:
                return _unreadable(f"the authorizer {name} is written elsewhere", scheme)
            return with_demands(self._authorizer(name, settings), scopes=texts(scopes), api_key=False)
        if scheme.get("type") == "apiKey" and str(scheme.get("name")).lower() == "x-api-key":
            # HTTP APIs know no API keys.
            return Access(Kind.API_KEY) if self._is_rest else Access(Kind.PUBLIC)
        return _unreadable(f"the security scheme {name} names no authorizer", [name, scheme])

    def _authorizer(self, name: str, settings: Mapping[str, Any]) -> Access:
        kind = str(settings.get("type", "")).lower()
        if kind == "jwt":
            configuration = mapping(settings.get("jwtConfiguration"))
            return jwt(name, configuration.get("issuer"), configuration.get("audience"))
        if kind == "cognito_user_pools":
            return Access(Kind.COGNITO, (name,), texts(settings.get("providerARNs")))
        if kind in ("token", "request", ""):
            uri = settings.get("authorizerUri")
            if not isinstance(uri, str) or not uri:
                return _unreadable(f"the authorizer {name} calls nothing", dict(settings))
            ttl = settings.get("authorizerResultTtlInSeconds", 300 if self._is_rest else 0)
            sources = settings.get("identitySource") or "method.request.header.Authorization"
            how = kept(ttl, sources, is_whole=kind != "request")
            return with_kept(self._authorizers.by_uri(name, uri, self._stages), how)
        return _unreadable(f"the authorizer {name} is of the type {kind}", dict(settings))

    def _integration(self, operation: Mapping[str, Any]) -> Any:
        return self._resolved(operation.get("x-amazon-apigateway-integration"))

    def _resolved(self, value: Any, depth: int = 0) -> Mapping[str, Any] | None:
        """An object, or the one in this document that it refers to; None where it refers elsewhere."""
        found = mapping(value)
        reference = found.get("$ref")
        if reference is None:
            return found
        if not isinstance(reference, str) or not reference.startswith("#/") or depth > 10 or len(found) > 1:
            return None
        target: Any = self._document
        for step in reference[2:].split("/"):
            target = mapping(target).get(step.replace("~1", "/").replace("~0", "~"))
        return self._resolved(target, depth + 1) if isinstance(target, dict) else None


def _by_type(auth: Any, security: Any) -> Access:
    """The lock of an operation that names a type of authorization; ``NONE`` beside ``security`` says two things."""
    kind = str(mapping(auth).get("type")).upper()
    if kind == "AWS_IAM":
        return Access(Kind.IAM)
    if kind == "NONE" and not security:
        return Access(Kind.PUBLIC)
    return _unreadable(f"its type of authorization is {kind}", [auth, security])


def _are_alike(locks: list[Access]) -> bool:
    return all(lock == locks[0] for lock in locks)


def _unreadable(why: str, source: Any) -> Access:
    return Access(Kind.UNKNOWN, note=say(" ({})", why), source=typed(source))


def unread_body(body: Any) -> Access:
    """The lock of all routes of a body that cannot be read."""
    if body is UNKNOWN:
        return Access(Kind.UNKNOWN, note=(" (the body is not known before apply)",), source=str(UNKNOWN))
    try:
        parse(str(body))
    except Unreadable as error:
        return Access(Kind.UNKNOWN, note=(f" ({error})",), source=str(body))
    return Access(Kind.UNKNOWN)
