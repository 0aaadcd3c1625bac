"""Claims: a well-signed token still has to be for this API, from this issuer, now."""

import json
from typing import Any

import pytest

from tests.security.door import FAMILIES, ISSUER, Signer, allowed, door, now, refused, signer
from tests.unit.conftest import claims

families = pytest.mark.parametrize("algorithm", FAMILIES)

# Texts of JSON, for Python's own would not write some of them.
NO_TIMES = (
    *('"1800000000"', '"4102444800"', '""', '"never"', "true", "false", "[4102444800]", '{"a":1}', "[]"),
    *("-1", "-0.5", "253402300800", "1e12", "4102444800000", "1e308", "9" * 4300, "253402300799.5"),
)
NO_JSON = ("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "0x7fffffff", "01", "+1", ".5", "1.", "9" * 4301)


def with_raw(trusted: Signer, name: str, text: str) -> str:
    """A token in which this claim has this text as its value."""
    return trusted.token((json.dumps(claims(**{name: None}))[:-1] + f',"{name}":{text}}}').encode())


# Times


@families
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_a_time_that_is_no_number_of_seconds_is_refused(algorithm: str, name: str) -> None:
    trusted = signer(algorithm)
    for text in NO_TIMES:
        refused(trusted, with_raw(trusted, name, text), "claim_invalid")
    for text in NO_JSON:
        refused(trusted, with_raw(trusted, name, text), "payload_invalid")
    refused(trusted, with_raw(trusted, name, "null"), {"claim_missing", "claim_invalid"})


@families
def test_a_token_that_never_expires_is_refused_unless_configured_away(algorithm: str) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token({"exp": None}), "claim_missing")
    refused(trusted, trusted.token({"exp": None, "Exp": now() + 60, "expires": now() + 60}), "claim_missing")
    assert "exp" not in allowed(trusted, trusted.token({"exp": None}), required_claims=[])["context"]
    # What is there is still checked.
    refused(trusted, trusted.token({"exp": now() - 1}), "token_expired", required_claims=[])
    refused(trusted, with_raw(trusted, "exp", "null"), "claim_invalid", required_claims=[])


@families
def test_a_token_is_expired_at_exactly_its_time_and_leeway(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted, expires = signer(algorithm), now() + 1000
    token = trusted.token({"exp": expires})
    for leeway in (0, 10, 300):
        opened = door(trusted, leeway_seconds=leeway)
        for moment, effect in ((-0.001, "Allow"), (0, "Unauthorized"), (0.001, "Unauthorized")):
            with monkeypatch.context() as patch:
                patch.setattr("time.time", lambda moment=moment, leeway=leeway: expires + leeway + moment)
                assert opened.ask(token).effect == effect


@families
def test_times_may_have_fractions(algorithm: str) -> None:
    trusted = signer(algorithm)
    allowed(trusted, trusted.token({"exp": now() + 60.5, "nbf": now() - 0.5, "iat": now() - 1.25}))
    allowed(trusted, with_raw(trusted, "exp", "4.102444800e9"))


@families
def test_a_fraction_of_a_second_does_not_prolong_a_token(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted, expires = signer(algorithm), now() + 1000
    token, opened = trusted.token({"exp": expires + 0.9}), door(trusted)
    for moment, effect in ((-0.001, "Allow"), (0, "Unauthorized"), (0.5, "Unauthorized")):
        with monkeypatch.context() as patch:
            patch.setattr("time.time", lambda moment=moment: expires + moment)
            assert opened.ask(token).effect == effect


@families
@pytest.mark.parametrize("name", ["nbf", "iat"])
def test_a_token_from_the_future_is_refused(algorithm: str, name: str) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token({name: now() + 30}), "token_not_yet_valid")
    refused(trusted, trusted.token({name: now() + 330}), "token_not_yet_valid", leeway_seconds=300)
    allowed(trusted, trusted.token({name: now() + 30}), leeway_seconds=60)
    allowed(trusted, trusted.token({name: now() - 30}))


@families
def test_a_token_past_the_maximum_age_is_refused_however_long_it_says_it_lives(algorithm: str) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token({"iat": now() - 61}), "token_too_old", max_age_seconds=60)
    refused(trusted, trusted.token(), "claim_missing", max_age_seconds=60)
    refused(trusted, trusted.token({"nbf": now()}), "claim_missing", max_age_seconds=60)
    allowed(trusted, trusted.token({"iat": now() - 30}), max_age_seconds=60)


