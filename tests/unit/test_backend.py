"""The backend: it serves the caller whom the authorizer names, and nobody else."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import records
from backend.handler import lambda_handler


@pytest.fixture
def table(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RECORDS_TABLE", "records")
    boto3.client("dynamodb").create_table(
        TableName="records",
        KeySchema=[{"AttributeName": "principal", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "principal", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    records._client.cache_clear()
    yield
    records._client.cache_clear()


def call(method: str, path: str, body: str | None = None, **context: Any) -> tuple[int, Any]:
    """The status and the decoded body of one request by a caller with this authorizer's context."""
    authorizer = {"principalId": "user-1", "exp": str(int(time.time()) + 60), **context}
    event = {"httpMethod": method, "resource": path, "body": body, "requestContext": {"authorizer": authorizer}}
    response = lambda_handler(event, None)
    return response["statusCode"], json.loads(response["body"])


def test_hello_answers_the_claim_foo_to_the_letter() -> None:
    event = {
        "httpMethod": "GET",
        "resource": "/hello",
        "requestContext": {"authorizer": {"principalId": "user", "foo": "bar"}},
    }
    response = lambda_handler(event, None)
    assert (response["statusCode"], response["body"]) == (200, '{"context": "bar"}')


def test_a_caller_reads_what_they_wrote(table: None) -> None:
    assert call("GET", "/me")[0] == 404
    assert call("PUT", "/me", '{"colour": "blue"}') == (200, {"colour": "blue"})
    assert call("GET", "/me") == (200, {"colour": "blue"})


def test_a_caller_never_sees_anothers_record(table: None) -> None:
    call("PUT", "/me", '{"colour": "blue"}')
    assert call("GET", "/me", principalId="user-2")[0] == 404
    call("PUT", "/me", '{"colour": "red"}', principalId="user-2")
    assert call("GET", "/me") == (200, {"colour": "blue"})


def test_a_caller_never_sees_the_record_of_another_issuers_subject_of_that_name(table: None) -> None:
    call("PUT", "/me", '{"card": "4111"}', iss="https://login.example.com/")
    named = '["https://login.example.com/", "user-1"'
    for other in ({"iss": "batch-jobs"}, {}, {"principalId": named, "iss": ""}, {"principalId": named + "]"}):
        assert call("GET", "/me", **other)[0] == 404
    assert call("GET", "/me", iss="https://login.example.com/") == (200, {"card": "4111"})


