"""The token that shows a loosening is the plainest one, and it is new in one thing alone."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from jwt_authorizer import binding
from scripts.review_plan.access import witness
from scripts.review_plan.access.decision import CERTIFICATE, NOW, Answer, Token, decide
from scripts.review_plan.access.witness import Side, Witness
from scripts.review_plan.errors import ReviewError
from tests.review.witness_law import side

ISSUER: dict[str, Any] = {
    "issuer": "https://i.example.com/",
    "audiences": ["api"],
    "algorithms": ["RS256"],
    "keys": {"jwks_url": "https://i.example.com/jwks"},
}
NAME = "https://login.microsoftonline.com/{tenantid}/v2.0"
T1, T2 = "11111111-2222-4333-8444-555555555555", "72f988bf-86f1-41af-91ab-2d7cd011db47"
UNCACHED = {"cache_seconds": 0}
ONE_CLAIM = {"scope_claims": ["scope"]}
LATER = NOW + 1000
PLAIN = {"iss": ISSUER["issuer"], "sub": "someone", "aud": "api", "exp": NOW + 300}


def state(rule: dict[str, Any], *issuers: dict[str, Any]) -> Side:
    """A rule, and issuers of which each names what is unlike the usual one; from JSON, as a plan holds them."""
    configuration = [ISSUER | issuer for issuer in issuers or ({},)], rule
    return side(*json.loads(json.dumps(configuration)))


def found(before: Side, after: Side) -> Witness:
    gaining = witness.find(before, after)
    assert gaining is not None
    return gaining


def words(gaining: Witness) -> str:
    return "".join(piece if isinstance(piece, str) else piece.text for piece in gaining.words)


def named(number: int) -> list[str]:
    return [f"x{one}" for one in range(number)]


def test_the_plainest_token_expires_in_five_minutes_and_has_nothing_more_than_is_asked_for() -> None:
    gaining = found(state({"scopes": ["a"]}), state({}))
    assert gaining.token == Token({"alg": "RS256"}, PLAIN)


@pytest.mark.parametrize(
    ("before", "after", "claims"),
    [
        # What else an issuer or a rule asked for before, the token has.
        (state({"scopes": ["a"]}, {"claims": {"use": ["access"]}}), state({}), {"use": "access"}),
        (state({"claims": {"zone.name": ["x"]}}, {"claims": {"acr": ["x"]}}), state({}), {"acr": "x"}),
        (state({"scopes": ["a"]}, {"claims": {"aal": ["x"]}}), state({}), {"aal": "x"}),
        (
            state({"scopes": ["a"], "binding": "mtls", **UNCACHED}),
            state({"binding": "mtls", **UNCACHED}),
            {"cnf": {"x5t#S256": "uhxWakutKIwioLdRFFjJLKWCLNQWMuUYBunqde0S0T0"}},
        ),
        (
            state({"scopes": ["a"]}, {"required_claims": ["acr", "exp", "nbf"]}),
            state({}, {"required_claims": ["acr", "exp", "nbf"]}),
            {"acr": "someone", "nbf": NOW + 10},
        ),
        # A list has one value for each condition, and none for the condition that it does not meet.
        (
            state({"claims": {"aud": ["x"]}}),
            state({"claims": {"aud": ["x"]}}, {"audiences": ["api", "web"]}),
            {"aud": ["web", "x"]},
        ),
        (
            state({"claims": {"aud": ["a"]}}, {"audiences": ["web"]}),
            state({"claims": {"aud": ["a"]}}, {"audiences": ["api", "web"]}),
            {"aud": ["api", "a"]},
        ),
        (
            state({"scopes": ["a", "b"], "claims": {"scope": ["x"]}}),
            state({"scopes": ["b"], "claims": {"scope": ["x"]}}),
            {"scope": ["b", "x"]},
        ),
        (
            state({"claims": {"r": ["a"], "r.x": ["q"]}}),
            state({"claims": {"r": ["a"], "r.x": ["q", "z"]}}),
            {"r": ["a", "a", {"x": ["z"]}]},
        ),
        (
            state({"claims": {"r": ["a", "x"], "r.x": ["q"]}}),
            state({"claims": {"r": ["a", "x", "q"], "r.x": ["q", "z"]}}),
            {"r": [{"x": ["q"]}, "q", {"x": ["q"]}, {"x": ["z"]}]},
        ),
        (
            state({"claims": {"r.x": ["q"], "r": ["m"], "r.y": ["w"]}}),
            state({"claims": {"r": ["m", "n"], "r.x": ["q"], "r.y": ["w"]}}),
            {"r": [{"x": ["q"]}, {"y": ["w"]}, "n", {"x": ["q"]}, {"y": ["w"]}]},
        ),
        (
            state({"claims": {"r": ["a"], "r.x": ["q"], "b": ["1"], "z": ["2"]}}),
            state({"claims": {"r": ["a"], "r.x": ["q", "z"], "b": ["1"], "z": ["2"]}}),
            {"r": ["a", "a", {"x": ["z"]}], "b": "1", "z": "2"},
        ),
        (
            state({"claims": {"r.r": ["a"], "r.s": ["b"]}}),
            state({"claims": {"r.r": ["a"], "r.s": ["b", "c"]}}),
            {"r": {"r": "a", "s": "c"}},
        ),
        (
            state({"claims": {"zone.a": ["x"], "zone.b": ["y"]}}),
            state({"claims": {"zone.b": ["y"]}}),
            {"zone": {"b": "y"}},
        ),
        (
            state({"claims": {"r.x.x": ["a"], "r.x.y": ["b"]}}),
            state({"claims": {"r.x.x": ["a"], "r.x.y": ["b", "c"]}}),
            {"r": {"x": {"x": "a", "y": "c"}}},
        ),
        (
            state({"claims": {"r": ["a"], "r.x": ["a"]}}),
            state({"claims": {"r": ["a", "b"], "r.x": ["a"]}}),
            {"r": [{"x": ["a"]}, "b", {"x": ["a"]}]},
        ),
        (
            state({"claims": {"r": ["a"], "r.x": ["a"]}}),
            state({"claims": {"r": ["a"], "r.x": ["a", "b"]}}),
            {"r": ["a", "a", {"x": ["b"]}]},
        ),
        (
            state({"scopes": ["a"]}, {"required_claims": ["iat", "exp"]}),
            state({}, {"required_claims": ["iat", "exp"]}),
            {"iat": NOW},
        ),
        (
            state({"claims": {"azp.kind": ["x"]}}),
            state({"claims": {"azp.kind": ["x", "y"]}}),
            {"azp": {"kind": "y"}},
        ),
        (
            state({}, {"client_ids": ["x"], "required_claims": ["azp", "exp"]}),
            state({}, {"client_ids": ["x", "y"], "required_claims": ["azp", "exp"]}),
            {"azp": "y"},
        ),
        (
            state({}, {"client_ids": ["x"], "claims": {"azp": ["p"]}}),
            state({}, {"client_ids": ["x", "y"], "claims": {"azp": ["p"]}}),
            {"azp": "p", "client_id": "y"},
        ),
        # As few scopes as show the change.
        (state({"any_scope": ["a", "b"]}), state({"any_scope": ["b", "c"]}), {"scope": "c"}),
        (
            state({"scopes": ["a"], "any_scope": ["b", "c"]}),
            state({"any_scope": ["b", "c"]}),
            {"scope": "b"},
        ),
        (state({"scopes": ["a"]}), state({"any_scope": ["b", "c"]}), {"scope": "b"}),
        # The leeway counts for each time: where the others are fixed, for the one that is not.
        (
            state({"claims": {"exp": [LATER]}}),
            state({"claims": {"exp": [LATER]}}, {"leeway_seconds": 60}),
            {"exp": LATER, "iat": NOW + 60},
        ),
        (
            state({"claims": {"exp": [LATER], "iat": [NOW]}}),
            state({"claims": {"exp": [LATER], "iat": [NOW]}}, {"leeway_seconds": 60}),
            {"exp": LATER, "iat": NOW, "nbf": NOW + 60},
        ),
        (
            state({}, {"leeway_seconds": 0, "max_age_seconds": 60}),
            state({}, {"leeway_seconds": 0, "max_age_seconds": 600}),
            {"iat": NOW - 60},
        ),
    ],
)
def test_the_claims_are_those_of_the_plainest_token_but_for_what_the_change_needs(
    before: Side, after: Side, claims: dict[str, Any]
) -> None:
    assert found(before, after).token.claims == PLAIN | claims


@pytest.mark.parametrize(
    ("before", "after", "header"),
    [
        ({"algorithms": ["RS256"]}, {"algorithms": ["RS256", "ES256"]}, {"alg": "ES256"}),
        (
            {"token_types": ["at+jwt"]},
            {"token_types": ["at+jwt", "jose"], "algorithms": ["RS256", "ES256"]},
            {"alg": "ES256", "typ": "at+jwt"},
        ),
        (
            {"token_types": ["at+jwt"]},
            {"token_types": ["aa+jwt", "at+jwt"], "algorithms": ["ES256"]},
            {"alg": "ES256", "typ": "at+jwt"},
        ),
    ],
)
def test_a_new_algorithm_is_shown_with_a_type_as_before(
    before: dict[str, Any], after: dict[str, Any], header: dict[str, str]
) -> None:
    assert found(state({}, before), state({}, after)).token.header == header


@pytest.mark.parametrize(
    ("types", "header"),
    [({}, {"alg": "ES256"}), ({"token_types": ["at+jwt", "JWT"]}, {"alg": "ES256", "typ": "at+jwt"})],
)
def test_where_the_header_is_as_before_it_is_the_first_in_order(types: dict[str, Any], header: dict[str, str]) -> None:
    issuer = {"algorithms": ["RS256", "ES256"], **types}
    assert found(state({"scopes": ["a"]}, issuer), state({}, issuer)).token.header == header


def test_a_header_that_is_new_is_shown_only_where_nothing_else_is() -> None:
    before = state({"scopes": ["a"]}, {"token_types": ["at+jwt"]})
    after = state({}, {"token_types": ["aa+jwt", "at+jwt"]})
    assert found(before, after).token == Token({"alg": "RS256", "typ": "at+jwt"}, PLAIN)


def test_a_token_that_does_not_behave_as_found_is_reported_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = state({"scopes": ["a"]}), state({})
    answers = {id(before.settings): Answer("allowed"), id(after.settings): Answer("403", "because")}
    monkeypatch.setattr(witness, "decide", lambda settings, *_: answers[id(settings)])
    with pytest.raises(ReviewError, match=r"allowed before and 403 after \(because\)"):
        witness.find(before, after)


def test_a_path_parameter_is_shown_that_is_not_the_member_of_a_claim() -> None:
    gaining = found(state({"path_equals": {"id": "realm.user"}, **UNCACHED}), state(UNCACHED))
    assert (gaining.token.claims, gaining.token.path) == (PLAIN, {"id": "someone"})
    assert words(gaining) == "id in the path that is not claim realm.user"


def test_the_issuer_is_named_where_there_are_several() -> None:
    other = {"issuer": "https://j.example.com/"}
    before: dict[str, Any] = {"scopes": ["a"]}
    after: dict[str, Any] = {}
    assert words(found(state(before), state(after))) == "a token without scope a"
    gaining = found(state(before, {}, other), state(after, {}, other))
    assert words(gaining) == "a token without scope a, of issuer https://i.example.com/"


def test_a_tenant_that_gets_an_issuer_of_its_own_gains_by_a_token_with_its_tid() -> None:
    several = {"issuer": NAME, "tenants": [T1], "audiences": ["web"]}
    own = {"issuer": NAME.replace("{tenantid}", T1)}
    gaining = found(state({}, several), state({}, own | {"claims": {"tid": [T1]}}))
    assert gaining.token.claims["tid"] == T1
    assert words(gaining) == "audience api"


@pytest.mark.parametrize(
    ("before", "after", "scope"),
    [
        ({"any_scope": ["a", "b"], "claims": {"scope": ["a", "a b"]}}, {"any_scope": ["a", "b"]}, "b"),
        ({"scopes": ["a"], "claims": {"scope": ["a"]}}, {"scopes": ["a"]}, "a someone"),
        (
            {"any_scope": ["a", "b"], "claims": {"scope": ["a"]}},
            {"any_scope": ["a", "b"], "claims": {"scope": ["a", "q"]}},
            ["b", "q"],
        ),
    ],
)
def test_a_claim_that_holds_the_scopes_may_have_another_value_than_was_asked_for(
    before: dict[str, Any], after: dict[str, Any], scope: Any
) -> None:
    assert found(state(before, ONE_CLAIM), state(after, ONE_CLAIM)).token.claims == PLAIN | {"scope": scope}


@pytest.mark.parametrize(
    ("before", "after", "claims"),
    [
        ({"scopes": ["a"]}, {}, {"exp": NOW + 299}),
        ({"claims": {"exp": [LATER]}}, {"claims": {"exp": [LATER]}}, {"exp": LATER, "iat": NOW + 59}),
        (
            {"claims": {"exp": [LATER], "iat": [NOW]}},
            {"claims": {"exp": [LATER], "iat": [NOW]}},
            {"exp": LATER, "iat": NOW, "nbf": NOW + 59},
        ),
    ],
)
def test_times_are_so_many_seconds_after_the_decision_whenever_it_is(
    before: dict[str, Any], after: dict[str, Any], claims: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # All low bits of this time are set, so that nothing but a sum gives these.
    monkeypatch.setattr(witness, "NOW", NOW - 1)
    gaining = found(state(before), state(after, {"leeway_seconds": 60}))
    assert gaining.token.claims == PLAIN | claims


@pytest.mark.parametrize("claim", ["acr", "g"])
@pytest.mark.parametrize(("texts", "numbers", "tokens"), [(122, 31, 20_000), (110, 60, 20_001)])
def test_as_many_as_20000_tokens_are_tried_and_no_more(texts: int, numbers: int, tokens: int, claim: str) -> None:
    # An audience is a value like others in any claim but `aud`.
    values = ["api", *named(texts - 1), *(number + 0.5 for number in range(numbers))]
    assert (len(values) + 7) * (texts + 3) == tokens
    before = state({"claims": {claim: values}, "path_equals": {"id": claim}, **UNCACHED})
    if tokens > 20_000:
        with pytest.raises(witness.Unsure):
            witness.find(before, state(UNCACHED))
    else:
        assert found(before, state(UNCACHED)).token.path == {"id": "someone"}


def test_the_values_of_a_claim_and_those_of_its_members_are_not_multiplied() -> None:
    claims = {name: named(150) for name in ("g", "g.h", "f.h", "k.h")}
    fewer = {name: values for name, values in claims.items() if name != "g.h"}
    assert found(state({"claims": claims}), state({"claims": fewer})).token.claims["g"] == "x0"


def test_a_tenant_gains_beside_one_that_has_an_issuer_of_its_own() -> None:
    own = {"issuer": NAME.replace("{tenantid}", T1)}
    before, after = ({"issuer": NAME, "tenants": tenants} for tenants in ([T1], [T1, T2]))
    assert found(state({}, before, own), state({}, after, own)).token.claims["tid"] == T2


def test_a_token_does_not_gain_that_was_taken_without_its_binding() -> None:
    bound = PLAIN | {"cnf": {"x5t#S256": binding.thumbprint(CERTIFICATE)}}
    token = Token({"alg": "RS256"}, json.loads(json.dumps(bound)))
    before, after = state({}), state({"binding": "mtls", **UNCACHED})
    assert decide(after.settings, after.rule, token).is_allowed
    assert not witness.gains(before, after, token)


def test_an_example_is_the_plainest_token_of_the_first_issuer_that_has_one() -> None:
    assert witness.example(state({"scopes": ["a"]})) == Token({"alg": "RS256"}, PLAIN | {"scope": "a"})
    unsure = {"required_claims": ["cnf", "exp"]}
    found_second = witness.example(state({}, unsure, {"issuer": "j"}))
    assert found_second == Token({"alg": "RS256"}, PLAIN | {"iss": "j"})
    assert witness.example(state({}, unsure)) is None


def test_an_example_of_several_tenants_is_not_one_that_an_issuer_of_its_own_refuses() -> None:
    several = {"issuer": NAME, "tenants": [T1]}
    own = {"issuer": NAME.replace("{tenantid}", T1), "audiences": ["own"]}
    shown = witness.example(state({}, several, own))
    assert shown is not None
    assert shown.claims["aud"] == "own"


def test_a_number_among_the_values_of_tid_is_no_tenant() -> None:
    several = {"issuer": NAME, "tenants": "any"}
    gaining = found(state({"claims": {"tid": [7]}}, several), state({"claims": {"tid": [7, T1]}}, several))
    assert gaining.token.claims["tid"] == T1


def test_of_members_of_cnf_nothing_is_claimed() -> None:
    rule = {"claims": {"cnf.x5t#S256": [binding.thumbprint(CERTIFICATE)]}, "binding": "mtls", **UNCACHED}
    with pytest.raises(witness.Unsure):
        witness.find(state(rule | {"scopes": ["a"]}), state(rule))


@pytest.mark.parametrize("member", ["r.a", "r.y"])
def test_one_member_of_a_claim_is_compared_while_another_is_asked_for(member: str) -> None:
    rule = {"claims": {member: ["v"]}, "path_equals": {"id": "r.x.z"}, **UNCACHED}
    assert words(found(state(rule | {"scopes": ["s"]}), state(rule))) == "a token without scope s"


@pytest.mark.parametrize("name", ["token", "words"])
def test_a_witness_stays_as_it_is(name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(Witness(Token({}, {}), Answer("401"), Answer("allowed"), ()), name, None)


def test_a_side_stays_as_it_is() -> None:
    with pytest.raises(FrozenInstanceError):
        state({}).rule = None  # type: ignore[misc, assignment]
