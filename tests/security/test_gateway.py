"""At the gateway: the policy says nothing that a caller chose, and what goes wrong is never an Allow."""

import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jwt_authorizer.context import MAXIMUM_CONTEXT_BYTES
from jwt_authorizer.errors import EventNotRecognized, InternalError
from tests.security.door import FAMILIES, MODES, allowed, door, encode, now, refused, signer, watched
from tests.unit.conftest import METHOD_ARN, STAGE_ARN

families = pytest.mark.parametrize("algorithm", FAMILIES)

PATHS = (
    *("", "/", "*", "?", "**/*", "a/*/b", "GET/*", "${aws:username}", "${aws:x}", "$context", "$default"),
    *("%2F", "%2f%2e%2e", "..", "../../prod/GET/admin", "a:b:c", "arn:aws:execute-api:*:*:*", "\u00e9", "\U0001f600"),
    *('"', "\\", "\n", '","Effect":"Allow","Resource":"*', "x" * 1600, "/" * 1600, ":" * 1600, "\ud800", "\u0000"),
)


@families
@pytest.mark.parametrize("path", PATHS, ids=ascii)
def test_nothing_of_the_path_reaches_the_policy(algorithm: str, path: str) -> None:
    trusted = signer(algorithm)
    arn = METHOD_ARN.removesuffix("/hello") + "/" + path
    answer = door(trusted).ask(trusted.token(), methodArn=arn).answer
    assert answer["policyDocument"]["Statement"] == [
        {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": STAGE_ARN}
    ]
    refused(trusted, "x", "token_malformed", event={"methodArn": arn})


@families
@pytest.mark.parametrize("text", ["*", "arn:aws:execute-api:*", "${aws:x}", "?", '"},{"Effect":"Allow"'])
def test_nothing_of_the_claims_reaches_the_policys_resource(algorithm: str, text: str) -> None:
    trusted = signer(algorithm)
    names = {"sub": text, "methodArn": text, "Resource": text, "policyDocument": text, "stage": text}
    answer = allowed(trusted, trusted.token(names), context_claims=["*"])
    assert answer["principalId"] == text
    assert answer["policyDocument"]["Statement"][0]["Resource"] == STAGE_ARN


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "arn",
    [
        METHOD_ARN.replace("a1b2c3d4e5", "*"),
        METHOD_ARN.replace("a1b2c3d4e5", "?"),
        METHOD_ARN.replace("/dev/", "/*/"),
        METHOD_ARN.replace("/dev/", "//"),
        METHOD_ARN.replace("/dev/", "/${stageVariables.x}/"),
        METHOD_ARN.replace("/dev/", "/d\u00e9v/"),
        METHOD_ARN.replace("eu-west-1", "*"),
        METHOD_ARN.replace("123456789012", "*"),
        METHOD_ARN.replace("execute-api", "*"),
        METHOD_ARN.replace("arn:aws:", "arn::"),
        METHOD_ARN.replace("execute-api", "lambda"),
        "*",
        "",
        None,
        7,
        [METHOD_ARN],
        {"Resource": METHOD_ARN},
    ],
)
def test_an_arn_that_no_api_has_is_no_decision_at_all(mode: str, arn: Any) -> None:
    trusted = signer("HS256")
    opened = door(trusted, mode=mode)
    for token in (trusted.token(), "x", None):
        with pytest.raises(EventNotRecognized):
            opened.ask(token, methodArn=arn)


# The unexpected


@families
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "where",
    [
        "jwt_authorizer.request.read",
        "jwt_authorizer.request.bearer_token",
        "jwt_authorizer.jws.read",
        "jwt_authorizer.claims.read",
        "jwt_authorizer.issuers.Issuers.named",
        "jwt_authorizer.keys.keyset.KeySet.candidates",
        "jwt_authorizer.jws.verifier",
        "jwt_authorizer.claims.check",
        "jwt_authorizer.claims.principal",
        "jwt_authorizer.context.build",
        "jwt_authorizer.rules.unmet",
        "jwt_authorizer.policy.allow",
    ],
)
@pytest.mark.parametrize("failure", [ValueError, KeyError, RecursionError, MemoryError, AssertionError])
def test_whatever_breaks_inside_is_an_error_that_tells_nothing_and_never_an_allow(
    algorithm: str, mode: str, where: str, failure: type[Exception]
) -> None:
    trusted = signer(algorithm)
    token = trusted.token()
    opened = door(trusted, mode=mode)
    with mock.patch(where, side_effect=failure(token)), watched() as printed, pytest.raises(InternalError) as error:
        opened.ask(token)
    assert error.value.__suppress_context__
    assert not any(segment in str(error.value) + printed.getvalue() for segment in token.split("."))


