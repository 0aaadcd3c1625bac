"""Calls: events of every kind of authorizer, with tokens wherever they may be, whole or changed at random.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from scripts.fuzz.tokens import CERTIFICATES, TEXTS, Party, spoilt, token

API_ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5"
STAGES = ("dev", "$default")
# A rule of every kind, and one of each place that a token may be in.
RULES: dict[str, dict[str, Any]] = {
    "signed-in": {},
    "write": {"scopes": ["orders:write"]},
    "ops": {"claims": {"groups": ["ops"]}},
    "own-record": {"path_equals": {"id": "sub"}, "cache_seconds": 0},
    "bound": {"binding": "mtls", "cache_seconds": 0},
    "anywhere": {"token": ["header.Authorization", "querystring.token", "cookie.session", "subprotocol.jwt"]},
    "simple": {"simple_response": True, "any_scope": ["a", "orders:write"]},
}


# The kinds of event that a rule takes, where it does not take all.
_HTTP = ("rest", "http 1.0", "http 2.0")
_FITTING = {"bound": _HTTP, "own-record": _HTTP, "simple": ("http 2.0",)}


class Call(NamedTuple):
    """An event, the alias that the function is called by, and whether the event is one that API Gateway might send."""

    event: Any
    alias: str
    sound: bool


def call(rng: random.Random, trusted: Sequence[Party]) -> Call:
    """A call: its event is of any kind and mostly sound, its rule with few exceptions one that the API may have."""
    kind = rng.choice(("token",) * 4 + tuple(_KINDS))
    fitting = [name for name in RULES if kind in _FITTING.get(name, (kind,))]
    alias = rng.choice(fitting if rng.random() < 0.96 else [*RULES, "", "$LATEST", "nobody's", "7", "signed-i"])
    event: Any
    if kind == "token":
        event, sound = _token_event(rng, trusted)
    else:
        event, sound = _KINDS[kind](rng), True
        if rng.random() < (0.9 if alias == "bound" else 0.1):
            holder = "authentication" if kind == "http 2.0" else "identity"
            event["requestContext"][holder] = {"clientCert": {"clientCertPem": rng.choice(CERTIFICATES)}}
        for _ in range(rng.choice((1, 1, 1, 1, 0, 2))):
            anywhere = alias == "anywhere" or rng.random() < 0.1
            _carry(event, rng, token(rng, trusted, bound=alias == "bound"), anywhere=anywhere)
        if rng.random() < 0.15:
            event, sound = _changed(event, rng), False
    if rng.random() < 0.003:
        odd: list[Any] = [None, [], "TOKEN", 1, [event]]
        event, sound = rng.choice(odd), False
    return Call(event, alias, sound)


def _token_event(rng: random.Random, trusted: Sequence[Party]) -> tuple[dict[str, Any], bool]:
    credentials: Any = _scheme(rng) + token(rng, trusted)
    if rng.random() < 0.05:
        credentials = spoilt(credentials, rng, TEXTS)
    made: dict[str, Any] = {
        "type": "TOKEN",
        "methodArn": f"{API_ARN}/dev/GET/hello",
        "authorizationToken": credentials,
    }
    sound = True
    if rng.random() < 0.15:
        made["methodArn"] += rng.choice(("/*", "/${aws:x}", "/%2F", "?a=b", ":" * 9, "/" + "x" * 1600, "/\ud800"))
    if rng.random() < 0.1:
        name = rng.choice((*made, "headers", "queryStringParameters", "requestContext"))
        made[name] = rng.choice((None, 1, [], {}, "TOKEN", "REQUEST", credentials, API_ARN, {"a": credentials}))
        sound = False
    if rng.random() < 0.05:
        made["methodArn"] = spoilt(str(made["methodArn"]), rng, ("*", "?", "${aws:x}", "/", ":", "\u00e9", "$default"))
        sound = False
    if rng.random() < 0.02:
        made.pop(rng.choice(tuple(made)))
        sound = False
    return made, sound


def _rest(rng: random.Random) -> dict[str, Any]:
    return {
        "type": "REQUEST",
        "methodArn": f"{API_ARN}/dev/GET/orders/user-1",
        "resource": "/orders/{id}",
        "path": "/orders/user-1",
        "httpMethod": "GET",
        "headers": _nothing(rng),
        "multiValueHeaders": _nothing(rng),
        "queryStringParameters": _nothing(rng),
        "multiValueQueryStringParameters": _nothing(rng),
        "pathParameters": _path_parameters(rng),
        "stageVariables": _nothing(rng),
        "requestContext": {"resourcePath": "/orders/{id}", "httpMethod": "GET", "stage": "dev", "apiId": "a1b2c3d4e5"},
    }


def _websocket(rng: random.Random) -> dict[str, Any]:
    return {
        "type": "REQUEST",
        "methodArn": f"{API_ARN}/dev/$connect",
        "headers": {"Upgrade": "websocket"},
        "multiValueHeaders": _nothing(rng),
        "queryStringParameters": _nothing(rng),
        "multiValueQueryStringParameters": _nothing(rng),
        "requestContext": {"routeKey": "$connect", "eventType": "CONNECT", "connectionId": "e7b6KGcdFRoCJ0g="},
    }


def _http_1(rng: random.Random) -> dict[str, Any]:
    return {
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": f"{API_ARN}/$default/GET/orders/user-1",
        "path": "/orders/user-1",
        "httpMethod": "GET",
        "headers": _nothing(rng),
        "queryStringParameters": _nothing(rng),
        "pathParameters": _path_parameters(rng),
        "requestContext": {"resourcePath": "/orders/{id}", "httpMethod": "GET", "stage": "$default"},
    }


def _http_2(rng: random.Random) -> dict[str, Any]:
    return {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": f"{API_ARN}/$default/GET/orders/user-1",
        "routeKey": "GET /orders/{id}",
        "rawPath": "/orders/user-1",
        "rawQueryString": "",
        "headers": {},
        "pathParameters": _path_parameters(rng),
        "requestContext": {"http": {"method": "GET"}, "routeKey": "GET /orders/{id}", "stage": "$default"},
    }


_KINDS: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "rest": _rest,
    "websocket": _websocket,
    "http 1.0": _http_1,
    "http 2.0": _http_2,
}


def _nothing(rng: random.Random) -> dict[str, Any] | None:
    # API Gateway says that there is nothing in either way.
    return rng.choice(({}, {}, None))


def _path_parameters(rng: random.Random) -> dict[str, str] | None:
    values = (*("user-1",) * 8, "user-2", "USER-1", "user%2D1", "", "*", "true", "1")
    return None if rng.random() < 0.1 else {rng.choice((*("id",) * 7, "ID")): rng.choice(values)}


def _scheme(rng: random.Random) -> str:
    return rng.choice(("", "", "Bearer ", "bearer ", "BEARER  "))


def _carry(event: dict[str, Any], rng: random.Random, text: str, *, anywhere: bool) -> None:
    """Put a token into a place of the request, and perhaps into its other spelling as well."""
    place = rng.choice(("header", "querystring", "cookie", "subprotocol")) if anywhere else "header"
    if place == "header":
        _put(
            event, "headers", rng.choice(("Authorization", "authorization", "AUTHORIZATION")), _scheme(rng) + text, rng
        )
    elif place == "querystring":
        _put(event, "queryStringParameters", "token", text, rng)
    elif place == "subprotocol":
        name = rng.choice(("Sec-WebSocket-Protocol", "sec-websocket-protocol"))
        _put(event, "headers", name, rng.choice((f"jwt, {text}", f"a,jwt,{text},b", f"{text}, jwt", text)), rng)
    elif event.get("version") == "2.0" and rng.random() < 0.5:
        event["cookies"] = [*event.get("cookies", ()), f"session={text}"]
    else:
        cookie = rng.choice((f"session={text}", f"a=b; session={text}; c=d", f"xsession={text}", f'session="{text}"'))
        _put(event, "headers", rng.choice(("Cookie", "cookie")), cookie, rng)


def _put(event: dict[str, Any], member: str, name: str, value: str, rng: random.Random) -> None:
    event[member] = {**(event.get(member) or {}), name: value}
    several = f"multiValue{member[0].upper()}{member[1:]}"
    if several in event and rng.random() < 0.7:
        event[several] = {**(event[several] or {}), name: [value]}


def _changed(event: dict[str, Any], rng: random.Random) -> Any:
    """The event with one of its members gone or of another type, at the top or one below."""
    holder = event
    if rng.random() < 0.4:
        within = [value for value in event.values() if isinstance(value, dict) and value]
        holder = rng.choice(within) if within else event
    name = rng.choice(tuple(holder))
    odd: list[Any] = [None, 0, 1, True, [], {}, "", [None], [1, {}], {"": None}]
    odd += ["TOKEN", "MESSAGE", "1.0", "2.0", "3.0", API_ARN]
    action = rng.randrange(3)
    if action == 0:
        holder.pop(name)
    elif action == 1 and isinstance(holder[name], str):
        holder[name] = spoilt(holder[name], rng, ("*", "?", "${aws:x}", "/", ":", "\u00e9", "\ud800", "$default"))
    else:
        holder[name] = rng.choice(odd)
    return event
