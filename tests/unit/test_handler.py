"""The authorizer as API Gateway calls it."""

import contextlib
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from jwt_authorizer.errors import ConfigurationError, EventNotRecognized, InternalError, KeysUnavailable, Unauthorized
from tests.unit.conftest import METHOD_ARN, SECRET, STAGE_ARN, Invoke, claims, mint

Start = Callable[..., Invoke]


def the_log(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_good_token_is_allowed_on_the_whole_stage_and_nothing_else(start: Start) -> None:
    answer = start()(mint())
    assert answer["principalId"] == "user-1"
    assert answer["policyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": STAGE_ARN}],
    }


@pytest.mark.parametrize("prefix", ["", "Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_the_token_may_be_bare_or_a_bearer_token_in_any_case(start: Start, prefix: str) -> None:
    assert start()(prefix + mint())["principalId"] == "user-1"


def test_a_secret_in_the_path_or_the_key_id_is_not_logged(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    invoke = start()
    arn = f"{METHOD_ARN.removesuffix('GET/hello')}POST/reset/hushed-token/confirm"
    with pytest.raises(Unauthorized):
        invoke(mint(secret="x" * 64, headers={"kid": "hushed-key"}), methodArn=arn)
    printed = capsys.readouterr().out
    line = json.loads(printed.splitlines()[-1])
    assert line["route"] == "POST /reset/…"
    assert line["key_id"] == "sha256:" + hashlib.sha256(b"hushed-key").hexdigest()[:16]
    assert "hushed" not in printed
    invoke(mint(headers={"kid": "k1"}))
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["key_id"] == "k1"


@pytest.mark.parametrize(
    ("rule", "claim"),
    [
        ({"claims": {"groups": ["ops"], "kubernetes.io.namespace": ["a"]}}, "kubernetes.io.namespace"),
        ({"claims": {"/kubernetes.io/namespace": ["other"]}}, "/kubernetes.io/namespace"),
        ({"claims": {"/kubernetes.io/namespace": ["ns"], "tenant": ["acme"]}}, "tenant"),
        ({"scopes": ["a"], "claims": {"tenant": ["acme"]}}, None),
    ],
)
def test_the_log_names_the_claim_that_a_403_is_about(
    start: Start, capsys: pytest.CaptureFixture[str], rule: dict[str, Any], claim: str | None
) -> None:
    more: dict[str, Any] = {"groups": ["ops"], "tenant": "hushed", "kubernetes.io": {"namespace": "ns"}}
    token = mint(**more)
    answer = start(rules={"r": rule})(token, "r")
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    printed = capsys.readouterr().out
    detail = json.loads(printed.splitlines()[-1]).get("detail")
    assert detail == claim
    assert "hushed" not in printed
    assert "detail" not in answer["context"]


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (lambda: mint(secret="x" * 64), "signature_invalid"),
        (lambda: mint(algorithm="HS512"), "algorithm_not_allowed"),
        (lambda: mint(exp=int(time.time()) - 1), "token_expired"),
        (lambda: mint(exp=None), "claim_missing"),
        (lambda: mint(iss="https://login.example.com"), "issuer_unknown"),
        (lambda: mint(iss=None), "issuer_unknown"),
        (lambda: mint(aud="others"), "audience_mismatch"),
        (lambda: mint(aud=None), "audience_mismatch"),
        (lambda: mint(sub=None), "principal_missing"),
        (lambda: mint(nbf=int(time.time()) + 60), "token_not_yet_valid"),
        (lambda: jwt.encode(claims(), "", algorithm="none"), "signature_invalid"),
    ],
)
def test_a_token_that_is_not_trusted_is_unauthorized_and_the_log_says_why(
    start: Start, capsys: pytest.CaptureFixture[str], token: Callable[[], str], reason: str
) -> None:
    with pytest.raises(Unauthorized, match=r"^Unauthorized$"):
        start()(token())
    assert the_log(capsys)[-1]["reason"] == reason


def test_a_bad_token_is_denied_explicitly_where_the_configuration_says_so(start: Start) -> None:
    answer = start(on_invalid_token="deny")("hoge")
    assert answer["principalId"] == "unauthenticated"
    assert answer["policyDocument"]["Statement"] == [
        {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": STAGE_ARN}
    ]
    assert answer["context"] == {"reason": "token_malformed"}


def test_the_first_tutorials_token_is_allowed_with_what_it_loosens(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUTORIAL_SECRET", "my-secret")
    issuer = {
        "issuer": None,
        "audiences": [],
        "algorithms": ["HS256"],
        "keys": {"secret": {"environment": "TUTORIAL_SECRET"}},
        "minimum_secret_bytes": 9,
        "required_claims": [],
        "principal_fallback": "user",
    }
    invoke = start(issuers=[issuer], context_claims=["*"], on_invalid_token="deny")
    answer = invoke(
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJmb28iOiJiYXIifQ.9_46A6P4igXwgH4xY01wYFyBZjZCW5FOv_3tySVMC1Q"
    )
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert answer["principalId"] == "user"
    assert answer["context"] == {"foo": "bar"}


def test_the_second_tutorials_principal_is_its_own_claim(start: Start) -> None:
    assert start(principal_claim="userId")(mint(userId="42", sub=None))["principalId"] == "42"


def test_the_context_holds_the_listed_claims_as_strings_and_always_exp(start: Start) -> None:
    expires = int(time.time()) + 60
    answer = start(context_claims=["scope", "groups", "admin", "level", "absent", "nothing"])(
        mint(exp=expires, scope="a b", groups=["ops", "dev"], admin=True, level=1.5, nothing=None, hidden="x")
    )
    assert answer["context"] == {
        "scope": "a b",
        "groups": '["ops","dev"]',
        "admin": "true",
        "level": "1.5",
        "exp": str(expires),
    }


def test_a_star_passes_every_claim_but_the_names_api_gateway_keeps(start: Start) -> None:
    answer = start(context_claims=["*"])(mint(claims={"a": 1}, principalId="root", integrationLatency=1, foo="bar"))
    assert set(answer["context"]) == {"iss", "aud", "sub", "exp", "foo"}


def test_claims_too_large_for_the_answer_are_a_deny_not_an_error(start: Start) -> None:
    answer = start(context_claims=["*"])(mint(groups=["a"] * 1300))
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert answer["context"] == {"reason": "context_too_large"}


def test_each_of_two_rules_answers_by_its_own_alias(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    invoke = start(rules={"signed-in": {}, "profile": {}})
    for alias in ("signed-in", "profile"):
        assert invoke(mint(), alias=alias)["policyDocument"]["Statement"][0]["Effect"] == "Allow"
        assert the_log(capsys)[-1]["rule"] == alias


@pytest.mark.parametrize("alias", [None, "unknown", "$LATEST", "7", ""])
def test_a_call_by_no_rules_alias_is_an_error_never_an_allow(start: Start, alias: str | None) -> None:
    with pytest.raises(ConfigurationError, match=r"names no rule.*signed-in"):
        start()(mint(), alias=alias)


@pytest.mark.parametrize(("alias", "named"), [(None, "no alias"), ("unknown", "the alias unknown")])
def test_the_error_names_the_alias_that_is_no_rules(start: Start, alias: str | None, named: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^called by {named}, which names no rule"):
        start()(mint(), alias=alias)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "REQUEST"},
        {"type": None},
        {"methodArn": None},
        {"methodArn": "hello"},
        {"methodArn": "arn:aws:lambda:eu-west-1:123456789012:function:f"},
        {"methodArn": "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5"},
        {"methodArn": "arn:aws:execute-api:eu-west-1:123456789012:*/dev/GET/"},
        {"methodArn": "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/${aws:x}/GET/"},
        {"authorizationToken": 7},
    ],
)
def test_an_event_that_is_not_recognized_is_an_error_never_an_allow(start: Start, event: dict[str, Any]) -> None:
    with pytest.raises(EventNotRecognized):
        start()(mint(), **event)


@pytest.mark.parametrize(
    ("method_arn", "stage_arn"),
    [
        (METHOD_ARN.replace("arn:aws:", "arn:aws-cn:"), STAGE_ARN.replace("arn:aws:", "arn:aws-cn:")),
        (METHOD_ARN.replace("GET/hello", "GET/"), STAGE_ARN),
        (METHOD_ARN.replace("hello", "a:b/*/?/${aws:x}/%2F"), STAGE_ARN),
        (METHOD_ARN.replace("/dev/", "/$default/"), STAGE_ARN.replace("/dev/", "/$default/")),
        (METHOD_ARN.replace("/dev/", "/test-invoke-stage/"), STAGE_ARN.replace("/dev/", "/test-invoke-stage/")),
    ],
)
def test_the_policy_names_the_events_own_stage_and_nothing_of_the_path(
    start: Start, method_arn: str, stage_arn: str
) -> None:
    answer = start()(mint(), methodArn=method_arn)
    assert answer["policyDocument"]["Statement"][0]["Resource"] == stage_arn


def test_the_unexpected_is_an_error_that_tells_nothing_of_the_token(
    start: Start, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke = start()
    token = mint()

    def fail(*_: object) -> None:
        raise ValueError(f"cannot handle {token}")

    monkeypatch.setattr("jwt_authorizer.claims.check", fail)
    with pytest.raises(InternalError) as error:
        invoke(token)
    line = the_log(capsys)[-1]
    assert line["reason"] == "internal_error"
    assert line["message"] == str(error.value)
    assert token not in str(error.value)
    assert error.value.__suppress_context__


def test_no_line_of_the_log_holds_a_token_a_secret_or_a_signature(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke = start(context_claims=["*"])
    tokens = [mint(), mint(secret="x" * 64), mint(exp=1), mint() + "x"]
    for token in tokens:
        with contextlib.suppress(Unauthorized):
            invoke(f"Bearer {token}")
    printed = capsys.readouterr()
    for token in tokens:
        assert not any(segment in printed.out + printed.err for segment in token.split(".")[1:])
    assert SECRET not in printed.out + printed.err


def test_the_log_says_what_was_decided_about_which_token(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    invoke = start()
    invoke(mint(headers={"kid": "k1"}))
    invoke(mint())
    first, second = the_log(capsys)
    assert first["latency"] > 0
    assert {name: first[name] for name in first if name not in ("latency", "steps", "_aws", "cold_start")} == {
        "outcome": "allow",
        "request_id": "request-1",
        "rule": "signed-in",
        "route": "GET /hello",
        "decisions": 1,
        "function": "unknown",
        "algorithm": "HS256",
        "key_id": "k1",
        "issuer": "https://login.example.com/",
    }
    assert second["cold_start"] is False


@pytest.fixture
def start_with_two_issuers(start: Start, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start the authorizer with the issuers `one`, which has the tests' own secret, and `two`."""
    monkeypatch.setenv("OTHER_SECRET", "another secret that is quite long enough for HS256")
    shared = {"audiences": ["orders"], "algorithms": ["HS256"]}
    issuers = [
        {"issuer": "one", "keys": {"secret": {"environment": "TEST_SECRET"}}, **shared},
        {"issuer": "two", "keys": {"secret": {"environment": "OTHER_SECRET"}}, **shared},
    ]
    return lambda **changes: start(issuers=issuers, **changes)


def test_two_issuers_never_verify_each_others_tokens(start_with_two_issuers: Start) -> None:
    invoke = start_with_two_issuers()
    assert invoke(mint(iss="one"))["principalId"] == "user-1"
    with pytest.raises(Unauthorized):
        invoke(mint(iss="two"))


@pytest.mark.parametrize("names", [[], ["foo"], ["iss"], ["*"]])
def test_where_there_are_several_issuers_the_backend_is_told_whose_subject_it_is(
    start_with_two_issuers: Start, names: list[str]
) -> None:
    assert start_with_two_issuers(context_claims=names)(mint(iss="one"))["context"]["iss"] == "one"


def test_a_start_gives_up_fetching_ahead_in_time_for_lambda(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    clock = [0.0]

    def hang(url: str, deadline: float) -> bytes:
        fetched.append(url)
        clock[0] += 3
        raise KeysUnavailable("no answer")

    monkeypatch.setattr("jwt_authorizer.keys.https.get", hang)
    monkeypatch.setattr("jwt_authorizer.issuers.time.monotonic", lambda: clock[0])
    shared = {"audiences": ["orders"], "algorithms": ["RS256"]}
    urls = [f"https://login-{number}.example.com/keys" for number in range(4)]
    start(issuers=[{"issuer": url, "keys": {"jwks_url": url}, **shared} for url in urls])
    assert fetched == urls[:2]


def test_secrets_that_cannot_be_had_are_an_error_that_names_their_source(
    start: Start, aws: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for store in ("secrets_manager", "ssm"):
        # What stands where a name belongs may be the secret itself.
        invoke = start(keys={"secret": {store: "not-the-name-but-the-secret"}})
        with pytest.raises(KeysUnavailable, match=rf"issuers\[0\]\.keys\.secret\.{store}: .* of this name"):
            invoke(mint())
        lines = the_log(capsys)
        assert lines[-1]["reason"] == "keys_unavailable"
        assert "not-the-name" not in json.dumps(lines)
