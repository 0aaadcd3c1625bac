"""Events of every kind: which are recognised, where the token is taken from, and what is answered."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from jwt_authorizer import config, request
from jwt_authorizer.authorizer import Authorizer
from jwt_authorizer.errors import (
    ConfigurationError,
    EventNotRecognized,
    OtherScheme,
    Rejected,
    TokenAmbiguous,
    TokenMalformed,
    TokenMissing,
    Unauthorized,
)
from tests.unit import events
from tests.unit.conftest import METHOD_ARN, SECRET, STAGE_ARN, LambdaContext, configuration, mint

KINDS = [events.rest_token, events.rest_request, events.websocket, events.http_1, events.http_2]
STAGES = {
    "rest_token": "dev",
    "rest_request": "dev",
    "websocket": "dev",
    "http_1": "$default",
    "http_2": "$default",
}
Event = dict[str, Any]


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_SECRET", SECRET)


def answer(event: object, rule: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    authorizer = Authorizer(config.parse(configuration(rules={"r": rule or {}}, **changes)))
    return authorizer.authorize(event, LambdaContext("r").invoked_function_arn, authorizer.decision(""))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_event_is_recognised_and_answered_on_its_own_stage(kind: Callable[[str], Event]) -> None:
    statement = answer(kind(mint()))["policyDocument"]["Statement"]
    resource = f"{events.API}/{STAGES[kind.__name__]}/*"
    assert statement == [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource}]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_event_is_refused_in_its_own_way(kind: Callable[[str], Event]) -> None:
    with pytest.raises(Unauthorized):
        answer(kind(mint(exp=1)))
    assert answer(kind(mint()), {"scopes": ["a"]})["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    denied = answer(kind(mint(exp=1)), on_invalid_token="deny")
    assert denied["policyDocument"]["Statement"][0]["Effect"] == "Deny"


@pytest.mark.parametrize("kind", KINDS)
def test_every_member_that_marks_an_event_is_needed(kind: Callable[[str], Event]) -> None:
    needed = {"type"}
    needed |= {"routeArn"} if kind is events.http_2 else {"methodArn"}
    needed |= set() if kind is events.rest_token else {"requestContext"}
    for member in needed:
        event = {name: value for name, value in kind(mint()).items() if name != member}
        with pytest.raises(EventNotRecognized):
            answer(event)


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "event",
        {},
        {"type": "JWT"},
        {**events.rest_request("a.b.c"), "type": "REQUESTS"},
        {**events.rest_token("a.b.c"), "type": None},
        {**events.http_2("a.b.c"), "version": "1.1"},
        {**events.http_2("a.b.c"), "version": "3.0"},
        {**events.http_2("a.b.c"), "version": 2.0},
        {**events.websocket("a.b.c"), "requestContext": {"eventType": "MESSAGE", "routeKey": "$default"}},
        {**events.websocket("a.b.c"), "requestContext": {"eventType": "DISCONNECT"}},
        {**events.rest_request("a.b.c"), "requestContext": "dev"},
    ],
)
def test_an_event_that_is_not_known_is_an_error_never_an_allow(event: object) -> None:
    with pytest.raises(EventNotRecognized):
        answer(event)


@pytest.mark.parametrize(
    ("place", "members"),
    [
        ("header.Authorization", {"headers": {"AUTHORIZATION": "Bearer TOKEN"}}),
        ("header.X-Token", {"multiValueHeaders": {"x-token": ["TOKEN"]}}),
        ("querystring.token", {"queryStringParameters": {"token": "TOKEN"}}),
        ("querystring.token", {"multiValueQueryStringParameters": {"token": ["TOKEN", "TOKEN"]}}),
        ("cookie.session", {"headers": {"cookie": "a=b; session=TOKEN"}}),
        ("cookie.session", {"cookies": ["a=b", "session=TOKEN"]}),
        ("subprotocol.jwt", {"headers": {"Sec-WebSocket-Protocol": "jwt, TOKEN"}}),
        ("subprotocol.jwt", {"multiValueHeaders": {"sec-websocket-protocol": ["chat,jwt,TOKEN"]}}),
    ],
)
def test_a_token_is_taken_from_each_of_its_places(place: str, members: Event) -> None:
    bare = {**events.websocket("-"), "headers": {}, "multiValueHeaders": {}}
    filled = {**bare, **json.loads(json.dumps(members).replace("TOKEN", mint()))}
    assert answer(filled, {"token": [place]})["principalId"] == "user-1"
    with pytest.raises(Unauthorized):
        answer(bare, {"token": [place]})


@pytest.mark.parametrize("protocols", ["jwt", "jwt,", "other, TOKEN", "TOKEN, jwt", "jwt TOKEN", "JWT, TOKEN"])
def test_a_subprotocol_without_its_token_is_none(protocols: str) -> None:
    event = {**events.websocket("-"), "headers": {"Sec-WebSocket-Protocol": protocols}, "multiValueHeaders": None}
    with pytest.raises(Unauthorized):
        answer(event, {"token": ["subprotocol.jwt"]})


def test_an_http_api_may_ask_for_simple_responses() -> None:
    rule = {"simple_response": True, "scopes": ["a"]}
    allowed = answer(events.http_2(mint(scope="a", level=7)), rule, context_claims=["level"])
    assert allowed["isAuthorized"] is True
    assert allowed["context"]["level"] == 7
    assert allowed["context"]["principal"] == "user-1"
    assert answer(events.http_2(mint()), rule) == {"isAuthorized": False, "context": {}}
    assert answer(events.http_2("x"), rule, on_invalid_token="deny") == {"isAuthorized": False, "context": {}}
    with pytest.raises(Unauthorized):
        answer(events.http_2("x"), rule)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not events.http_2])
def test_simple_responses_are_for_payload_format_2_alone(kind: Callable[[str], Event]) -> None:
    with pytest.raises(ConfigurationError, match="simple responses"):
        answer(kind(mint()), {"simple_response": True})


@pytest.mark.parametrize("kind", KINDS)
def test_the_context_keeps_its_types_where_the_api_does(kind: Callable[[str], Event]) -> None:
    context = answer(kind(mint(admin=True, groups=["ops"])), context_claims=["admin", "groups"])["context"]
    kept = kind is events.http_2
    assert context["admin"] == (True if kept else "true")
    assert context["groups"] == (["ops"] if kept else '["ops"]')


def test_a_rule_about_the_path_means_nothing_on_a_websocket() -> None:
    with pytest.raises(ConfigurationError):
        answer(events.websocket(mint()), {"path_equals": {"id": "sub"}, "cache_seconds": 0})
    assert (
        answer(events.http_2(mint(sub="7")), {"path_equals": {"id": "sub"}, "cache_seconds": 0})["principalId"] == "7"
    )


def test_rejections_have_reasons() -> None:
    assert all(kind.reason != Rejected.reason for kind in Rejected.__subclasses__())


@pytest.mark.parametrize("header", ["Basic dXNlcjpwYXNz", "Bearer ", "bearer  ", "Digest username=a, realm=b"])
def test_a_header_without_a_token_does_not_spoil_the_token_in_a_cookie(header: str) -> None:
    event = events.rest_request(mint())
    both = {"token": ["header.Authorization", "cookie.session"]}
    event["multiValueHeaders"] = {}
    event["headers"] = {"Authorization": header, "Cookie": f"session={mint()}"}
    assert answer(event, both)["principalId"] == "user-1"
    event["headers"] = {"Authorization": header}
    with pytest.raises(Unauthorized):
        answer(event, both)


@pytest.mark.parametrize("header", [f"Bearer {mint(sub='other')}", "Bearer a b", mint(sub="other"), "x "])
def test_a_header_with_a_token_of_its_own_is_never_passed_over(header: str) -> None:
    event = events.rest_request(mint())
    event["multiValueHeaders"] = {}
    event["headers"] = {"Authorization": header, "Cookie": f"session={mint()}"}
    with pytest.raises(Unauthorized):
        answer(event, {"token": ["header.Authorization", "cookie.session"]})


@pytest.mark.parametrize("kind", [events.http_1, events.http_2])
def test_a_claim_named_principal_never_takes_the_principals_place(kind: Callable[[str], Event]) -> None:
    answered = answer(kind(mint(principal="mallory")), context_claims=["*"])
    assert answered["context"]["principal"] == "user-1"


@pytest.mark.parametrize("value", [["a\nb"], {"a": ["\x00"]}, {"a\r": 1}, [[{"b": "\u2028"}]]])
def test_control_characters_reach_no_backend_at_any_depth(value: Any) -> None:
    with pytest.raises(Unauthorized):
        answer(events.http_2(mint(groups=value)), context_claims=["groups"])


def decoded(value: Any) -> Any:
    """The same value as the runtime decodes it: texts that are equal to the code's, but no objects of the code."""
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("credentials", ["token", "Bearer token", "bearer token", "BEARER   token ", "Bearer  token"])
def test_a_bare_or_a_bearer_token_is_read(credentials: str) -> None:
    assert request.bearer_token(credentials) == "token"


