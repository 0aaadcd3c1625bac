"""Access rules: who meets them, by examples and by a law."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jwt_authorizer import config, policy, rules
from jwt_authorizer.authorizer import Authorizer
from jwt_authorizer.errors import ConfigurationError, Unauthorized
from tests.unit.conftest import METHOD_ARN, SECRET, STAGE_ARN, Invoke, LambdaContext, configuration, mint

Start = Callable[..., Invoke]


def test_the_alias_is_the_eighth_and_last_part_of_the_functions_arn() -> None:
    parsed = config.parse(configuration()).rules
    function = "arn:aws:lambda:eu-west-1:123456789012:function:authorizer"
    assert rules.called_rule(f"{function}:signed-in", parsed).name == "signed-in"
    for arn in (function, f"{function}:signed-in:signed-in", "signed-in", ""):
        with pytest.raises(ConfigurationError, match="names no rule"):
            rules.called_rule(arn, parsed)


def why_unmet(rule: dict[str, Any], claims: dict[str, Any], path: dict[str, str] | None = None) -> rules.Unmet | None:
    parsed = config.parse(configuration(rules={"rule": rule})).rules["rule"]
    return rules.unmet(parsed, claims, rules.scopes(claims, ("scope", "scp")), path)


@pytest.mark.parametrize(
    ("claims", "missing"),
    [
        ({"scope": "orders:read orders:write"}, None),
        ({"scp": ["orders:write", "orders:read"]}, None),
        ({"scope": "orders:read", "scp": "orders:write"}, None),
        ({"scope": "orders:read"}, ("orders:write",)),
        ({"scope": "ORDERS:READ orders:writer"}, ("orders:read", "orders:write")),
        ({"scope": ["orders:read orders:write"]}, ("orders:read", "orders:write")),
        ({"scope": {"orders:read": True}}, ("orders:read", "orders:write")),
        ({"scope": ["orders:read", 7, None]}, ("orders:write",)),
        ({"scope": None, "scp": True}, ("orders:read", "orders:write")),
        ({}, ("orders:read", "orders:write")),
    ],
)
def test_all_of_the_scopes_are_needed_in_any_shape_issuers_send(claims: Any, missing: Any) -> None:
    unmet = why_unmet({"scopes": ["orders:read", "orders:write"]}, claims)
    assert unmet == (missing and rules.Unmet("insufficient_scope", missing))


def test_one_of_any_scope_is_enough() -> None:
    rule = {"any_scope": ["orders:read", "orders:admin"]}
    assert why_unmet(rule, {"scope": "openid orders:admin"}) is None
    assert why_unmet(rule, {"scope": "openid"}) == rules.Unmet("insufficient_scope", ("orders:read", "orders:admin"))


@pytest.mark.parametrize(
    ("value", "met"),
    [
        ("ops", True),
        (["dev", "ops"], True),
        ("Ops", False),
        ("ops ", False),
        (["dev"], False),
        ([], False),
        ([["ops"]], False),
        ({"ops": True}, False),
        (None, False),
        (True, True),
        ([True], True),
        (1, False),
        (7, True),
        (7.0, False),
        ("7", False),
        ("true", False),
    ],
)
def test_a_claim_must_equal_or_contain_one_of_the_values(value: Any, met: bool) -> None:
    rule = {"claims": {"groups": ["ops", "admin", True, 7]}}
    assert (why_unmet(rule, {"groups": value}) is None) == met


@pytest.mark.parametrize(
    ("value", "met"),
    [
        ({"admin": {"1001": "acme.example"}}, True),
        ({"ops": {"1001": "a"}, "admin": {"1001": "a", "1002": "b"}}, True),
        ({"admin": {}}, False),
        ({"admin": True}, False),
        ({"admin": False}, False),
        ({"admin": None}, False),
        ({"admin": "acme.example"}, False),
        ({"admin": ["acme.example"]}, False),
        ({"Admin": {"1001": "a"}}, False),
        ({"1001": {"admin": "a"}}, False),
        ({}, False),
    ],
)
def test_a_role_may_be_the_name_of_a_member_that_holds_an_object(value: Any, met: bool) -> None:
    claim = "urn:zitadel:iam:org:project:roles"
    assert (why_unmet({"claims": {claim: ["admin", 1001]}}, {claim: value}) is None) == met


@pytest.mark.parametrize(
    ("value", "met"),
    [
        ([{"method": "totp", "timestamp": 1}], True),
        ([{"method": "password"}, {"method": "totp"}], True),
        ([{"method": ["sms", "totp"]}], True),
        ({"method": "totp"}, True),
        ([{"method": "password"}], False),
        ([{"methods": "totp"}], False),
        (["totp"], False),
        ([["totp"]], False),
        ([[{"method": "totp"}]], False),
        ("totp", False),
        ([], False),
        (None, False),
    ],
)
def test_a_path_leads_through_every_object_of_a_list(value: Any, met: bool) -> None:
    assert (why_unmet({"claims": {"amr.method": ["totp"]}}, {"amr": value}) is None) == met


def test_a_path_that_is_compared_leads_through_no_list() -> None:
    rule = {"path_equals": {"id": "accounts.id"}, "cache_seconds": 0}
    assert why_unmet(rule, {"accounts": {"id": "a"}}, {"id": "a"}) is None
    assert why_unmet(rule, {"accounts": [{"id": "a"}]}, {"id": "a"}) == rules.Unmet("another_path")


def test_every_claim_of_a_rule_is_needed() -> None:
    rule = {"claims": {"groups": ["ops"], "tenant": ["acme"]}}
    assert why_unmet(rule, {"groups": ["ops"], "tenant": "acme"}) is None
    assert why_unmet(rule, {"groups": ["ops"]}) == rules.Unmet("insufficient_claims")


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["ops"]}}),
        ("/realm_access/roles", {"realm_access": {"roles": ["ops"]}}),
        ("/https:~1~1example.com~1roles", {"https://example.com/roles": ["ops"]}),
        ("/a.b", {"a.b": "ops"}),
        ("/a~0b", {"a~b": "ops"}),
        ("cognito:groups", {"cognito:groups": ["ops"]}),
    ],
)
def test_nested_and_oddly_named_claims_can_be_named(name: str, claims: dict[str, Any]) -> None:
    assert why_unmet({"claims": {name: ["ops"]}}, claims) is None
    assert why_unmet({"claims": {name: ["ops"]}}, {"realm_access": "roles", "a": ["b"]}) is not None


@pytest.mark.parametrize(
    ("claim", "parameter", "met"),
    [
        ("user-1", "user-1", True),
        ("user-1", "user-2", False),
        ("user-1", "USER-1", False),
        ("a|b", "a%7Cb", False),
        (42, "42", True),
        (True, "True", False),
        ("", "", False),
        (None, "None", False),
        (["user-1"], "user-1", False),
        (".", ".", False),
        ("..", "..", False),
        ("a/b", "a/b", False),
        ("a\\b", "a\\b", False),
        ("a%2Fb", "a%2Fb", False),
        ("a%5cb", "a%5cb", False),
        ("%2e%2E", "%2e%2E", False),
        ("a%252fb", "a%252fb", False),
        ("a.b", "a.b", True),
        ("a@b", "a@b", True),
    ],
)
def test_a_path_parameter_must_equal_its_claim_as_it_stands(claim: Any, parameter: str, met: bool) -> None:
    rule = {"path_equals": {"id": "sub"}, "cache_seconds": 0}
    assert (why_unmet(rule, {"sub": claim}, {"id": parameter}) is None) == met
    assert why_unmet(rule, {"sub": claim}, {}) == rules.Unmet("another_path")


def test_a_rule_about_the_path_asked_by_a_token_authorizer_is_an_error(start: Start) -> None:
    with pytest.raises(ConfigurationError, match=r"own-record.*REQUEST"):
        start(rules={"own-record": {"path_equals": {"id": "sub"}, "cache_seconds": 0}})(mint(), alias="own-record")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"scope": ["a"]}, "rules.r.scope is not a known key: write one of any_scope,"),
        ({"scopes": "a"}, 'rules.r.scopes is "a": write a list of scopes without spaces'),
        ({"scopes": ["a b"]}, 'rules.r.scopes is ["a b"]: write a list of scopes without spaces'),
        ({"scopes": ['a"']}, 'rules.r.scopes is ["a\\""]: write a list of scopes without spaces'),
        ({"claims": {"groups": "ops"}}, 'rules.r.claims.groups is "ops": write a list'),
        ({"claims": {"groups": []}}, "rules.r.claims.groups is []: write a list"),
        ({"claims": {"groups": [None]}}, "rules.r.claims.groups is [null]: write a list"),
        (
            {"claims": {"https://example.com/roles": ["ops"]}},
            'rules.r names the claim "https://example.com/roles", which holds dots and slashes of its own:'
            ' write it as a JSON Pointer, "/https:~1~1example.com~1roles".',
        ),
        (
            {"claims": {"/a/b": [1], "a.b": [2]}},
            'rules.r.claims names one claim as "/a/b" and as "a.b", and only one of the two would count: write it',
        ),
        ({"claims": {"a..b": ["ops"]}}, 'rules.r names the claim "a..b", which is none: write a name'),
        ({"path_equals": {"id": 7}}, "rules.r.path_equals.id is 7: write the name of a claim"),
        (
            {"path_equals": {"id": "sub"}, "cache_seconds": 300},
            "rules.r.cache_seconds is 300 beside path_equals, and an answer about one path would be used for another:"
            " write cache_seconds = 0.",
        ),
        ({"path_equals": {"id": "sub"}}, "rules.r.cache_seconds is 300, the default, beside path_equals"),
        ({"token": []}, "rules.r.token is []: write a list of places"),
        ({"token": ["Authorization"]}, 'rules.r.token is ["Authorization"]: write a list of places'),
        ({"token": ["cookie.a=b"]}, 'rules.r.token is ["cookie.a=b"]: write a list of places'),
        ({"token": ["header.X Y"]}, 'rules.r.token is ["header.X Y"]: write a list of places'),
        (
            {"cache_seconds": 3601},
            "rules.r.cache_seconds is 3601: write a whole number from 0 (ask every time) to 3600",
        ),
    ],
)
def test_a_mistake_in_a_rule_stops_the_start_with_what_to_write(rule: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        config.parse(configuration(rules={"r": rule}))
    assert str(error.value).splitlines()[1].startswith(expected)


def test_a_deny_tells_the_client_what_was_missing(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    answer = start(rules={"write": {"scopes": ["a", "b"]}})(mint(scope="a"), alias="write")
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert answer["principalId"] == "user-1"
    assert answer["context"] == {"reason": "insufficient_scope", "scope": "b"}
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["outcome"], line["reason"], line["missing_scopes"]) == ("deny", "insufficient_scope", ["b"])


def test_an_allow_ends_with_the_token_where_the_configuration_says_so(start: Start) -> None:
    statement = start(bind_policy_to_expiry=True, leeway_seconds=10)(mint(exp=4_000_000_000))["policyDocument"][
        "Statement"
    ][0]
    assert statement["Condition"] == {"DateLessThan": {"aws:CurrentTime": "2096-10-02T07:06:50Z"}}
    assert "Condition" not in start()(mint())["policyDocument"]["Statement"][0]


def test_an_allow_without_an_end_in_sight_ends_in_the_last_year_that_iam_reads() -> None:
    statement = policy.allow("user-1", STAGE_ARN, {}, until=2.0**53)["policyDocument"]["Statement"][0]
    assert statement["Condition"] == {"DateLessThan": {"aws:CurrentTime": "9999-12-31T23:59:59Z"}}


def test_an_allow_ends_no_later_than_the_token_is_too_old(start: Start) -> None:
    now = int(time.time())
    invoke = start(bind_policy_to_expiry=True, max_age_seconds=600, leeway_seconds=0)
    statement = invoke(mint(iat=now, exp=now + 86400))["policyDocument"]["Statement"][0]
    ends = datetime.fromtimestamp(now + 600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert statement["Condition"] == {"DateLessThan": {"aws:CurrentTime": ends}}


# The law: whatever the rule, the claims and the event, the policy is one statement on the stage, and it is an Allow
# exactly when a plain reading of the rule says so.

_WORDS = st.sampled_from(["a", "b", "c", "ops"])
_VALUES = st.one_of(
    _WORDS, st.booleans(), st.integers(-1, 2), st.none(), st.lists(st.one_of(_WORDS, st.booleans(), st.integers(-1, 2)))
)
_PARAMETERS = st.sampled_from(["id", "tenant"])
_MAPPED = st.dictionaries(_PARAMETERS, st.sampled_from(["sub", "groups"]), max_size=2)
_RULE = st.fixed_dictionaries(
    {"cache_seconds": st.just(0)},
    optional={
        "scopes": st.lists(_WORDS, max_size=3),
        "any_scope": st.lists(_WORDS, max_size=3),
        "claims": st.dictionaries(
            st.sampled_from(["groups", "nested.roles", "/odd~1name", "sub"]),
            st.lists(st.one_of(_WORDS, st.booleans(), st.integers(-1, 2)), min_size=1, max_size=3),
            max_size=2,
        ),
        "path_equals": _MAPPED,
    },
)
_CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        "scope": st.one_of(st.lists(_WORDS).map(" ".join), _VALUES),
        "scp": st.one_of(st.lists(_WORDS), _VALUES),
        "groups": _VALUES,
        "nested": st.one_of(st.fixed_dictionaries({}, optional={"roles": _VALUES}), _VALUES),
        "odd/name": _VALUES,
    },
)
_HOSTILE = st.one_of(st.text(max_size=20), st.sampled_from(["*", "?", "${aws:x}", "%2F", "a/b:c", "é" * 800]))


def same(one: Any, other: Any) -> bool:
    return one == other and (one is True or one is False) == (other is True or other is False)


def plainly_met(rule: dict[str, Any], claims: dict[str, Any], path: dict[str, str]) -> bool:
    """The rule read aloud, independently of how the authorizer reads it."""
    granted = plainly_granted(claims)
    return (
        all(scope in granted for scope in rule.get("scopes", []))
        and (not rule.get("any_scope") or any(scope in granted for scope in rule["any_scope"]))
        and all(plainly_holds(claims, name, wanted) for name, wanted in rule.get("claims", {}).items())
        and all(plainly_equal(claims.get(name), path.get(key)) for key, name in rule.get("path_equals", {}).items())
    )


def plainly_granted(claims: dict[str, Any]) -> list[str]:
    granted: list[str] = []
    for name in ("scope", "scp"):
        held = claims.get(name)
        if type(held) is str:
            granted += held.split(" ")
        if type(held) is list:
            granted += [item for item in held if type(item) is str]
    return granted


def plainly_holds(claims: dict[str, Any], name: str, wanted: list[Any]) -> bool:
    if name == "nested.roles":
        held = claims["nested"].get("roles") if type(claims.get("nested")) is dict else None
    else:
        held = claims.get({"/odd~1name": "odd/name"}.get(name, name))
    return any(same(item, value) for item in (held if type(held) is list else [held]) for value in wanted)


def plainly_equal(held: Any, parameter: str | None) -> bool:
    return type(held) in (str, int) and held != "" and parameter == f"{held}"


def new_authorizer(document: dict[str, Any]) -> Authorizer:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_SECRET", SECRET)
        authorizer = Authorizer(config.parse(document))
        authorizer.fetch_keys()
    return authorizer


@settings(max_examples=300, deadline=None)
@given(
    rule=_RULE,
    claims=_CLAIMS,
    path=st.dictionaries(_PARAMETERS, st.one_of(_WORDS, st.sampled_from(["1", "user-1"]), _HOSTILE)),
    partition=st.sampled_from(["aws", "aws-cn", "aws-us-gov"]),
    stage=st.sampled_from(["dev", "null", "$default", "test-invoke-stage", "a_b-c"]),
    rest=_HOSTILE,
    alias=st.sampled_from([None, "rule", "other", "$LATEST", "1", "", "Rule"]),
)
def test_the_policy_is_an_allow_on_the_stage_exactly_when_the_rule_is_met(
    rule: dict[str, Any],
    claims: dict[str, Any],
    path: dict[str, str],
    partition: str,
    stage: str,
    rest: str,
    alias: str | None,
) -> None:
    authorizer = new_authorizer(configuration(rules={"rule": rule}))
    stage_arn = f"arn:{partition}:execute-api:eu-west-1:123456789012:a1b2c3d4e5/{stage}"
    event = {
        "type": "REQUEST",
        "methodArn": f"{stage_arn}/GET/{rest}",
        "headers": {"authorization": f"Bearer {mint(**claims)}"},
        "pathParameters": path or None,
        "requestContext": {"path": rest},
    }
    function_arn = LambdaContext(alias).invoked_function_arn
    if alias != "rule":
        with pytest.raises(ConfigurationError):
            authorizer.authorize(event, function_arn, authorizer.decision(""))
        return
    answer = authorizer.authorize(event, function_arn, authorizer.decision(""))
    allowed = plainly_met(rule, {**claims, "sub": "user-1"}, path)
    assert answer["policyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Action": "execute-api:Invoke",
                "Effect": "Allow" if allowed else "Deny",
                "Resource": f"{stage_arn}/*",
            }
        ],
    }


def request(places: list[str] | None = None, **event: Any) -> dict[str, Any]:
    return {"type": "REQUEST", "methodArn": METHOD_ARN, "requestContext": {}, "authorizationToken": None, **event}


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({}, "token_missing"),
        ({"headers": {}, "multiValueHeaders": None}, "token_missing"),
        ({"headers": {"Authorization": ""}}, "token_missing"),
        ({"headers": {"Authorization": 7}}, "token_missing"),
        ({"queryStringParameters": {"Authorization": "a.b.c"}}, "token_missing"),
        ({"headers": {"Authorization": "a.b.c", "authorization": "d.e.f"}}, "token_ambiguous"),
        ({"multiValueHeaders": {"Authorization": ["a.b.c", "d.e.f"]}}, "token_ambiguous"),
        ({"headers": {"Authorization": "Bearer a.b.c, Bearer d.e.f"}}, "token_malformed"),
    ],
)
def test_a_request_without_exactly_one_token_is_unauthorized(
    start: Start, capsys: pytest.CaptureFixture[str], event: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Unauthorized):
        start()(None, **request(**event))
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["reason"] == reason


def test_a_policy_never_outlives_the_time_it_is_given() -> None:
    statement = policy.allow("p", STAGE_ARN, {}, until=0.9)["policyDocument"]["Statement"][0]
    assert statement["Condition"]["DateLessThan"]["aws:CurrentTime"] == "1970-01-01T00:00:00Z"


def test_a_decision_costs_the_same_however_many_rules_there_are() -> None:
    """Measured side by side: the shortest of many turns each, for whatever else the machine does only adds."""
    token = mint(scope="a")
    one = new_authorizer(configuration(rules={"r": {"scopes": ["a"]}}))
    many = new_authorizer(
        configuration(rules={name: {"scopes": ["a"]} for name in ["r", *map("r{}".format, range(500))]})
    )
    event = {"type": "TOKEN", "authorizationToken": token, "methodArn": METHOD_ARN}
    function_arn = LambdaContext("r").invoked_function_arn

    def seconds(authorizer: Authorizer) -> float:
        started = time.perf_counter()
        authorizer.authorize(event, function_arn, authorizer.decision(""))
        return time.perf_counter() - started

    turns = [(seconds(one), seconds(many)) for _ in range(300)]
    assert min(turn[1] for turn in turns) < 1.5 * min(turn[0] for turn in turns)