# The issuer


@families
@pytest.mark.parametrize(
    "issuer",
    [
        ISSUER.rstrip("/"),
        ISSUER + "/",
        ISSUER.upper(),
        ISSUER.replace("https", "http"),
        ISSUER.replace("https", "HTTPS"),
        ISSUER.replace(".com", ".com:443"),
        ISSUER.replace("login", "LOGIN"),
        ISSUER + "?",
        ISSUER + "#",
        ISSUER + " ",
        " " + ISSUER,
        ISSUER + "\u0000",
        ISSUER + "../",
        ISSUER.replace("//", "//user@"),
        ISSUER.replace("login", "log%69n"),
        ISSUER.replace("l", "\uff4c"),
        ISSUER + "attacker",
        "https://login.example.com.attacker.example/",
        "",
        "*",
        7,
        True,
        [ISSUER],
        {ISSUER: 1},
    ],
)
def test_an_issuer_that_is_not_exactly_the_configured_one_is_refused(algorithm: str, issuer: Any) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token({"iss": issuer}), "issuer_unknown")


@families
def test_a_token_without_an_issuer_is_refused_where_one_is_configured(algorithm: str) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token({"iss": None}), "issuer_unknown")
    refused(trusted, with_raw(trusted, "iss", "null"), "issuer_unknown")


@families
def test_a_token_with_an_issuer_is_refused_where_none_is_configured(algorithm: str) -> None:
    trusted = signer(algorithm)
    allowed(trusted, trusted.token({"iss": None}), issuer=None)
    refused(trusted, trusted.token(), "issuer_unknown", issuer=None)
    refused(trusted, with_raw(trusted, "iss", "null"), "claim_invalid", issuer=None)


@pytest.mark.parametrize("first", FAMILIES)
@pytest.mark.parametrize("second", FAMILIES)
def test_a_key_of_one_issuer_never_verifies_for_another(first: str, second: str) -> None:
    one, two = signer(first), signer(second, "k2")
    issuers = [
        {"issuer": name, "audiences": ["orders"], "algorithms": [each.algorithm], "keys": each.keys}
        for name, each in (("one", one), ("two", two))
        # Only one secret fits into the tests' environment.
        if name == "one" or second != "HS256"
    ]
    allowed(one, one.token({"iss": "one"}), issuers=issuers)
    if second == "HS256":
        refused(one, one.token({"iss": "two"}), "issuer_unknown", issuers=issuers)
        return
    forged = {"key_unknown", "signature_invalid", "algorithm_not_allowed"}
    refused(one, one.token({"iss": "two"}), forged, issuers=issuers)
    refused(one, one.token({"iss": "two"}, {"kid": "k2"}), forged, issuers=issuers)
    refused(one, two.token({"iss": "one"}), forged, issuers=issuers)
    refused(one, two.token({"iss": "one"}, {"kid": "k1"}), forged, issuers=issuers)
    allowed(one, two.token({"iss": "two"}), issuers=issuers)


def test_an_issuers_own_rules_hold_for_its_own_tokens_only() -> None:
    one, two = signer("RS256"), signer("ES256")
    issuers = [
        {"issuer": name, "audiences": [f"api-{name}"], "algorithms": [each.algorithm], "keys": each.keys}
        for name, each in (("one", one), ("two", two))
    ]
    allowed(one, one.token({"iss": "one", "aud": "api-one"}), issuers=issuers)
    refused(one, one.token({"iss": "one", "aud": "api-two"}), "audience_mismatch", issuers=issuers)


# The audience


