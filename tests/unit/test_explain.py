"""The explanation of a decision: it says what the authorizer would, and why."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jwt_authorizer import config
from jwt_authorizer.authorizer import Authorizer
from jwt_authorizer.errors import Unauthorized
from jwt_authorizer.revocation import token_key
from scripts import explain
from scripts.explain import Step, Verdict
from scripts.lib import local_stack
from scripts.lib.local_stack import StackInfo
from scripts.lib.program import UsageError
from scripts.operate import environment
from scripts.operate.deployment import Deployment
from tests.unit.conftest import METHOD_ARN, SECRET, LambdaContext, configuration, mint


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TEST_SECRET", SECRET)
    monkeypatch.setattr(local_stack, "FOLDER", tmp_path)
    # The program sets these for itself; here they must not outlive the test.
    for name in ("ENDPOINT_URL", "REGION", "DEFAULT_REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "")


def steps_of(document: dict[str, Any], token: str, rule: str = "signed-in", **path: str) -> list[Step | Verdict]:
    return explain.explain(config.parse(document), rule, token, path)


def test_an_allow_is_told_from_the_token_to_the_context() -> None:
    steps = steps_of(configuration(context_claims=["scope"]), mint(scope="a b", headers={"kid": "k1"}))
    assert steps[-1] == Verdict("allow")
    assert all(isinstance(step, Step) and step.holds for step in steps[:-1])
    text = " ".join(f"{step.what} {step.shown}" for step in steps[:-1] if isinstance(step, Step))
    for said in (
        "HS256",
        "k1",
        "https://login.example.com/",
        "environment TEST_SECRET",
        "user-1",
        "a b",
        "principalId",
    ):
        assert said in text


def test_a_refusal_is_told_with_its_reason() -> None:
    assert steps_of(configuration(), "hoge")[-1] == Verdict("unauthorized", "token_malformed")
    assert steps_of(configuration(on_invalid_token="deny"), mint(exp=1))[-1] == Verdict("deny", "token_expired")
    unmet = steps_of(configuration(rules={"r": {"scopes": ["a"]}}), mint(), "r")[-1]
    assert unmet == Verdict("deny", "insufficient_scope")


def test_a_403_names_the_claim_that_it_is_about() -> None:
    rules = {"r": {"claims": {"iss": ["https://login.example.com/"], "kubernetes.io.namespace": ["ns"]}}}
    nested: dict[str, Any] = {"kubernetes.io": {"namespace": "ns"}}
    *steps, verdict = steps_of(configuration(rules=rules), mint(**nested), "r")
    assert Step(False, "the rule is met", "insufficient_claims claim kubernetes.io.namespace") in steps
    assert verdict == Verdict("deny", "insufficient_claims")


def test_keys_that_are_elsewhere_are_not_fetched_and_the_rest_is_told_all_the_same() -> None:
    document = configuration(algorithms=["RS256"], keys={"jwks_url": "https://login.example.com/jwks"})
    token = mint()
    header_of_rs256 = "eyJhbGciOiJSUzI1NiJ9"
    steps = steps_of(document, ".".join([header_of_rs256, *token.split(".")[1:]]))
    shown = "the keys are at https://login.example.com/jwks"
    assert Step(None, "the signature was not checked", shown, "the signature verifies") in steps
    assert steps[-1] == Verdict("allow", needed=("the signature verifies",))


def test_a_refusal_stands_whatever_could_not_be_checked() -> None:
    steps = steps_of(configuration(revocation={"table": "t"}, rules={"r": {"scopes": ["a"]}}), mint(), "r")
    assert steps[-1] == Verdict("deny", "insufficient_scope")


class Table:
    """DynamoDB with one entry, or none, or out of reach."""

    def __init__(self, *keys: str, failure: Exception | None = None) -> None:
        self.keys = keys
        self.failure = failure

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's own name
        if self.failure:
            raise self.failure
        ((name, keys),) = RequestItems.items()
        return {"Responses": {name: [key for key in keys["Keys"] if key["revoked"]["S"] in self.keys]}}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, running_stack: StackInfo) -> Table:
    """A running stack with a denylist."""
    text = json.dumps(configuration(revocation={"table": "revoked"}))
    local_stack.write(tmp_path, replace(running_stack, configuration=text))
    table = Table()
    monkeypatch.setattr(Deployment, "client", lambda *_: table)
    return table


def test_a_revoked_token_is_told_as_refused(stack: Table, capsys: pytest.CaptureFixture[str]) -> None:
    stack.keys = (token_key("https://login.example.com/", "t1"),)
    assert explain.main(["--token", mint(jti="t1"), "--rule", "signed-in"]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("By the configuration of the local stack:\n")
    assert "Unauthorized (token_revoked): the client sees 401" in printed
    assert explain.main(["--token", mint(jti="t2"), "--rule", "signed-in"]) == 0
    assert "the denylist names neither the token nor its subject: table revoked" in capsys.readouterr().out


def test_a_denylist_that_cannot_be_read_leaves_it_open(stack: Table, capsys: pytest.CaptureFixture[str]) -> None:
    stack.failure = ValueError("down")
    assert explain.main(["--token", mint(jti="t1"), "--rule", "signed-in"]) == 2
    printed = capsys.readouterr().out
    assert "? the denylist was not read: the table revoked cannot be read: ValueError" in printed
    assert "Allow, if the denylist names neither the token nor its subject: the client sees 200" in printed


def test_a_denylist_that_is_elsewhere_is_not_asked(
    stack: Table, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.failure = AssertionError("a read")
    file = tmp_path / "config.json"
    file.write_text(json.dumps(configuration(revocation={"table": "other"})))
    assert explain.main(["--token", mint(jti="t1"), "--rule", "signed-in", "--config", str(file)]) == 2
    assert "? the denylist was not read: no running local stack has the table other" in capsys.readouterr().out


def test_a_stack_that_has_stopped_is_not_explained(
    stack: Table, running_stack: StackInfo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    local_stack.write(tmp_path, replace(running_stack, identity="of a process that has ended"))
    assert explain.main(["--token", mint(jti="t1"), "--rule", "signed-in"]) == 2
    assert "no stack is up to take the configuration from" in capsys.readouterr().err


def test_a_path_parameter_is_compared() -> None:
    document = configuration(rules={"own": {"path_equals": {"id": "sub"}, "cache_seconds": 0}})
    assert steps_of(document, mint(), "own", id="user-1")[-1] == Verdict("allow")
    assert steps_of(document, mint(), "own", id="user-2")[-1] == Verdict("deny", "another_path")


def test_a_rule_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="there is no rule 'profile'; write one of signed-in"):
        steps_of(configuration(), mint(), "profile")


def test_a_route_is_resolved_to_its_rule() -> None:
    routes: dict[str, dict[str, Any]] = {
        "GET /me": {"rule": "profile"},
        "GET /health": {"rule": None, "reason": "probes"},
    }
    assert explain.rule_of("GET /me", routes) == "profile"
    with pytest.raises(UsageError, match="GET /health is public: probes"):
        explain.rule_of("GET /health", routes)
    with pytest.raises(UsageError, match="there is no route 'GET /you'"):
        explain.rule_of("GET /you", routes)


def test_with_several_issuers_the_backend_receives_iss_too() -> None:
    document = configuration(context_claims=["email"])
    document["issuers"].append({**document["issuers"][0], "issuer": "other"})
    assert Step(True, "the backend receives", "email, exp, iss, principalId") in steps_of(document, mint(email="a@b"))


@pytest.mark.parametrize("token", ["header.X-Token", "querystring.t", "cookie.session", "subprotocol.jwt"])
def test_the_token_is_explained_wherever_the_rule_looks_for_it(token: str) -> None:
    document = configuration(rules={"r": {"token": [token]}})
    assert steps_of(document, f"Bearer {mint()}", "r")[-1] == Verdict("allow")


def test_a_rule_with_simple_responses_is_explained() -> None:
    steps = steps_of(configuration(rules={"r": {"simple_response": True}}), mint(), "r")
    assert steps[-1] == Verdict("allow")
    assert Step(True, "the backend receives", "exp, principal, principalId") in steps


_SCOPES = st.lists(st.sampled_from(["a", "b"])).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(
    changes=st.fixed_dictionaries(
        {},
        optional={
            "scope": _SCOPES | st.integers(),
            "exp": st.integers(0, 2 * int(time.time())),
            "aud": st.sampled_from(["orders", "others", 7]),
            "iss": st.sampled_from(["https://login.example.com/", "other", None]),
            "sub": st.sampled_from(["user-1", 7, "a\nb", None]),
            "groups": st.lists(st.sampled_from(["ops", "dev"])) | st.just(["x"] * 2000),
        },
    ),
    mode=st.sampled_from(["unauthorized", "deny"]),
    wrong_secret=st.booleans(),
    several=st.booleans(),
)
def test_the_verdict_and_the_context_are_always_the_authorizers(
    changes: dict[str, Any], mode: str, wrong_secret: bool, several: bool
) -> None:
    document = configuration(
        on_invalid_token=mode, context_claims=["groups"], rules={"r": {"scopes": ["a"], "claims": {"groups": ["ops"]}}}
    )
    if several:
        document["issuers"].append({**document["issuers"][0], "issuer": "other"})
    token = mint(secret="x" * 64 if wrong_secret else SECRET, **changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_SECRET", SECRET)
        event = {"type": "TOKEN", "authorizationToken": token, "methodArn": METHOD_ARN}
        authorizer = Authorizer(config.parse(document))
        try:
            answer = authorizer.authorize(event, LambdaContext("r").invoked_function_arn, authorizer.decision(""))
            outcome = answer["policyDocument"]["Statement"][0]["Effect"].lower()
            context = answer["context"]
        except Unauthorized:
            outcome, context = "unauthorized", {}
        *steps, verdict = steps_of(document, token, "r")
    assert isinstance(verdict, Verdict)
    assert verdict.outcome == outcome
    assert verdict.reason == (context.get("reason") if outcome == "deny" else verdict.reason)
    received = [step.shown for step in steps if isinstance(step, Step) and step.what == "the backend receives"]
    assert received == ([", ".join(sorted({"principalId", *context}))] if outcome == "allow" else [])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--rule", "signed-in"], 0, "Allow"),
        (["--rule", "write"], 1, "Deny (insufficient_scope): the client sees 403"),
        (["--rule", "other"], 2, "there is no rule"),
        ([], 2, "write either RULE"),
        (["--rule", "signed-in", "--token", ""], 2, "no token"),
        (["--rule", "signed-in", "--config", "nowhere.json"], 2, "nowhere.json cannot be read"),
    ],
)
def test_the_program_says_it_in_words_and_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(configuration(rules={"signed-in": {}, "write": {"scopes": ["a"]}})))
    assert explain.main(["--token", mint(), "--config", str(file), *arguments]) == code
    printed = capsys.readouterr()
    assert said in printed.out + printed.err


def test_an_environment_is_explained_by_its_outputs(
    stack: Table, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.failure = AssertionError("a read")
    outputs = {
        "configuration": json.dumps(configuration(revocation={"table": "of-dev"})),
        "routes": {"GET /me": {"rule": "signed-in"}},
    }
    monkeypatch.setattr(environment, "outputs", lambda _: outputs)
    assert explain.main(["--token", mint(jti="t1"), "--route", "GET /me", "--environment", "dev"]) == 2
    printed = capsys.readouterr().out
    assert printed.startswith("By the configuration of dev:\n")
    assert "? the denylist was not read: no running local stack has the table of-dev" in printed


def test_an_environment_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.main(["--token", mint(), "--rule", "signed-in", "--environment", "nowhere"]) == 2
    assert "explain: there is no environment 'nowhere'" in capsys.readouterr().err


def test_without_a_stack_or_a_file_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.main(["--token", mint(), "--rule", "signed-in"]) == 2
    assert "make up" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "claims", "stage"),
    [
        ({}, {"iss": "elsewhere"}, "signature"),
        ({"algorithms": ["HS512"]}, {}, "signature"),
        ({}, {"exp": 1}, "claims"),
        ({"rules": {"signed-in": {"scopes": ["a"]}}}, {}, "rule"),
    ],
)
def test_the_step_that_fails_is_of_the_stage_in_which_the_authorizer_refuses(
    changes: dict[str, Any], claims: dict[str, Any], stage: str
) -> None:
    *steps, _ = steps_of(configuration(**changes), mint(**claims))
    assert [step.stage for step in steps if isinstance(step, Step) and step.holds is False] == [stage]
    stages = [explain.STAGES.index(step.stage) for step in steps if isinstance(step, Step)]
    assert stages == sorted(stages)


def test_what_is_no_token_fails_in_the_first_stage() -> None:
    assert [step.stage for step in steps_of(configuration(), "hoge")[:-1] if isinstance(step, Step)] == ["read"]


@pytest.mark.parametrize(
    ("claims", "seconds", "kept"),
    [
        ({}, 300, "this answer for 300 seconds, for this token and the rule signed-in"),
        ({}, 0, "nothing: the cache time of the rule signed-in is 0"),
        ({"exp": 1}, 300, "nothing: the authorizer decides the next request anew"),
    ],
)
def test_where_the_cache_time_is_known_the_last_step_says_what_api_gateway_keeps(
    claims: dict[str, Any], seconds: int, kept: str
) -> None:
    step = explain.explain(config.parse(configuration()), "signed-in", mint(**claims), {}, None, seconds)[-2]
    assert step == Step(True, "API Gateway keeps", kept)


def test_a_rule_without_a_cache_time_has_the_default() -> None:
    rules = {"a": {"cache_seconds": 0}, "b": {}}
    assert [explain.cache_seconds_of({"rules": rules}, name) for name in ("a", "b", "c")] == [0, 300, 300]


def test_the_program_prints_it_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "configuration.json"
    file.write_text(json.dumps(configuration()))
    assert explain.main(["--token", mint(exp=1), "--rule", "signed-in", "--config", str(file), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == {"outcome": "unauthorized", "reason": "token_expired", "needed": [], "status": 401}
    assert found["steps"][-1]["holds"] is False
