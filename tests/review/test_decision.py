"""What the review answers to a token, from where its signature has been verified."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest

from jwt_authorizer.errors import IssuerUnknown
from jwt_authorizer.settings import Settings
from scripts.review_plan.access.decision import Answer, Token, decide, settings_of

WITH_KEYS: dict[str, Any] = {
    "issuer": "https://i.example.com/",
    "audiences": ["api"],
    "algorithms": ["RS256"],
    "keys": {"discovery": True},
    "leeway_seconds": 0,
}
WITH_SECRET = WITH_KEYS | {"algorithms": ["HS256"], "keys": {"secret": {"environment": "S"}}}
NOW = datetime(2027, 1, 15, 8, tzinfo=UTC)


def settings(*issuers: dict[str, Any], **more: Any) -> Settings:
    """The settings of a configuration with these issuers, and a rule that any token meets."""
    found = settings_of({"issuers": list(issuers or [WITH_KEYS]), "rules": {"r": {}}, **more})
    assert found is not None
    return found


def answer(state: Settings, algorithm: str = "RS256", **claims: Any) -> Answer:
    """The answer to a token whose claims come from JSON, as those of every token."""
    usual = {"iss": WITH_KEYS["issuer"], "aud": "api", "sub": "someone", "exp": NOW.timestamp() + 60}
    return decide(state, state.rules["r"], Token({"alg": algorithm}, json.loads(json.dumps(usual | claims))))


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_review_is_made_on_the_same_second_of_2027_whenever_it_runs(seconds: int) -> None:
    expires_after = NOW.timestamp() + seconds
    assert answer(settings(), exp=expires_after).word == ("allowed" if seconds > 0 else "401")


def test_a_configuration_that_the_reader_refuses_has_no_settings() -> None:
    assert settings_of({"issuers": []}) is None


def test_a_context_that_is_too_large_refuses_the_token() -> None:
    found = answer(settings(context_claims=["note"]), note="x" * 100_000)
    assert (found.word, found.reason) == ("403", "context_too_large")


@pytest.mark.parametrize("issuers", [(WITH_KEYS, WITH_SECRET), (WITH_SECRET, WITH_KEYS)])
@pytest.mark.parametrize("algorithm", ["RS256", "HS256"])
def test_the_algorithm_finds_the_entry_of_an_issuer_with_keys_and_a_secret(
    issuers: tuple[dict[str, Any], ...], algorithm: str
) -> None:
    assert answer(settings(*issuers), algorithm).is_allowed


@pytest.mark.parametrize(
    ("issuer", "reason"),
    [(WITH_KEYS["issuer"], "algorithm_not_allowed"), ("https://j.example.com/", "issuer_unknown")],
)
def test_an_issuer_without_an_entry_for_the_algorithm_is_not_unknown(issuer: str, reason: str) -> None:
    assert answer(settings(), "HS256", iss=issuer).reason == reason


def test_answers_are_equal_that_say_the_same() -> None:
    assert Answer("401", "issuer_unknown", IssuerUnknown()) == Answer("401", "issuer_unknown")


@pytest.mark.parametrize(("value", "name"), [(Token({}, {}), "claims"), (Answer("allowed"), "word")])
def test_a_token_and_its_answer_stay_as_they_are(value: object, name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, name, "other")


@pytest.mark.parametrize(("word", "allowed"), [("ALLOWED".lower(), True), ("denied", False), ("401", False)])
def test_an_answer_is_allowed_by_its_word_alone(word: str, allowed: bool) -> None:
    assert Answer(word).is_allowed is allowed