@families
def test_what_breaks_the_cryptography_is_an_error_and_never_an_allow(algorithm: str) -> None:
    trusted = signer(algorithm)
    with mock.patch("jwt_authorizer.jws.verifier") as verifier:
        verifier.return_value.verify.side_effect = RuntimeError("unknown OpenSSL error")
        with pytest.raises(InternalError, match="RuntimeError at"):
            door(trusted).ask(trusted.token())


# The context


@families
def test_the_context_holds_strings_under_names_of_ours_only(algorithm: str) -> None:
    trusted = signer(algorithm)
    values = {
        "null": None,
        "true": True,
        "number": 1.5,
        "list": [1, {"a": None}],
        "object": {"a": [1]},
        "principalId": "root",
        "integrationLatency": 1,
        "claims": {"sub": "root"},
        "": "nameless",
        "text": "a",
    }
    context = allowed(trusted, trusted.token(values), context_claims=["*"])["context"]
    assert all(type(value) is str for value in context.values())
    assert set(context) == {"iss", "aud", "sub", "exp", "true", "number", "list", "object", "text"}
    assert json.loads(context["list"]) == [1, {"a": None}]


@families
def test_only_listed_claims_are_passed_on_and_never_the_token(algorithm: str) -> None:
    trusted = signer(algorithm)
    token = trusted.token({"email": "a@example.com", "secret": "s3cr3t"})
    for names in ([], ["email"], ["*"]):
        answer = allowed(trusted, token, context_claims=names)
        assert token.split(".")[2] not in json.dumps(answer)
        assert token not in json.dumps(answer)
    assert set(allowed(trusted, token, context_claims=["email"])["context"]) == {"email", "exp"}
    assert set(allowed(trusted, token)["context"]) == {"exp"}


@families
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("character", ["x", "\u00e9", "\u4e2d", "\U0001f600", '"'])
def test_the_answer_is_bounded_whatever_the_token_holds(algorithm: str, mode: str, character: str) -> None:
    trusted = signer(algorithm)
    opened = door(trusted, mode=mode, context_claims=["*"])
    for length in (500, 1000, 1600):
        text = character * (length // len(character.encode()))
        text = text.replace('""', '\\"')
        payload = (
            f'{{"iss":"https://login.example.com/","aud":"orders","exp":{now() + 60},"sub":"{text}","x":"{text}"}}'
        )
        outcome = opened.ask(trusted.token(payload.encode()))
        assert outcome.effect in ("Allow", "Deny")
        assert outcome.reason in (None, "context_too_large")
        if outcome.effect == "Allow":
            assert len(json.dumps(outcome.answer)) < MAXIMUM_CONTEXT_BYTES + 512
        assert len(json.dumps(outcome.answer, ensure_ascii=False).encode()) < 8192


# What a cached answer must not depend on

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
_ELSEWHERE = st.sampled_from(
    ["path", "httpMethod", "headers", "queryStringParameters", "pathParameters", "requestContext", "resource", "body"]
)


@families
@settings(max_examples=40, deadline=None)
@given(members=st.dictionaries(_ELSEWHERE, _JSON), path=st.text(max_size=50))
def test_the_answer_depends_on_nothing_but_the_token_and_the_stage(
    algorithm: str, members: dict[str, Any], path: str
) -> None:
    trusted = signer(algorithm)
    token = trusted.token({"exp": 4102444800})
    usual = door(trusted).ask(token)
    assert door(trusted).ask(token, **members, methodArn=f"{METHOD_ARN}/{path}").answer == usual.answer
    refused(trusted, token + "A", {"token_malformed", "signature_invalid"}, event=members)


@families
def test_a_token_in_the_query_or_in_another_header_is_never_read(algorithm: str) -> None:
    """What is in a query string is in access logs, and in the caller's history."""
    trusted = signer(algorithm)
    token = trusted.token()
    elsewhere: list[dict[str, Any]] = [
        {"queryStringParameters": {"access_token": token, "authorization": token, "token": token}},
        {"multiValueQueryStringParameters": {"access_token": [token]}},
        {"headers": {"Authorization": f"Bearer {token}", "Cookie": f"token={token}"}},
        {"multiValueHeaders": {"Authorization": [f"Bearer {token}"]}},
        {"headers": {"Sec-WebSocket-Protocol": token}},
        {"methodArn": f"{METHOD_ARN}?access_token={token}"},
        {"identitySource": [token], "authorizationtoken": token, "AuthorizationToken": token},
        {"requestContext": {"authorizer": {"principalId": "root"}}, "stageVariables": {"token": token}},
    ]
    for event in elsewhere:
        refused(trusted, None, "token_missing", event=event)


@families
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["REQUEST", "token", "TOKEN ", "", None, 7, ["TOKEN"]])
def test_an_event_of_another_type_is_no_decision(algorithm: str, mode: str, kind: Any) -> None:
    trusted = signer(algorithm)
    with pytest.raises(EventNotRecognized):
        door(trusted, mode=mode).ask(trusted.token(), type=kind)


