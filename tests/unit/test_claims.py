"""Claims: exact times, and what settings change; hostile claims are in `tests/security`."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwt_authorizer import claims, config
from jwt_authorizer.errors import Rejected
from tests.unit.conftest import configuration

NOW = 1_800_000_000.0


def check(changes: dict[str, Any], **settings: Any) -> str | None:
    """The reason why good claims with these changes are refused, or None when they are not."""
    (issuer,) = config.parse(configuration(**settings)).issuers
    good = {"aud": "orders", "exp": NOW + 60, "sub": "user-1", **changes}
    present = {name: value for name, value in good.items() if value != "absent"}
    try:
        claims.check(present, {}, issuer, NOW)
    except Rejected as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize("name", ["nbf", "iat"])
def test_a_token_from_the_future_is_refused(name: str) -> None:
    assert check({name: NOW}) is None
    assert check({name: NOW + 1}) == "token_not_yet_valid"
    assert check({name: NOW + 10}, leeway_seconds=10) is None
    assert check({name: NOW + 11}, leeway_seconds=10) == "token_not_yet_valid"


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_no_time_is_later_than_the_year_9999(name: str) -> None:
    assert check({name: 253402300799}) in (None, "token_not_yet_valid")
    assert check({name: 253402300800}) == "claim_invalid"


@pytest.mark.parametrize("value", [0, 0.5, 1])
def test_times_begin_with_1970(value: float) -> None:
    assert check({"nbf": value, "iat": value}) is None
    assert check({"nbf": -value or -1}) == "claim_invalid"


@given(st.text() | st.text(st.sampled_from("a \x00\n\x1f\x7e\x7f\x80\x9f\xa0é\u2028\u2029\u202a")))
def test_control_characters_are_those_of_unicode_and_its_line_ends(text: str) -> None:
    found = any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text)
    assert claims.has_control_characters(text) == found
    if text.strip():
        assert principal(text) == (None if found else text)


def test_required_claims_must_be_there_and_not_null() -> None:
    assert check({"tenant": None}, required_claims=["tenant"]) == "claim_missing"
    assert check({"tenant": ""}, required_claims=["tenant"]) is None


def test_a_maximum_age_counts_from_iat_and_needs_it() -> None:
    assert check({}, max_age_seconds=60) == "claim_missing"
    assert check({"iat": NOW - 59}, max_age_seconds=60) is None
    assert check({"iat": NOW - 60}, max_age_seconds=60) == "token_too_old"
    assert check({"iat": NOW - 69}, max_age_seconds=60, leeway_seconds=10) is None
    assert check({"iat": NOW - 70}, max_age_seconds=60, leeway_seconds=10) == "token_too_old"


def test_audiences_are_unchecked_only_where_the_configuration_says_so() -> None:
    assert check({"aud": "anything"}, audiences=[]) is None
    assert check({"aud": "absent"}, audiences=[]) is None


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none()))
def test_a_strict_json_object_comes_back_whole(members: dict[str, Any]) -> None:
    assert claims.read(json.dumps(members).encode()) == members


def principal(value: Any, **settings: Any) -> str | None:
    """The principal that a claim makes, or None where it is refused."""
    (issuer,) = config.parse(configuration(principal_claim="user_id", **settings)).issuers
    try:
        return claims.principal({"user_id": value}, issuer)
    except Rejected:
        return None


@given(st.integers())
def test_an_integer_is_a_principal_by_its_digits_where_the_settings_say_so(number: int) -> None:
    assert principal(number, integer_principal=True) == str(number)
    assert principal(number) is None


@pytest.mark.parametrize("value", [7.0, 1e3, True, False, None, [7], {"7": 7}, "", " "])
def test_nothing_but_integers_and_strings_is_ever_a_principal(value: Any) -> None:
    assert principal(value, integer_principal=True) is None


def test_a_subject_is_a_string_even_where_principals_may_be_integers() -> None:
    assert check({"sub": 7}, integer_principal=True) == "claim_invalid"
    assert check({"sub": 7, "user_id": 7}, integer_principal=True, principal_claim="user_id") == "claim_invalid"
