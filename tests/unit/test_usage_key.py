"""`usageIdentifierKey`: the API key of a usage plan, from a claim, for REST APIs; never in a log."""

from collections.abc import Callable
from typing import Any

import pytest

from jwt_authorizer import config
from jwt_authorizer.errors import ConfigurationError, Unauthorized
from tests.unit import events
from tests.unit.conftest import Invoke, LambdaContext, configuration, mint

Start = Callable[..., Invoke]
KEY = "tenant-1-key-of-thirty-characters"


def test_the_claim_becomes_the_key_that_the_call_counts_against(start: Start) -> None:
    assert start(usage_key_claim="tenant_key")(mint(tenant_key=KEY))["usageIdentifierKey"] == KEY


def test_nothing_is_named_where_no_claim_is_configured(start: Start) -> None:
    assert "usageIdentifierKey" not in start()(mint(tenant_key=KEY))


@pytest.mark.parametrize(
    "value", [None, 7, True, "", "x" * 19, "x" * 129, f"{KEY}\n", "with blanks in the middle", [KEY]]
)
def test_a_claim_that_is_no_key_names_none_and_changes_no_decision(start: Start, value: Any) -> None:
    answer = start(usage_key_claim="tenant_key")(mint(tenant_key=value))
    assert "usageIdentifierKey" not in answer
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"


@pytest.mark.parametrize(("event", "names_it"), [("rest_request", True), ("websocket", True), ("http_1", False)])
def test_only_apis_that_have_usage_plans_hear_of_it(start: Start, event: str, names_it: bool) -> None:
    start(usage_key_claim="tenant_key")
    from jwt_authorizer import handler

    call = getattr(events, event)(mint(tenant_key=KEY))
    answer = handler.lambda_handler(call, LambdaContext())
    assert ("usageIdentifierKey" in answer) is names_it


def test_a_refusal_names_no_key(start: Start) -> None:
    answer = start(usage_key_claim="tenant_key", rules={"signed-in": {"scopes": ["a"]}})(mint(tenant_key=KEY))
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert KEY not in str(answer)


def test_it_is_in_no_line_of_the_log(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    invoke = start(usage_key_claim="tenant_key", telemetry={"log_principal": True}, context_claims=["tenant_key"])
    invoke(mint(tenant_key=KEY))
    with pytest.raises(Unauthorized):
        invoke(mint(tenant_key=KEY, aud="another"))
    out, err = capsys.readouterr()
    assert '"outcome": "allow"' in out
    assert KEY not in out + err


def test_all_claims_are_all_but_the_key(start: Start) -> None:
    named = start(usage_key_claim="tenant_key", context_claims=["tenant_key"])(mint(tenant_key=KEY))["context"]
    assert named["tenant_key"] == KEY
    context = start(usage_key_claim="tenant_key", context_claims=["*"])(mint(tenant_key=KEY, tier="free"))["context"]
    assert context["tier"] == "free"
    assert "tenant_key" not in context


@pytest.mark.parametrize(
    "settings",
    [{"usage_key_claim": "sub"}, {"usage_key_claim": "iss"}, {"usage_key_claim": "uid", "principal_claim": "uid"}],
)
def test_a_claim_that_logs_name_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"usage_key_claim is .*, which logs name: an API key is for no log"):
        config.parse(configuration(**settings))
