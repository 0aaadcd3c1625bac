"""A loosened rule has a token that shows it, which the whole authorizer answers as the review says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jwt_authorizer.schema import DEFINITIONS
from scripts.review_plan.access import witness
from scripts.review_plan.access.decision import ALLOWED, Answer
from scripts.review_plan.access.places import PLACES
from scripts.review_plan.errors import ReviewError
from scripts.review_plan.render import json_report, markdown, sarif, terminal
from tests.review import doors
from tests.review.witness_law import Pair, check, pair, side

ISSUER = {
    "issuer": "https://i.example.com/",
    "audiences": ["api"],
    "algorithms": ["RS256"],
    "keys": {"jwks_url": "https://i.example.com/jwks"},
}


def words(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    """The witness in words for a change of the rule, or of the issuer by the keys of ``issuer``."""
    found = witness.find(*(side([ISSUER | state.pop("issuer", {})], state) for state in (dict(before), dict(after))))
    return None if found is None else "".join(piece if isinstance(piece, str) else piece.text for piece in found.words)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            {"scopes": ["profile:read", "profile:write"]},
            {"scopes": ["profile:write"]},
            "scope profile:write without profile:read",
        ),
        ({"scopes": ["a"]}, {}, "a token without scope a"),
        ({"any_scope": ["a"]}, {"any_scope": ["a", "b"]}, "scope b without a"),
        ({"claims": {"groups": ["ops"]}}, {"claims": {"groups": ["ops", "admin"]}}, "claim groups = admin"),
        ({"claims": {"ok": ["true"]}}, {"claims": {"ok": [True]}}, "claim ok = true"),
        ({"claims": {"realm.roles": ["ops"]}}, {}, "a token without claim realm.roles"),
        (
            {"path_equals": {"id": "sub"}, "cache_seconds": 0},
            {"cache_seconds": 0},
            "id in the path that is not claim sub",
        ),
        ({"binding": "mtls", "cache_seconds": 0}, {"cache_seconds": 0}, "a token that is bound to nothing"),
        (
            {"scopes": ["a"], "cache_seconds": 0},
            {"binding": "mtls", "cache_seconds": 0},
            "a token without scope a",
        ),
        ({}, {"issuer": {"audiences": ["api", "mobile"]}}, "audience mobile"),
        ({}, {"issuer": {"audiences": []}}, "a token without an audience"),
        ({}, {"issuer": {"algorithms": ["RS256", "ES256"]}}, "a token signed with ES256"),
        ({}, {"issuer": {"leeway_seconds": 60}}, "a token that expired 10 s ago"),
        ({}, {"issuer": {"required_claims": []}}, "a token without claim exp"),
        (
            {"issuer": {"max_age_seconds": 60}},
            {"issuer": {"max_age_seconds": 600}},
            "a token that was issued 70 s ago",
        ),
        ({"issuer": {"client_ids": ["x"]}}, {"issuer": {"client_ids": ["x", "y"]}}, "client y"),
        ({"issuer": {"claims": {"use": ["access"]}}}, {}, "a token without claim use"),
        ({"issuer": {"token_types": ["at+jwt"]}}, {}, "a token that names no type"),
        (
            {"scopes": ["a"]},
            {"scopes": ["a"], "issuer": {"scope_claims": ["scope", "permissions"]}},
            "scope a in claim",
        ),
        ({}, {"issuer": {"issuer": "https://j.example.com/"}}, "any token of issuer https://j.example.com/"),
        ({}, {"issuer": {"principal_claim": "uid"}}, "a token without claim sub"),
        (
            {"issuer": {"principal_claim": "uid"}},
            {"issuer": {"principal_claim": "uid", "integer_principal": True}},
            "claim uid = 7",
        ),
    ],
)
def test_a_loosening_names_a_token_that_gains(before: dict[str, Any], after: dict[str, Any], said: str) -> None:
    found = words(before, after)
    assert found is not None
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"scopes": ["a"]}),
        ({"scopes": ["a"], "any_scope": ["a"]}, {"scopes": ["a"]}),
        ({"any_scope": ["a", "b"]}, {"any_scope": ["a"]}),
        ({"issuer": {"audiences": []}}, {}),
        ({"issuer": {"leeway_seconds": 60}}, {}),
        ({"issuer": {"required_claims": ["exp", "sub"]}}, {"issuer": {"required_claims": ["exp"]}}),
    ],
)
def test_no_token_gains_by_what_loosens_nothing(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert words(before, after) is None


NAME = "https://login.microsoftonline.com/{tenantid}/v2.0"
T1, T2 = "11111111-2222-4333-8444-555555555555", "72f988bf-86f1-41af-91ab-2d7cd011db47"
UNNAMED = "00000000-0000-4000-8000-000000000000"


def of_tenants(tenants: Any, **more: Any) -> dict[str, Any]:
    """An issuer of several tenants."""
    return ISSUER | {"issuer": NAME, "tenants": tenants} | more


def of_one(tenant: str, **more: Any) -> dict[str, Any]:
    """The exact issuer of one tenant."""
    return ISSUER | {"issuer": NAME.replace("{tenantid}", tenant)} | more


OF_T1 = {"claims": {"tid": [T1]}}
IN_PATH = {"path_equals": {"t": "tid"}, "cache_seconds": 0}


@pytest.mark.parametrize(
    ("before", "after", "gaining"),
    [
        (([of_tenants([T1])], {}), ([of_tenants([T1, T2])], {}), T2),
        (([of_tenants([T1, T2])], {}), ([of_tenants([T1])], {}), None),
        (([of_tenants([T1])], {}), ([of_tenants("any")], {}), UNNAMED),
        (([of_tenants("any")], {}), ([of_tenants([T1])], {}), None),
        (([of_tenants([T1])], {}), ([of_tenants("any")], OF_T1), None),
        (([of_tenants([T1, T2])], OF_T1), ([of_tenants([T1, T2])], {}), T2),
        (([of_tenants("any")], OF_T1), ([of_tenants("any")], {"claims": {"tid": [T1, T2]}}), T2),
        (([of_tenants("any", claims={"tid": [T1]})], {}), ([of_tenants([T1])], {}), None),
        (([of_tenants([T1])], {}), ([of_tenants("any", claims={"tid": [T1]})], {}), None),
        (([of_tenants("any")], IN_PATH), ([of_tenants("any")], IN_PATH), None),
        (([of_tenants([T1])], IN_PATH), ([of_tenants([T1])], {"cache_seconds": 0}), T1),
        (([of_one(T1)], {}), ([of_tenants([T1, T2])], {}), T2),
        (([of_one(T1), of_one(T2)], {}), ([of_tenants([T1, T2])], {}), None),
        # A token without `tid`, or with a list of them, is none of several tenants', and may be an exact issuer's.
        (([of_tenants("any")], {}), ([of_one(T1)], {}), T1),
        (([of_tenants("any")], OF_T1), ([of_one(T1)], OF_T1), T1),
        (([of_tenants("any")], {}), ([of_one(T1, claims={"tid": [T1]})], {}), None),
        (([of_tenants("any")], {}), ([of_one(T1, claims={"tid": [T1, T2]})], {}), T1),
        (([of_tenants([T2])], {}), ([of_one(T1, claims={"tid": [T1]})], {}), T1),
        (([of_tenants([T2])], {}), ([of_tenants([T2]), of_one(T1)], {}), T1),
        (([of_tenants("any"), of_one(T1, audiences=["x"])], {}), ([of_tenants("any")], {}), T1),
        (([of_tenants("any")], {}), ([of_tenants("any"), of_one(T1, audiences=["x"])], {}), T1),
        (([of_tenants([T1], audiences=["api"])], {}), ([of_tenants([T1], audiences=["api", "web"])], {}), T1),
    ],
)
def test_a_tenant_gains_where_a_token_of_its_own_is_taken_from_now_on(
    before: tuple[Any, Any], after: tuple[Any, Any], gaining: str | None
) -> None:
    found = witness.find(side(*before), side(*after))
    assert (None if found is None else found.token.claims["iss"]) == (gaining and of_one(gaining)["issuer"])


@pytest.mark.parametrize(
    ("before", "after", "gains"),
    [
        ({"claims": {"roles": ["a"]}}, {"claims": {"roles": ["a", "b"]}}, True),
        ({"claims": {"roles": ["a"]}}, {"claims": {"roles": ["a"], "roles.a": ["x"]}}, False),
        ({"claims": {"roles.a": ["x"]}}, {"claims": {"roles": ["a"], "roles.a": ["x"]}}, False),
        ({"claims": {"roles": ["a"], "roles.a": ["x"]}}, {"claims": {"roles.a": ["x"]}}, True),
        ({"claims": {"roles": ["a"], "roles.a": ["x"]}}, {"claims": {"roles": ["a"]}}, True),
        ({"claims": {"roles.a.b": ["x"]}}, {"claims": {"roles.a": ["b"]}}, True),
        ({"claims": {"roles.a": ["b"]}}, {"claims": {"roles.a.b": ["x"]}}, True),
        ({"claims": {"amr.method": ["totp"]}}, {"claims": {"amr.method": ["totp", "sms"]}}, True),
        (
            {"claims": {"amr.method": ["totp"], "amr": ["x", 1]}},
            {"claims": {"amr.method": ["totp"], "amr": [1]}},
            False,
        ),
    ],
)
def test_names_of_members_and_objects_in_lists_are_claims_like_others(before: Any, after: Any, gains: bool) -> None:
    assert (words(before, after) is not None) == gains


@pytest.mark.parametrize(
    "rule",
    [
        {"claims": {"a": ["x"]}, "path_equals": {"id": "a.b"}, "cache_seconds": 0},
        {"claims": {"scope.a": ["x"]}, "scopes": ["s"]},
    ],
)
def test_where_a_claim_is_compared_or_split_besides_nothing_is_claimed_of_its_objects(rule: dict[str, Any]) -> None:
    with pytest.raises(witness.Unsure):
        words(rule, dict(rule))


def test_a_second_entry_of_an_issuer_gains_by_its_own_algorithms_and_the_first_by_none() -> None:
    secret = ISSUER | {"algorithms": ["HS256"], "keys": {"secret": {"environment": "S"}}}
    found = witness.find(side([secret], {}), side([secret, ISSUER], {}))
    assert found is not None
    assert (found.token.header["alg"], found.before.reason) == ("RS256", "algorithm_not_allowed")
    assert witness.find(side([secret, ISSUER], {}), side([ISSUER], {})) is None
    assert witness.find(side([secret, ISSUER], {}), side([ISSUER, secret], {})) is None


def test_each_key_of_the_schema_has_its_place() -> None:
    keys = {f"{name}.{key}" for name, row in DEFINITIONS.items() for key in row.get("properties", ())}
    assert keys == set(PLACES)


def test_a_witness_that_does_not_behave_as_found_ends_the_review(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "decide", lambda *_: Answer(ALLOWED))
    with pytest.raises(ReviewError, match="a mistake in the review"):
        words({"scopes": ["a"]}, {})


def reviewed(before: dict[str, Any], after: dict[str, Any]) -> Any:
    """A review of a change of our function's configuration, on a route with rule ``r``."""

    def state(configuration: dict[str, Any]) -> dict[str, Any]:
        return doors.ours({"r": configuration["r"]}, issuers=[ISSUER | configuration.get("issuer", {})])

    return doors.reviewed(state(before), state(after))