@families
@pytest.mark.parametrize(
    ("audience", "reason"),
    [
        ("others", "audience_mismatch"),
        ("", "audience_mismatch"),
        ("ORDERS", "audience_mismatch"),
        ("orders ", "audience_mismatch"),
        ("orders,others", "audience_mismatch"),
        ("orders others", "audience_mismatch"),
        ("*", "audience_mismatch"),
        ([], "audience_mismatch"),
        (["others"], "audience_mismatch"),
        (["order", "s"], "audience_mismatch"),
        (7, "claim_invalid"),
        (True, "claim_invalid"),
        ({"orders": 1}, "claim_invalid"),
        ([["orders"]], "claim_invalid"),
        (["orders", None], "claim_invalid"),
        (["orders", 7], "claim_invalid"),
        ([{"aud": "orders"}], "claim_invalid"),
    ],
)
def test_a_token_for_somebody_else_is_refused(algorithm: str, audience: Any, reason: str) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token({"aud": audience}), reason)


@families
def test_a_token_for_nobody_is_refused_where_an_audience_is_configured(algorithm: str) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token({"aud": None}), "audience_mismatch")
    refused(trusted, trusted.token({"aud": None, "client_id": "orders", "azp": "orders"}), "audience_mismatch")
    refused(trusted, with_raw(trusted, "aud", "null"), "claim_invalid")
    allowed(trusted, trusted.token({"aud": ["others", "orders"]}))


# The type


@families
@pytest.mark.parametrize("prefix", ["", "application/", "Application/"])
@pytest.mark.parametrize("kind", ["logout+jwt", "dpop+jwt", "secevent+jwt"])
def test_a_token_that_is_never_meant_for_an_api_is_refused(algorithm: str, prefix: str, kind: str) -> None:
    trusted = signer(algorithm)
    for spelling in (kind, kind.upper(), kind.title()):
        refused(trusted, trusted.token(header={"typ": prefix + spelling}), "token_type_not_allowed")
        # Not even by configuration.
        token = trusted.token(header={"typ": prefix + spelling})
        refused(trusted, token, "token_type_not_allowed", token_types=[kind])


@families
def test_a_token_is_of_a_configured_type(algorithm: str) -> None:
    trusted = signer(algorithm)
    for kind in ("at+jwt", "AT+JWT", "application/at+jwt", "APPLICATION/AT+jwt"):
        allowed(trusted, trusted.token(header={"typ": kind}), token_types=["at+jwt"])
        allowed(trusted, trusted.token(header={"typ": kind}), token_types=["application/AT+JWT"])
    for other in (
        None,
        "",
        "JWT",
        "at",
        "at+jwt ",
        "at+jwt;v=1",
        "application/",
        "text/at+jwt",
        "x/application/at+jwt",
    ):
        refused(trusted, trusted.token(header={"typ": other}), "token_type_not_allowed", token_types=["at+jwt"])
    odd_ones: tuple[Any, ...] = (1, True, ["at+jwt"], {})
    for odd in odd_ones:
        refused(trusted, trusted.token(header={"typ": odd}), "header_invalid", token_types=["at+jwt"])


# Subject, principal and client

NO_STRINGS: tuple[Any, ...] = (7, 0, 1.5, True, False, [], ["user-1"], {}, {"sub": "user-1"})


@families
@pytest.mark.parametrize("subject", NO_STRINGS, ids=str)
def test_a_subject_or_principal_that_is_no_string_is_refused(algorithm: str, subject: Any) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token({"sub": subject}), "claim_invalid")
    # Not even where another claim is the principal, or something stands in for an absent one.
    refused(trusted, trusted.token({"sub": subject, "uid": "u"}), "claim_invalid", principal_claim="uid")
    refused(trusted, trusted.token({"uid": subject}), "claim_invalid", principal_claim="uid")
    settings = {"principal_claim": "uid", "principal_fallback": "anybody"}
    refused(trusted, trusted.token({"uid": subject}), "claim_invalid", **settings)


@families
@pytest.mark.parametrize("token_id", NO_STRINGS, ids=str)
def test_a_token_id_that_is_no_string_is_refused(algorithm: str, token_id: Any) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token({"jti": token_id}), "claim_invalid")
    refused(trusted, with_raw(trusted, "jti", "null"), "claim_invalid")