@pytest.mark.parametrize(
    ("credentials", "refusal"),
    [
        (None, TokenMissing),
        ("", TokenMissing),
        ("Bearer ", TokenMissing),
        ("Bearer   ", TokenMissing),
        ("Bearer", TokenMalformed),
        ("bearer bearer", TokenMalformed),
        ("Bearer one two", TokenMalformed),
        (" token", TokenMalformed),
        ("token ", TokenMalformed),
        ("Basic token", OtherScheme),
        ("Aaa token", OtherScheme),
        ("Zzz token", OtherScheme),
        ("Basic  token", OtherScheme),
        ("Basic token ", OtherScheme),
        ("one two three", OtherScheme),
    ],
)
def test_credentials_without_one_token_are_refused_in_their_own_way(
    credentials: str | None, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal) as raised:
        request.bearer_token(credentials)
    assert raised.type is refusal


@pytest.mark.parametrize("token", ["aearer", "cearer", "eyJ.e30.x"])
def test_a_bare_token_may_be_any_word_but_bearer(token: str) -> None:
    assert request.bearer_token(token) == token


_PLACES = (("header", "X-Token"), ("querystring", "token"), ("cookie", "token"), ("subprotocol", "jwt"))


def everywhere(**tokens: str) -> Any:
    """A request event with these values at their places, between neighbours of other names."""
    headers = {"A": "a", "Z": "z"}
    if "header" in tokens:
        headers["x-tOKEN"] = tokens["header"]
    if "cookie" in tokens:
        headers["Cookie"] = f"a=a; token={tokens['cookie']}; z=z"
    if "subprotocol" in tokens:
        headers["Sec-WebSocket-Protocol"] = f"a, jwt, {tokens['subprotocol']}, z"
    query = {"a": "a", "z": "z", **({"token": tokens["querystring"]} if "querystring" in tokens else {})}
    return decoded(
        {
            "type": "REQUEST",
            "methodArn": METHOD_ARN,
            "requestContext": {},
            "headers": headers,
            "queryStringParameters": query,
        }
    )