def test_a_record_is_kept_by_issuer_and_subject_whatever_is_passed_on(
    table: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_ISSUER", "https://login.example.com/")
    call("PUT", "/me", '{"a": 1}')
    assert call("GET", "/me", iss="https://login.example.com/", email="a@example.com") == (200, {"a": 1})
    monkeypatch.delenv("TOKEN_ISSUER")
    assert call("GET", "/me", iss="https://login.example.com/") == (200, {"a": 1})
    assert call("GET", "/me", iss="batch-jobs")[0] == 404


@pytest.mark.parametrize("subject", ["user-1", '[null, "user-1"]', '["https://login.example.com/", "alice"]'])
def test_a_record_under_a_key_that_an_older_release_let_callers_choose_is_nobodys(table: None, subject: str) -> None:
    boto3.client("dynamodb").put_item(
        TableName="records", Item={"principal": {"S": subject}, "record": {"S": '{"planted": true}'}}
    )
    assert call("GET", "/me")[0] == 404
    assert call("GET", "/me", principalId=subject)[0] == 404
    assert call("GET", "/me", principalId="alice", iss="https://login.example.com/")[0] == 404


@pytest.mark.parametrize("letter", ["\u00e9", "\u20ac", "\U0001f600"])
def test_text_of_every_script_is_kept_or_refused_with_words(table: None, letter: str) -> None:
    size = len(letter.encode())
    kept = {"a": letter * (300_000 // size)}
    assert call("PUT", "/me", json.dumps(kept)) == (200, kept)
    assert call("GET", "/me") == (200, kept)
    assert call("PUT", "/me", json.dumps({"a": letter * (400_000 // size)}))[0] == 400
    assert call("GET", "/me") == (200, kept)


def test_a_user_id_that_no_key_can_hold_is_refused_with_words(table: None) -> None:
    for method in ("GET", "PUT"):
        status, answer = call(method, "/me", "{}", principalId="x" * 2100)
        assert (status, answer["message"][:11]) == (400, "Use a token")


def test_a_body_that_api_gateway_encoded_is_decoded(table: None) -> None:
    event = {
        "httpMethod": "PUT",
        "resource": "/me",
        "body": base64.b64encode(b'{"a": 1}').decode(),
        "isBase64Encoded": True,
        "requestContext": {"authorizer": {"principalId": "user-1"}},
    }
    assert lambda_handler(event, None)["statusCode"] == 200


@pytest.mark.parametrize(
    "body",
    [
        *(None, "", "text", "[]", "7", "[" * 100_000, json.dumps({"a": "x" * 400_000})),
        *('{"a": NaN}', '{"a": [-Infinity]}', '{"a": 1e999}', '{"a": "\\ud800"}', '{"\\udfff": 1}'),
        *('{"a": ' + "9" * 5000 + "}", '{"a": ' * 5000 + "1" + "}" * 5000),
    ],
)
def test_a_body_that_is_no_fit_json_object_is_refused_with_words(table: None, body: str | None) -> None:
    status, answer = call("PUT", "/me", body)
    assert status == 400
    assert answer["message"].startswith("Send ")


@pytest.mark.parametrize("context", [{}, {"requestContext": {}}, {"requestContext": {"authorizer": None}}])
def test_without_an_authorizers_context_nothing_is_served(context: dict[str, Any]) -> None:
    for method, path in (("GET", "/hello"), ("GET", "/me"), ("PUT", "/me"), ("GET", "/other")):
        response = lambda_handler({"httpMethod": method, "resource": path, **context}, None)
        assert response["statusCode"] == 401
        assert response["headers"]["WWW-Authenticate"].startswith("Bearer ")


def test_a_token_that_has_expired_since_is_not_served() -> None:
    assert call("GET", "/hello", exp=str(int(time.time()) - 11))[0] == 401
    assert call("GET", "/hello", exp=str(int(time.time()) + 5))[0] == 200


@given(st.text())
def test_an_exp_that_is_no_time_to_come_is_not_served(exp: str) -> None:
    try:
        still_valid = float(exp) + 10 > time.time()
    except ValueError:
        still_valid = False
    assert call("GET", "/hello", exp=exp)[0] == (200 if still_valid else 401)


def test_a_token_within_the_authorizers_leeway_is_served_as_the_authorizer_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    past = str(int(time.time()) - 8)
    assert call("GET", "/hello", exp=past)[0] == 200
    monkeypatch.setenv("TOKEN_LEEWAY_SECONDS", "0")
    assert call("GET", "/hello", exp=past)[0] == 401
    monkeypatch.setenv("TOKEN_LEEWAY_SECONDS", "300")
    assert call("GET", "/hello", exp=str(int(time.time()) - 290))[0] == 200


def test_another_path_is_not_found() -> None:
    assert call("DELETE", "/me")[0] == 404


def test_answers_carry_the_allowed_origin_for_browsers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGIN", "https://app.example.com")
    event = {"httpMethod": "GET", "resource": "/hello", "requestContext": {"authorizer": {"principalId": "user-1"}}}
    assert lambda_handler(event, None)["headers"]["Access-Control-Allow-Origin"] == "https://app.example.com"


def http_api(context: dict[str, Any] | None, route_key: str = "GET /hello") -> tuple[int, Any]:
    """The answer to a request of an HTTP API with payload format 2.0, whose authorizer passed on this context."""
    authorizer = {} if context is None else {"authorizer": {"lambda": context}}
    event = {"version": "2.0", "routeKey": route_key, "rawPath": "/hello", "requestContext": authorizer}
    response = lambda_handler(event, None)
    return response["statusCode"], json.loads(response["body"])


@pytest.mark.parametrize("foo", ["bar", 7, True, ["a"], {"a": 1}])
def test_an_http_api_hands_on_claims_of_any_type(foo: Any) -> None:
    assert http_api({"principal": "user-1", "exp": int(time.time()) + 60, "foo": foo}) == (200, {"context": foo})


@pytest.mark.parametrize(
    "context",
    [None, {}, {"exp": 99999999999}, {"principalId": "user-1"}, {"principal": "user-1", "exp": int(time.time()) - 11}],
)
def test_an_http_api_serves_nobody_whom_its_authorizer_does_not_name_now(context: dict[str, Any] | None) -> None:
    assert http_api(context)[0] == 401


def test_an_http_apis_other_routes_are_not_found() -> None:
    assert http_api({"principal": "user-1"}, "$default")[0] == 404


def test_a_claim_named_lambda_is_nothing_but_a_claim_elsewhere() -> None:
    assert call("GET", "/hello", **{"lambda": "x", "principal": "somebody", "foo": "bar"}) == (200, {"context": "bar"})
