"""Events of every kind: which are recognised, where the token is taken from, and what is answered."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from jwt_authorizer import config
from jwt_authorizer.authorizer import Authorizer
from jwt_authorizer.errors import ConfigurationError, EventNotRecognized, Rejected, Unauthorized
from tests.unit import events
from tests.unit.conftest import SECRET, LambdaContext, configuration, mint

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
        ("querystring.token", {"queryStringParameters": {"token": "TOKEN"}}),
        ("querystring.token", {"multiValueQueryStringParameters": {"token": ["TOKEN"]}}),
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