@pytest.mark.parametrize("place", _PLACES, ids=[kind for kind, _ in _PLACES])
def test_a_place_gives_its_own_token_and_no_other_places(place: tuple[str, str]) -> None:
    kind, _ = place
    places = decoded([place])
    tokens = {other: f"{other}-token" for other, _ in _PLACES}
    assert request.read(everywhere(**tokens)).token(places) == f"{kind}-token"
    with pytest.raises(TokenMissing):
        request.read(everywhere(**{name: token for name, token in tokens.items() if name != kind})).token(places)


@pytest.mark.parametrize("kind", ["querystring", "cookie"])
def test_only_a_header_has_a_scheme(kind: str) -> None:
    assert request.read(everywhere(**{kind: "Bearer token"})).token([(kind, "token")]) == "Bearer token"
    assert request.read(everywhere(header="Bearer token")).token([("header", "X-Token")]) == "token"


def test_one_token_in_two_places_is_one_and_two_are_refused() -> None:
    assert request.read(everywhere(header="one", cookie="one")).token(_PLACES) == "one"
    with pytest.raises(TokenAmbiguous):
        request.read(everywhere(header="one", cookie="two")).token(_PLACES)


@pytest.mark.parametrize("kind", ["AAA", "DISCONNECT", "MESSAGE"])
def test_a_websocket_event_is_that_of_a_connection(kind: str) -> None:
    event = everywhere(header="token")
    event["requestContext"] = decoded({"eventType": "CONNECT"})
    assert request.read(event).path_parameters is None
    event["requestContext"] = {"eventType": kind}
    with pytest.raises(EventNotRecognized):
        request.read(event)


