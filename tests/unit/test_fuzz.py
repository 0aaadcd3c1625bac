"""The fuzzer finds what is broken, and nothing where nothing is."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from scripts.fuzz import __main__ as fuzz
from scripts.fuzz import events, laws, tokens


def test_a_sound_authorizer_breaks_no_law(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.run(1.5, 7, tmp_path / "case.json") == 0
    printed = capsys.readouterr().out
    assert "no law broken" in printed
    # Good tokens and bad ones were among them, and what is signed but wrong.
    for outcome in (
        *("Allow", "signature_invalid", "claim_invalid", "EventNotRecognized", "ConfigurationError"),
        *("token_missing", "token_ambiguous", "insufficient_scope", "insufficient_claims", "another_path"),
    ):
        assert outcome in printed


@pytest.mark.parametrize(
    ("function", "broken", "said"),
    [
        ("jwt_authorizer.keys.keyset.KeySet.candidates", lambda *_: 1 / 0, "InternalError: ZeroDivisionError"),
        ("jwt_authorizer.claims.check", lambda *_: None, "allowed a token that is not good"),
        ("jwt_authorizer.request.stage_arn", lambda arn: arn, "the policy is about"),
        ("jwt_authorizer.context.build", lambda claims, *_, **__: claims, "more than strings"),
        ("jwt_authorizer.rules.unmet", lambda *_: None, "allowed a token that is not good"),
        ("jwt_authorizer.request._headers", lambda *_: iter(()), "allowed a token that is not good"),
    ],
)
def test_a_broken_authorizer_is_found_and_the_case_can_be_run_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    function: str,
    broken: Any,
    said: str,
) -> None:
    case = tmp_path / "case.json"
    with monkeypatch.context() as patch:
        patch.setattr(function, broken)
        assert fuzz.run(20, 7, case) == 1
        error = capsys.readouterr().err
        assert said in error
        assert "seed 7" in error
        assert fuzz.main(["--replay", str(case)]) == 1
    assert fuzz.main(["--replay", str(case)]) == 0


def test_of_what_a_client_sent_a_case_keeps_only_what_breaks_the_law() -> None:
    headers = {"Accept": "*/*", "X-Broken": "1", "Cookie": "a=b"}
    event = {"headers": headers, "cookies": ["a=b", "c=d"], "queryStringParameters": None, "path": "/hello"}

    def judge(call: events.Call) -> str:
        if "X-Broken" in call.event["headers"]:
            raise laws.LawBroken("X-Broken breaks it")
        return "Allow"

    least: dict[str, Any] = {
        "headers": {"X-Broken": "1"},
        "cookies": [],
        "queryStringParameters": None,
        "path": "/hello",
    }
    assert fuzz.shrunk(events.Call(event, "signed-in", True), judge).event == least


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a.b.c", {"a.b.c"}),
        ("bearer  a.b.c ", {"a.b.c"}),
        ("Bearer x a.b.c", {"a.b.c"}),
        ("Basic dXNlcjpwYXNz", set()),
        ("a.b.cBearer d", set()),
        ("Bearer", {"Bearer"}),
    ],
)
def test_credentials_of_another_scheme_are_no_token(value: str, found: set[str]) -> None:
    event = {"type": "REQUEST", "headers": {"Authorization": value}}
    assert laws.presented(event, {}) == found


def test_the_same_seed_makes_the_same_choices() -> None:
    trusted = tokens.parties()[:1]
    first, second = (random.Random(7) for _ in range(2))  # noqa: S311 - to be repeated
    assert [events.call(first, trusted) for _ in range(50)] == [events.call(second, trusted) for _ in range(50)]


def test_its_own_check_knows_good_from_bad() -> None:
    for party in tokens.parties():
        claims = {"iss": party.issuer, "aud": tokens.AUDIENCE, "sub": "user-1", "exp": 4102444800}
        header = {"alg": party.algorithm}
        signing_input = ".".join(tokens.encode(json.dumps(part).encode()) for part in (header, claims))
        good = f"{signing_input}.{party.sign(signing_input)}"
        assert laws.claims_of(good, [party])
        assert laws.claims_of(f"Bearer  {good} ", [party])
        assert not laws.claims_of(f"{signing_input}.{party.sign('other')}", [party])
        assert not laws.claims_of(good, [])
        assert not laws.claims_of("x", [party])


def test_it_asks_by_every_kind_of_event_and_every_rule() -> None:
    rng, trusted = random.Random(7), tokens.parties()[:1]  # noqa: S311 - to be repeated
    calls = [events.call(rng, trusted) for _ in range(2000)]
    kinds = {
        (call.event["type"], call.event.get("version"), "eventType" in call.event.get("requestContext", {}))
        for call in calls
        if call.sound
    }
    assert kinds == {
        ("TOKEN", None, False),
        ("REQUEST", None, False),
        ("REQUEST", None, True),
        ("REQUEST", "1.0", False),
        ("REQUEST", "2.0", False),
    }
    assert {call.alias for call in calls} > set(events.RULES)
    # Of calls that are sound, many would be good and many would not be, by every rule.
    for alias in events.RULES:
        good = [laws.is_good(call, trusted) for call in calls if call.sound and call.alias == alias]
        assert 0.1 < sum(good) / len(good) < 0.9, alias