@families
def test_a_principal_is_never_blank_or_made_up(algorithm: str) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token({"sub": None}), "principal_missing")
    for blank in ("", " ", "\u00a0", "\u3000\u2003"):
        refused(trusted, trusted.token({"sub": blank}), "claim_invalid")
        refused(trusted, trusted.token({"sub": blank}), "claim_invalid", principal_fallback="anybody")
    refused(trusted, with_raw(trusted, "sub", "null"), {"claim_invalid", "principal_missing"})
    assert allowed(trusted, trusted.token({"sub": None}), principal_fallback="anybody")["principalId"] == "anybody"


@families
def test_a_cognito_access_token_is_accepted_by_its_client(algorithm: str) -> None:
    trusted = signer(algorithm)
    settings: dict[str, Any] = {
        "audiences": [],
        "client_ids": ["client-1"],
        "claims": {"token_use": ["access"]},
        "required_claims": ["exp", "client_id"],
    }
    good = {"aud": None, "client_id": "client-1", "token_use": "access", "scope": "aws.cognito.signin.user.admin"}
    allowed(trusted, trusted.token(good), **settings)
    refused(trusted, trusted.token(good | {"client_id": "client-2"}), "client_not_allowed", **settings)
    refused(trusted, trusted.token(good | {"client_id": None}), "claim_missing", **settings)
    refused(trusted, trusted.token(good | {"client_id": ["client-1"]}), "client_not_allowed", **settings)
    refused(trusted, trusted.token(good | {"client_id": ""}), "client_not_allowed", **settings)
    # An id token is for its client, not for an API.
    id_token = good | {"token_use": "id", "aud": "client-1"}
    refused(trusted, trusted.token(id_token), "claim_mismatch", **settings)
    refused(trusted, trusted.token(good | {"token_use": None}), "claim_missing", **settings)


@families
def test_the_first_of_a_clients_names_counts(algorithm: str) -> None:
    """A token must not pick whichever of its names is allowed."""
    trusted = signer(algorithm)
    settings: dict[str, Any] = {"client_ids": ["good"]}
    for name in ("client_id", "azp", "appid", "cid"):
        allowed(trusted, trusted.token({name: "good"}), **settings)
        refused(trusted, trusted.token({name: "bad"}), "client_not_allowed", **settings)
    refused(trusted, trusted.token({"client_id": "bad", "azp": "good"}), "client_not_allowed", **settings)
    refused(trusted, trusted.token(), "claim_missing", **settings)


@families
@pytest.mark.parametrize(
    ("accepted", "claimed"),
    [(1, True), (1, "1"), (1, 1.0), (0, False), ("true", True), (True, 1), ("a", ["a"]), ("a", "A"), ("a", "a ")],
)
def test_a_claim_with_a_rule_has_exactly_the_value(algorithm: str, accepted: Any, claimed: Any) -> None:
    trusted = signer(algorithm)
    allowed(trusted, trusted.token({"x": accepted}), claims={"x": [accepted]})
    refused(trusted, trusted.token({"x": claimed}), "claim_mismatch", claims={"x": [accepted]})
    refused(trusted, trusted.token(), "claim_missing", claims={"x": [accepted]})


# Scopes


@families
@pytest.mark.parametrize("name", ["scope", "scp"])
@pytest.mark.parametrize(
    ("scopes", "text"),
    [
        ("orders:read orders:write", "orders:read orders:write"),
        (["orders:read", "orders:write"], '["orders:read","orders:write"]'),
        ("", ""),
        ([], "[]"),
    ],
)
def test_scopes_reach_the_backend_as_one_string(algorithm: str, name: str, scopes: Any, text: str) -> None:
    trusted = signer(algorithm)
    answer = allowed(trusted, trusted.token({name: scopes}), context_claims=["scope", "scp"])
    assert answer["context"][name] == text


@families
@pytest.mark.parametrize("scopes", ["orders:read", ["orders:read"], "orders:read orders:write"])
def test_a_scope_that_a_rule_asks_for_is_compared_whole(algorithm: str, scopes: Any) -> None:
    trusted = signer(algorithm)
    settings: dict[str, Any] = {"claims": {"scope": ["orders:read"]}}
    if scopes == "orders:read":
        allowed(trusted, trusted.token({"scope": scopes}), **settings)
    else:
        refused(trusted, trusted.token({"scope": scopes}), "claim_mismatch", **settings)