@pytest.mark.parametrize(("version", "arn"), [(None, "methodArn"), ("1.0", "methodArn"), ("2.0", "routeArn")])
def test_each_version_has_its_own_arn(version: str | None, arn: str) -> None:
    event = {**everywhere(), "methodArn": None, "version": version, arn: METHOD_ARN}
    assert request.read(decoded(event)).stage_arn == STAGE_ARN


def test_path_parameters_are_the_events_own_or_none_of_them() -> None:
    assert request.read({**everywhere(), "pathParameters": {"id": "7"}}).path_parameters == {"id": "7"}
    assert request.read({**everywhere(), "pathParameters": None}).path_parameters == {}
    with pytest.raises(EventNotRecognized):
        request.read({**everywhere(), "pathParameters": [7]})


_STAGE = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev"


@pytest.mark.parametrize("path", ["", "/GET", "/GET/", "/GET/hello", "/GET/a:b:c/d//e/*"])
def test_a_stage_is_the_first_two_parts_of_the_resource(path: str) -> None:
    assert request.stage_arn(decoded(_STAGE + path)) == _STAGE + "/*"


@pytest.mark.parametrize("part", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("text", ["*", "aaa", "zzz", "é", "a b"])
def test_no_part_of_an_arn_before_the_resource_may_be_strange(part: int, text: str) -> None:
    parts = (_STAGE + "/GET/hello").split(":")
    parts[part] = text
    is_good = text in ("aaa", "zzz") and part in (1, 3, 4)
    with contextlib.nullcontext() if is_good else pytest.raises(EventNotRecognized):
        assert request.stage_arn(":".join(parts)) == ":".join(parts).removesuffix("/GET/hello") + "/*"


@pytest.mark.parametrize("arn", [None, 7, "", "arn", _STAGE.partition("/")[0], _STAGE.rpartition(":")[0], "*/*/*"])
def test_what_is_no_arn_of_a_stage_is_refused(arn: Any) -> None:
    with pytest.raises(EventNotRecognized):
        request.stage_arn(arn)


@pytest.mark.parametrize("resource", ["*/dev", "a1b2c3d4e5/*", "é/dev", "a1b2c3d4e5/é", "a1b2c3d4e5/a b", "/dev"])
def test_an_api_or_a_stage_is_copied_only_where_it_is_plain(resource: str) -> None:
    with pytest.raises(EventNotRecognized):
        request.stage_arn(f"arn:aws:execute-api:eu-west-1:123456789012:{resource}/GET/hello")


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("GET/hello", "GET /hello"),
        ("GET/", "GET /"),
        ("GET/orders/7", "GET /orders/…"),
        ("GET/orders/7/lines", "GET /orders/…"),
        ("GET/" + "x" * 300, "GET /" + "x" * 251),
        ("GET/" + "x" * 300 + "/y", "GET /" + "x" * 251 + "/…"),
    ],
)
def test_a_route_that_is_not_named_is_the_verb_and_the_first_segment(path: str, route: str) -> None:
    token = decoded({"type": "TOKEN", "authorizationToken": "token", "methodArn": f"{_STAGE}/{path}"})
    assert request.read(token).route == route
    assert request.read({**everywhere(), "methodArn": f"{_STAGE}/{path}"}).route == route


def test_a_route_that_is_named_is_that_name() -> None:
    named = {"resourcePath": "/orders/{id}", "httpMethod": "GET"}
    assert request.read({**everywhere(), "requestContext": named}).route == "GET /orders/{id}"
    assert request.read({**everywhere(), "requestContext": {**named, "routeKey": "$connect"}}).route == "$connect"
    assert request.read({**everywhere(), "requestContext": {"routeKey": "x" * 300}}).route == "x" * 256
    long = {"resourcePath": "/" + "x" * 300, "httpMethod": "GET"}
    assert request.read({**everywhere(), "requestContext": long}).route == "GET /" + "x" * 251


@pytest.mark.parametrize("member", ["identity", "authentication"])
def test_a_client_certificate_is_the_text_that_api_gateway_has_verified(member: str) -> None:
    def certificate(holder: Any) -> str | None:
        return request.read({**everywhere(), "requestContext": {member: holder}}).client_certificate

    assert certificate({"clientCert": {"clientCertPem": "pem"}}) == "pem"
    others: list[Any] = [None, 7, {}, {"clientCert": None}, {"clientCert": {}}, {"clientCert": {"clientCertPem": 7}}]
    assert [holder for holder in others if certificate(holder) is not None] == []
