"""The routes in an API's OpenAPI body, where it is JSON and known.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.review_plan.access.model import Access, Kind

_VERBS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})


def routes(body: str | None) -> Iterator[tuple[str, str, Access]]:
    """Verb, path and access of each route; one route of unknown access stands for a body that cannot be read."""
    try:
        document = json.loads(body) if body is not None else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        note = "the body is not known before apply" if body is None else "the body is no JSON"
        yield "", "(routes of an OpenAPI body)", Access(Kind.UNKNOWN, note=(f" ({note})",))
        return
    for path, item in _mapping(document.get("paths")).items():
        for key, operation in _mapping(item).items():
            if key in _VERBS or key == "x-amazon-apigateway-any-method":
                verb = key.upper() if key in _VERBS else "ANY"
                yield verb, str(path), _access(verb, _mapping(operation), document)


def _access(verb: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> Access:
    integration = _mapping(operation.get("x-amazon-apigateway-integration"))
    auth = _mapping(operation.get("x-amazon-apigateway-auth") or document.get("x-amazon-apigateway-auth"))
    if str(auth.get("type")).upper() == "AWS_IAM":
        return Access(Kind.IAM)
    security = operation["security"] if "security" in operation else document.get("security")
    demanded = [name for each in security or [] if isinstance(each, dict) for name in each]
    # An empty alternative asks for nothing.
    is_optional = not security or any(each == {} for each in security)
    schemes = {
        **_mapping(document.get("securityDefinitions")),
        **_mapping(_mapping(document.get("components")).get("securitySchemes")),
    }
    api_key = False
    for name in demanded:
        scheme = _mapping(schemes.get(name))
        kind = str(scheme.get("x-amazon-apigateway-authtype", "")).lower()
        if kind == "awssigv4":
            return Access(Kind.IAM)
        if "x-amazon-apigateway-authorizer" in scheme:
            uri = _mapping(scheme["x-amazon-apigateway-authorizer"]).get("authorizerUri")
            return Access(Kind.LAMBDA, (name,), (str(uri or "what the body says"),))
        if scheme.get("type") == "apiKey" and scheme.get("name") == "x-api-key":
            api_key = True
        elif not is_optional:
            return Access(Kind.UNKNOWN, (name,))
    if verb == "OPTIONS" and str(integration.get("type")).lower() == "mock":
        return Access(Kind.PREFLIGHT)
    return Access(Kind.API_KEY, api_key=True) if api_key else Access(Kind.PUBLIC)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
