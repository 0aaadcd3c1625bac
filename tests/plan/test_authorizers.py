"""What terraform/modules/rest-authorizer and http-authorizer plan, and which inputs they refuse."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.plan.support import Modules


def alias(rule: str, **said: Any) -> dict[str, Any]:
    """An alias of the authorizer Lambda, and what its rule says, as the jwt-authorizer module gives them."""
    arn = f"arn:aws:lambda:eu-west-1:000000000000:function:orders-authorizer:{rule}"
    return {
        "arn": arn,
        "invoke_arn": f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}/invocations",
        **said,
    }


@dataclass(frozen=True)
class Kind:
    """One of the two modules: its variables, and what makes its authorizers others."""

    module: str
    authorizer: str
    base: dict[str, Any]
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def variables(self, rules: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        given = {"signed-in": alias("signed-in"), "orders-write": alias("orders-write"), **(rules or {})}
        return {"name": "orders", **self.base, "rules": given, **more}


REST = Kind(
    "terraform/modules/rest-authorizer",
    "aws_api_gateway_authorizer.rule",
    {"rest_api_id": "abcdefghij"},
    {
        "cache_seconds": {"rules": {"signed-in": alias("signed-in", cache_seconds=60)}},
        "identity_source": {
            "rules": {"signed-in": alias("signed-in", identity_source="method.request.header.X-Token")}
        },
        "type": {"rules": {"signed-in": alias("signed-in", type="REQUEST")}},
        "validation_expression": {"rules": {"signed-in": alias("signed-in", validation_expression="^Bearer .+$")}},
        "alias": {"rules": {"signed-in": alias("renamed")}},
    },
)
HTTP = Kind(
    "terraform/modules/http-authorizer",
    "aws_apigatewayv2_authorizer.rule",
    {"api_id": "abcdefghij"},
    {
        "cache_seconds": {"settings": {"signed-in": {"cache_seconds": 60}}},
        "identity_sources": {
            "settings": {"signed-in": {"identity_sources": ["$request.header.Authorization", "$context.routeKey"]}}
        },
        "payload_format_version": {"settings": {"signed-in": {"payload_format_version": "1.0"}}},
        "simple_responses": {"rules": {"signed-in": alias("signed-in", simple_response=True)}},
        "alias": {"rules": {"signed-in": alias("renamed")}},
    },
)
KINDS = {"rest": REST, "http": HTTP}

# What is well-formed and differs from what a rule says of itself.
SAID: dict[str, dict[str, Any]] = {
    "rest": REST.variables(
        {
            "orders-write": alias(
                "orders-write",
                type="REQUEST",
                identity_source="method.request.header.Authorization, context.httpMethod",
                cache_seconds=0,
                path_parameters=["id"],
                binding="mtls",
            )
        },
        tags={"team": "orders"},
    ),
    "http": HTTP.variables(
        {
            "own-tenant": alias("own-tenant", cache_seconds=0, type="REQUEST", binding="mtls"),
            "pages": alias(
                "pages", identity_source="method.request.header.Cookie, stageVariables.tenant", type="REQUEST"
            ),
            "anywhere": alias(
                "anywhere",
                cache_seconds=0,
                identity_source="method.request.header.Authorization,method.request.querystring.token",
            ),
            "profile": alias("profile", simple_response=True, cache_seconds=60, validation_expression=None),
        },
        settings={
            "orders-write": {
                "cache_seconds": 60,
                "identity_sources": ["$request.header.authorization", "$context.routeKey"],
                "payload_format_version": "1.0",
            }
        },
        disable_execute_api_endpoint=True,
        tags={"team": "orders"},
    ),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def planned(modules: Modules) -> dict[str, Any]:
    return {name: modules.root(kind.module).plan(SAID[name]) for name, kind in KINDS.items()}


def authorizer(planned: dict[str, Any], kind: str, rule: str) -> dict[str, Any]:
    found: dict[str, Any] = planned[kind].resources[f'{KINDS[kind].authorizer}["{rule}"]']["values"]
    return found


def test_each_rule_has_an_authorizer_of_its_name_that_calls_its_alias(planned: dict[str, Any], kind: str) -> None:
    for rule in SAID[kind]["rules"]:
        found = authorizer(planned, kind, rule)
        assert found["name"] == rule
        assert found["authorizer_uri"] == alias(rule)["invoke_arn"]
        assert found[next(iter(KINDS[kind].base))] == "abcdefghij"


def test_the_role_is_the_only_way_in(planned: dict[str, Any], kind: str) -> None:
    assert not [address for address in planned[kind].resources if address.startswith("aws_lambda_permission")]
    role = planned[kind].modules["module.invoke_role"].resources
    assert role["aws_iam_role.this"]["values"]["tags"] == {"team": "orders"}
    (statement,) = json.loads(role["aws_iam_role_policy.this"]["values"]["policy"])["Statement"]
    assert statement["Resource"] == sorted(rule["arn"] for rule in SAID[kind]["rules"].values())


def test_a_rest_authorizer_reads_the_authorization_header_and_caches_for_five_minutes(planned: dict[str, Any]) -> None:
    found = authorizer(planned, "rest", "signed-in")
    assert found["type"] == "TOKEN"
    assert found["identity_source"] == "method.request.header.Authorization"
    assert found["identity_validation_expression"] is None
    assert found["authorizer_result_ttl_in_seconds"] == 300


def test_what_a_rule_says_reaches_its_rest_authorizer(planned: dict[str, Any]) -> None:
    found = authorizer(planned, "rest", "orders-write")
    assert found["type"] == "REQUEST"
    assert found["identity_source"] == "method.request.header.Authorization,context.httpMethod"
    assert found["authorizer_result_ttl_in_seconds"] == 0
    output = planned["rest"]["output_changes"]["authorizers"]["after"]["orders-write"]
    assert (output["path_parameters"], output["binding"]) == (["id"], "mtls")


def test_an_http_authorizer_reads_the_authorization_header_and_caches_for_five_minutes(planned: dict[str, Any]) -> None:
    found = authorizer(planned, "http", "signed-in")
    assert found["authorizer_type"] == "REQUEST"
    assert found["identity_sources"] == ["$request.header.Authorization"]
    assert found["authorizer_payload_format_version"] == "2.0"
    assert found["authorizer_result_ttl_in_seconds"] == 300
    assert found["enable_simple_responses"] is False


@pytest.mark.parametrize(
    ("rule", "seconds", "sources", "simple"),
    [
        ("own-tenant", 0, ["$request.header.Authorization"], False),
        ("pages", 300, ["$request.header.Cookie", "$stageVariables.tenant"], False),
        ("profile", 60, ["$request.header.Authorization"], True),
    ],
)
def test_what_a_rule_says_reaches_its_http_authorizer(
    planned: dict[str, Any], rule: str, seconds: int, sources: list[str], simple: bool
) -> None:
    found = authorizer(planned, "http", rule)
    assert found["authorizer_result_ttl_in_seconds"] == seconds
    assert sorted(found["identity_sources"]) == sources
    assert found["enable_simple_responses"] is simple


def test_settings_may_keep_answers_for_less_time_and_cache_them_by_more(planned: dict[str, Any]) -> None:
    found = authorizer(planned, "http", "orders-write")
    assert sorted(found["identity_sources"]) == ["$context.routeKey", "$request.header.authorization"]
    assert found["authorizer_result_ttl_in_seconds"] == 60
    assert found["authorizer_payload_format_version"] == "1.0"


def test_an_http_authorizer_without_cache_looks_for_the_token_in_several_places_itself(planned: dict[str, Any]) -> None:
    found = authorizer(planned, "http", "anywhere")
    assert not found["identity_sources"]
    assert found["authorizer_result_ttl_in_seconds"] == 0


@pytest.fixture(scope="module")
def fingerprints(modules: Modules) -> dict[str, dict[str, dict[str, str]]]:
    """The fingerprints that variants of one authorizer plan, by kind, variant and rule."""
    found = {}
    for name, kind in KINDS.items():
        variants = {"base": {}, "tags": {"tags": {"team": "orders"}}, **kind.changes}
        root = modules.variants(
            kind.module, {variant: kind.variables(**change) for variant, change in variants.items()}, ["authorizers"]
        )
        changes = root.plan({})["output_changes"]
        found[name] = {
            variant: {rule: made["fingerprint"] for rule, made in changes[f"{variant}_authorizers"]["after"].items()}
            for variant in variants
        }
    return found


@pytest.mark.parametrize(
    ("kind", "change"), [(name, change) for name, kind in KINDS.items() for change in kind.changes]
)
def test_the_fingerprint_of_a_changed_authorizer_changes_and_no_other(
    fingerprints: dict[str, dict[str, dict[str, str]]], kind: str, change: str
) -> None:
    assert fingerprints[kind][change]["signed-in"] != fingerprints[kind]["base"]["signed-in"]
    assert fingerprints[kind][change]["orders-write"] == fingerprints[kind]["base"]["orders-write"]


def test_the_fingerprint_stays_when_the_authorizer_does(
    fingerprints: dict[str, dict[str, dict[str, str]]], kind: str
) -> None:
    assert fingerprints[kind]["tags"] == fingerprints[kind]["base"]


def eleven() -> dict[str, Any]:
    return {"rules": {f"rule-{number}": alias(f"rule-{number}") for number in range(11)}}


# Module => what is wrong, and a part of what Terraform says about it.
MISTAKES: dict[str, dict[str, tuple[dict[str, Any], str]]] = {
    "both": {
        "bad_quota": ({"authorizer_quota": 0}, "authorizer_quota is 0: write a whole number, 1 or more."),
        "name": ({"name": "orders dev"}, 'name is "orders dev": write up to 64 letters, digits, - and _'),
        "no_rules": ({"rules": {}}, "rules is {}: write one rule or more, as the output rules of the module"),
        "digits": ({"rules": {"12": alias("12")}}, "rules.12 is not a name for it: write 1 to 128 letters, digits, -"),
        "spaces": ({"rules": {"can write": alias("x")}}, "rules.can write is not a name for it: write 1 to 128"),
        "too_many": (eleven(), "rules has 11 entries and each takes one of the API's 10 authorizers: write fewer"),
        "own_quota": (
            {"rules": {"a": alias("a"), "b": alias("b")}, "authorizer_quota": 1},
            "rules has 2 entries and each takes one of the API's 1 authorizers",
        ),
        "scopes": (
            {"rules": {"signed-in": alias("signed-in", scopes=["admin"])}},
            "rules.signed-in.scopes is not a known key: it belongs in rules.<name>, which the module jwt-authorizer",
        ),
        "arn_for_invoke_arn": (
            {"rules": {"signed-in": {**alias("signed-in"), "invoke_arn": alias("signed-in")["arn"]}}},
            "/invocations: the invoke_arn of the function or the alias, not its arn.",
        ),
        "no_arn": (
            {"rules": {"signed-in": {"invoke_arn": alias("signed-in")["invoke_arn"]}}},
            "rules.signed-in.arn is missing: write the ARN of an alias",
        ),
        "cache": (
            {"rules": {"signed-in": alias("signed-in", cache_seconds=3601)}},
            "rules.signed-in.cache_seconds is 3601: write a whole number from 0 (ask every time) to 3600.",
        ),
        "binding": ({"rules": {"a": alias("a", binding="dpop")}}, 'rules.a.binding is "dpop": write "mtls", or leave'),
        "half_a_second": (
            {"rules": {"half": alias("half", cache_seconds=0.5)}},
            "rules.half.cache_seconds is 0.5: write a whole number",
        ),
    },
    "rest": {
        "type": ({"rules": {"a": alias("a", type="JWT")}}, 'rules.a.type is "JWT": write "TOKEN" or "REQUEST".'),
        "bound_by_a_token": (
            {"rules": {"bound-token": alias("bound-token", binding="mtls", cache_seconds=0)}},
            "rules.bound-token.binding needs the client certificate of each call, which an authorizer of type TOKEN",
        ),
        "bound_and_kept": (
            {"rules": {"bound-kept": alias("bound-kept", binding="mtls", type="REQUEST")}},
            "rules.bound-kept.binding needs the client certificate of each call, which an authorizer of type TOKEN "
            'does not get and a kept answer does not look at: write type = "REQUEST" and cache_seconds = 0.',
        ),
        "two_headers": (
            {"rules": {"a": alias("a", identity_source="method.request.header.A,method.request.header.X")}},
            'rules.a.identity_source is "method.request.header.A,method.request.header.X": '
            "a TOKEN authorizer reads exactly one header, so write method.request.header.<name>",
        ),
        "source": (
            {"rules": {"a": alias("a", type="REQUEST", identity_source="method.request.header.A, header.B")}},
            'rules.a.identity_source is "method.request.header.A, header.B": write a comma-separated list of',
        ),
        "expression_of_a_request": (
            {"rules": {"a": alias("a", type="REQUEST", validation_expression="^a$")}},
            "rules.a.validation_expression is set and its type is REQUEST:",
        ),
        "no_anchors": (
            {"rules": {"a": alias("a", validation_expression="Bearer .+")}},
            "rules.a.validation_expression is not anchored: write ^Bearer .+$.",
        ),
        "half_anchored": (
            {"rules": {"b": alias("b", validation_expression="^ey.+")}},
            "rules.b.validation_expression is not anchored: write ^ey.+$.",
        ),
    },
    "http": {
        "bound_and_kept": (
            {"rules": {"kept": alias("kept", binding="mtls")}, "disable_execute_api_endpoint": True},
            "rules.kept.binding needs the client certificate of each call, which a kept answer does not look at: write "
            "cache_seconds = 0.",
        ),
        "bound_at_the_default_endpoint": (
            {"rules": {"bound": alias("bound", binding="mtls", cache_seconds=0)}},
            'rules.bound.binding is "mtls", and nobody can present a client certificate to the API\'s default endpoint:'
            " write disable_execute_api_endpoint = aws_apigatewayv2_api.<name>.disable_execute_api_endpoint, set that",
        ),
        "unknown_rule": (
            {"settings": {"signed-inn": {}}},
            'settings names "signed-inn", and there is no such rule: write one of orders-write, signed-in.',
        ),
        "unknown_setting": (
            {"settings": {"signed-in": {"identity_source": "$request.header.X"}}},
            "settings.signed-in.identity_source is not a known key: it belongs in rules.<name>",
        ),
        "longer": (
            {"rules": {"own": alias("own", cache_seconds=0)}, "settings": {"own": {"cache_seconds": 1}}},
            "settings.own.cache_seconds is 1, and the rule lets its answers be kept for 0 seconds: write no more",
        ),
        "sources": (
            {"settings": {"signed-in": {"identity_sources": ["method.request.header.Authorization"]}}},
            'settings.signed-in.identity_sources is ["method.request.header.Authorization"]: write a list of $request',
        ),
        "format": (
            {"settings": {"signed-in": {"payload_format_version": "2"}}},
            'settings.signed-in.payload_format_version is "2": write "2.0" or "1.0".',
        ),
        "simple_1": (
            {
                "rules": {"simple": alias("simple", simple_response=True)},
                "settings": {"simple": {"payload_format_version": "1.0"}},
            },
            'settings.simple.payload_format_version is "1.0" and the rule gives simple responses: only format 2.0 has',
        ),
        "cached_by_nothing": (
            {"settings": {"signed-in": {"identity_sources": []}}},
            "settings.signed-in.identity_sources leaves out $request.header.Authorization, where the rule says that",
        ),
        "cached_by_another": (
            {
                "rules": {"pages": alias("pages", identity_source="method.request.header.Cookie")},
                "settings": {"pages": {"identity_sources": ["$request.header.Authorization"]}},
            },
            "settings.pages.identity_sources leaves out $request.header.Cookie, where the rule says that its token is",
        ),
    },
}
IN_ONE_VARIABLE = {"bad_quota", "name"}


@pytest.fixture(scope="module")
def refusals(modules: Modules) -> dict[str, str]:
    """All that Terraform says, by kind, about roots in which each call of the module makes a mistake."""
    found = {}
    for name, kind in KINDS.items():
        calls = {}
        for case, (mistake, _) in {**MISTAKES["both"], **MISTAKES[name]}.items():
            rules = {"signed-in": alias("signed-in"), "orders-write": alias("orders-write")}
            calls[case] = {"name": "orders", **kind.base, "rules": rules, **mistake}
        first = {case: variables for case, variables in calls.items() if case in IN_ONE_VARIABLE}
        rest = {case: variables for case, variables in calls.items() if case not in IN_ONE_VARIABLE}
        found[name] = "\n".join(modules.variants(kind.module, some).refused({}) for some in (first, rest))
    return found


@pytest.mark.parametrize(
    ("kind", "case"), [(kind, case) for kind in KINDS for case in {**MISTAKES["both"], **MISTAKES[kind]}]
)
def test_a_mistake_is_refused_with_what_to_write_instead(refusals: dict[str, str], kind: str, case: str) -> None:
    assert {**MISTAKES["both"], **MISTAKES[kind]}[case][1] in refusals[kind]