def test_every_output_shows_the_token() -> None:
    found = reviewed({"r": {"scopes": ["profile:read", "w"]}}, {"r": {"scopes": ["w"]}})
    (route,) = [row for row in json.loads(json_report.render(found))["routes"] if row["witness"]]
    assert route["status"] == "LOOSENED"
    assert route["witness"]["claims"]["scope"] == "w"
    assert route["witness"]["before"] == {"answer": "403", "reason": "insufficient_scope"}
    assert "lets in, for instance: scope `w` without `profile:read`" in markdown.render(found)
    assert "lets in, for instance: scope w without profile:read" in terminal.render(found)
    assert "lets in, for instance: scope w without profile:read" in sarif.render(found)


def test_other_keys_have_a_status_of_their_own_and_stop_the_gate() -> None:
    other = {"keys": {"jwks_url": "https://j.example.com/jwks"}}
    found = reviewed({"r": {}}, {"r": {}, "issuer": other})
    (change,) = found.not_allowed
    assert change.status.value == "KEYS"
    assert change.witness is None
    assert "lets in whoever signs with the other keys" in markdown.render(found)


def test_what_no_token_shows_is_said_in_words() -> None:
    slower = {"keys": {**ISSUER["keys"], "cache_seconds": 3000}}  # type: ignore[dict-item]
    found = reviewed({"r": {}}, {"r": {}, "issuer": slower})
    (change,) = found.not_allowed
    assert (change.status.value, change.witness) == ("LOOSENED", None)
    assert "a key that the issuer has withdrawn" in markdown.render(found)


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=0))
def test_no_loosening_is_missed_and_none_is_said_without_a_token_that_is_right(seed: int) -> None:
    check(pair(seed))


def test_the_law_finds_a_comparison_that_misses_a_loosening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "find", lambda *_: None)
    issuer = {
        "issuer": "i",
        "audiences": [],
        "algorithms": ["HS256"],
        "keys": {"secret": {"environment": "LAW_SECRET"}},
    }
    missing: Pair = ([issuer], {"scopes": ["a"]}, [issuer], {})
    with pytest.raises(AssertionError, match="gains"):
        check(missing)