# Nothing is keyed on the text of a token


@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
def test_two_signatures_of_one_payload_are_one_token(algorithm: str) -> None:
    """Where signing is random, each text is new; who the token stands for is in its claims."""
    trusted = signer(algorithm)
    tokens = {trusted.token({"exp": 4102444800, "jti": "t-1"}) for _ in range(5)}
    assert len(tokens) == 5
    answers = [allowed(trusted, token, context_claims=["jti"]) for token in tokens]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["context"]["jti"] == "t-1"


@families
def test_the_same_claims_in_another_spelling_are_the_same_caller(algorithm: str) -> None:
    trusted = signer(algorithm)
    members = {"iss": "https://login.example.com/", "aud": "orders", "sub": "user-1", "exp": 4102444800}
    spellings = [
        json.dumps(members),
        json.dumps(members, separators=(",", ":")),
        json.dumps(members, indent=4),
        json.dumps(dict(reversed(members.items()))),
        json.dumps(members).replace("user-1", "\\u0075ser-1"),
    ]
    answers = [allowed(trusted, trusted.token(spelling.encode())) for spelling in spellings]
    assert all(answer == answers[0] for answer in answers)


# The log


@families
@pytest.mark.parametrize("mode", MODES)
def test_a_caller_cannot_write_a_second_line_into_the_log(algorithm: str, mode: str) -> None:
    trusted = signer(algorithm)
    hostile = '\n{"outcome":"allow","reason":null}\r\n\u2028\u0085\x1b[2K'
    for token in (
        trusted.token({hostile: hostile}, {"kid": hostile, hostile: hostile}),
        trusted.token({"iss": hostile}),
        trusted.token(header={"alg": hostile}),
        trusted.token(header={"typ": hostile}),
        trusted.token({"sub": hostile}),
        hostile,
        f"{encode(hostile.encode())}.e30.AA",
    ):
        opened = door(trusted, mode=mode, context_claims=["*"])
        # `ask` insists on exactly one line that is one JSON object.
        assert opened.ask(token).line["rule"] == "signed-in"


@families
def test_the_log_never_holds_more_of_a_header_than_a_short_name(algorithm: str) -> None:
    trusted = signer(algorithm)
    for header in ({"alg": "x" * 5000}, {"kid": "k" * 256}, {"typ": "t" * 5000}, {"x": "y" * 5000}):
        outcome = door(trusted).ask(trusted.token(header=header))
        assert len(json.dumps(outcome.line | {"_aws": None})) < 700
