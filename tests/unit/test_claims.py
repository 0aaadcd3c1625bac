"""Claims: time, audience, type and subject, by their RFCs."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwt_authorizer import claims, config
from jwt_authorizer.errors import PayloadInvalid, Rejected
from tests.unit.conftest import configuration

NOW = 1_800_000_000.0


def check(changes: dict[str, Any], header: dict[str, Any] | None = None, **settings: Any) -> str | None:
    """The reason why good claims with these changes are refused, or None when they are not."""
    (issuer,) = config.parse(configuration(**settings)).issuers
    good = {"aud": "orders", "exp": NOW + 60, "sub": "user-1", **changes}
    present = {name: value for name, value in good.items() if value != "absent"}
    try:
        claims.check(present, header or {}, issuer, NOW)
    except Rejected as refusal:
        return refusal.reason
    return None


def test_good_claims_pass() -> None:
    assert check({}) is None


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("time", ["1800000060", True, None, [], {}, -1, 253402300800, 1e400, 1800000060000])
def test_a_time_that_is_no_numeric_date_is_refused(name: str, time: Any) -> None:
    assert check({name: time}) in ("claim_invalid", "claim_missing")


def test_a_token_is_expired_at_exactly_exp_plus_leeway() -> None:
    assert check({"exp": NOW}) == "token_expired"
    assert check({"exp": NOW + 1}) is None
    # As with PyJWT, a fraction of a second counts for nothing.
    assert check({"exp": NOW + 0.9}) == "token_expired"
    assert check({"exp": NOW + 1.9}) is None
    assert check({"exp": NOW - 10}, leeway_seconds=10) == "token_expired"
    assert check({"exp": NOW - 9}, leeway_seconds=10) is None


@pytest.mark.parametrize("name", ["nbf", "iat"])
def test_a_token_from_the_future_is_refused(name: str) -> None:
    assert check({name: NOW}) is None
    assert check({name: NOW + 1}) == "token_not_yet_valid"
    assert check({name: NOW + 10}, leeway_seconds=10) is None
    assert check({name: NOW + 11}, leeway_seconds=10) == "token_not_yet_valid"


def test_exp_is_required_unless_configured_away() -> None:
    assert check({"exp": "absent"}) == "claim_missing"
    assert check({"exp": "absent"}, required_claims=[]) is None


def test_required_claims_must_be_there_and_not_null() -> None:
    assert check({"tenant": None}, required_claims=["tenant"]) == "claim_missing"
    assert check({"tenant": ""}, required_claims=["tenant"]) is None


def test_a_maximum_age_counts_from_iat_and_needs_it() -> None:
    assert check({}, max_age_seconds=60) == "claim_missing"
    assert check({"iat": NOW - 59}, max_age_seconds=60) is None
    assert check({"iat": NOW - 60}, max_age_seconds=60) == "token_too_old"


@pytest.mark.parametrize(
    ("audience", "reason"),
    [
        ("orders", None),
        (["others", "orders"], None),
        ("Orders", "audience_mismatch"),
        ("absent", "audience_mismatch"),
        ([], "audience_mismatch"),
        (["others"], "audience_mismatch"),
        (7, "claim_invalid"),
        (None, "claim_invalid"),
        (["orders", 7], "claim_invalid"),
        ({"orders": True}, "claim_invalid"),
    ],
)
def test_one_of_the_audiences_must_be_a_configured_one(audience: Any, reason: str | None) -> None:
    assert check({"aud": audience}) == reason


def test_audiences_are_unchecked_only_where_the_configuration_says_so() -> None:
    assert check({"aud": "anything"}, audiences=[]) is None
    assert check({"aud": "absent"}, audiences=[]) is None


@pytest.mark.parametrize("kind", ["logout+jwt", "dpop+jwt", "secevent+jwt", "application/LOGOUT+JWT"])
def test_tokens_that_are_never_meant_for_an_api_are_refused(kind: str) -> None:
    assert check({}, header={"typ": kind}) == "token_type_not_allowed"


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
def test_a_configured_type_is_compared_without_case_and_prefix(kind: str) -> None:
    assert check({}, header={"typ": kind}, token_types=["at+jwt"]) is None
    assert check({}, header={"typ": "JWT"}, token_types=["at+jwt"]) == "token_type_not_allowed"
    assert check({}, header={}, token_types=["at+jwt"]) == "token_type_not_allowed"


@pytest.mark.parametrize("subject", [7, None, ["user-1"], True])
def test_a_subject_that_is_not_a_string_is_refused(subject: Any) -> None:
    assert check({"sub": subject}) == "claim_invalid"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"null",
        b"7",
        b'"text"',
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"exp":NaN}',
        b'{"exp":-Infinity}',
        b"\xff",
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\\ud800"}',
        b'{"a":' * 1500 + b"1" + b"}" * 1500,
        b'{"exp":' + b"1" * 5000 + b"}",
    ],
)
def test_a_payload_that_is_not_one_strict_json_object_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadInvalid):
        claims.read(payload)


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none()))
def test_a_strict_json_object_comes_back_whole(members: dict[str, Any]) -> None:
    assert claims.read(json.dumps(members).encode()) == members


_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text() | st.integers())


@given(st.dictionaries(st.sampled_from(["exp", "nbf", "iat", "aud", "sub", "iss"]), _VALUES))
def test_claims_of_any_type_are_checked_or_refused_but_never_crash(changes: dict[str, Any]) -> None:
    assert check(changes) is None or isinstance(check(changes), str)


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
