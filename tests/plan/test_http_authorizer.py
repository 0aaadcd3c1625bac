"""What terraform/modules/http-authorizer plans, and which inputs it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plan.conftest import Plan
from tests.plan.support import Modules

MODULE = "terraform/modules/http-authorizer"


def alias(rule: str, **said: Any) -> dict[str, Any]:
    """An alias of the authorizer Lambda, and what its rule says, as the jwt-authorizer module gives them."""
    arn = f"arn:aws:lambda:eu-west-1:000000000000:function:orders-authorizer:{rule}"
    return {
        "arn": arn,
        "invoke_arn": f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}/invocations",
        **said,
    }


BASE: dict[str, Any] = {
    "name": "orders",
    "api_id": "abcdefghij",
    "rules": {
        "signed-in": alias("signed-in"),
        "orders-write": alias("orders-write"),
        "own-tenant": alias("own-tenant", cache_seconds=0, type="REQUEST"),
        "pages": alias("pages", identity_source="method.request.header.Cookie, stageVariables.tenant", type="REQUEST"),
        "anywhere": alias(
            "anywhere",
            cache_seconds=0,
            identity_source="method.request.header.Authorization,method.request.querystring.token",
        ),
        "profile": alias("profile", simple_response=True, cache_seconds=60, validation_expression=None),
    },
}


@pytest.fixture(scope="module")
def planned(plan: Plan) -> Any:
    settings = {
        "orders-write": {
            "cache_seconds": 60,
            "identity_sources": ["$request.header.authorization", "$context.routeKey"],
            "payload_format_version": "1.0",
        },
    }
    return plan(MODULE, {**BASE, "settings": settings, "tags": {"team": "orders"}})


def values(planned: Any, address: str) -> dict[str, Any]:
    found: dict[str, Any] = planned.resources[address]["values"]
    return found


def test_each_rule_has_an_authorizer_of_its_name_that_calls_its_alias(planned: Any) -> None:
    for rule in BASE["rules"]:
        authorizer = values(planned, f'aws_apigatewayv2_authorizer.rule["{rule}"]')
        assert (authorizer["name"], authorizer["authorizer_type"]) == (rule, "REQUEST")
        assert authorizer["authorizer_uri"] == alias(rule)["invoke_arn"]
        assert authorizer["api_id"] == BASE["api_id"]


def test_a_rule_without_settings_reads_the_authorization_header_and_caches_for_five_minutes(planned: Any) -> None:
    authorizer = values(planned, 'aws_apigatewayv2_authorizer.rule["signed-in"]')
    assert authorizer["identity_sources"] == ["$request.header.Authorization"]
    assert authorizer["authorizer_payload_format_version"] == "2.0"
    assert authorizer["authorizer_result_ttl_in_seconds"] == 300
    assert authorizer["enable_simple_responses"] is False


@pytest.mark.parametrize(
    ("rule", "seconds", "sources", "simple"),
    [
        ("own-tenant", 0, ["$request.header.Authorization"], False),
        ("pages", 300, ["$request.header.Cookie", "$stageVariables.tenant"], False),
        ("profile", 60, ["$request.header.Authorization"], True),
    ],
)
def test_what_a_rule_says_of_caching_and_answers_holds_here_too(
    planned: Any, rule: str, seconds: int, sources: list[str], simple: bool
) -> None:
    authorizer = values(planned, f'aws_apigatewayv2_authorizer.rule["{rule}"]')
    assert authorizer["authorizer_result_ttl_in_seconds"] == seconds
    assert sorted(authorizer["identity_sources"]) == sources
    assert authorizer["enable_simple_responses"] is simple


def test_settings_may_keep_answers_for_less_time_and_cache_them_by_more(planned: Any) -> None:
    authorizer = values(planned, 'aws_apigatewayv2_authorizer.rule["orders-write"]')
    assert sorted(authorizer["identity_sources"]) == ["$context.routeKey", "$request.header.authorization"]
    assert authorizer["authorizer_result_ttl_in_seconds"] == 60
    assert authorizer["authorizer_payload_format_version"] == "1.0"


def test_the_authorizer_looks_for_the_token_itself_where_it_may_be_in_one_of_several_places(planned: Any) -> None:
    authorizer = values(planned, 'aws_apigatewayv2_authorizer.rule["anywhere"]')
    assert not authorizer["identity_sources"]
    assert authorizer["authorizer_result_ttl_in_seconds"] == 0


def test_the_role_is_the_only_way_in_and_has_the_tags(planned: Any) -> None:
    assert not [address for address in planned.resources if address.startswith("aws_lambda_permission")]
    role = planned.modules["module.invoke_role"].resources
    assert role["aws_iam_role.this"]["values"]["tags"] == {"team": "orders"}
    (statement,) = json.loads(role["aws_iam_role_policy.this"]["values"]["policy"])["Statement"]
    assert statement["Resource"] == sorted(rule["arn"] for rule in BASE["rules"].values())


@pytest.fixture(scope="module")
def fingerprints(modules: Modules) -> dict[str, dict[str, str]]:
    """The fingerprints that variants of one authorizer plan, by variant and rule."""
    variants: dict[str, dict[str, Any]] = {
        "base": {},
        "same": {"settings": {"signed-in": {"cache_seconds": 300}}},
        "cache_seconds": {"settings": {"signed-in": {"cache_seconds": 60}}},
        "identity_sources": {
            "settings": {"signed-in": {"identity_sources": ["$request.header.Authorization", "$context.routeKey"]}}
        },
        "payload_format_version": {"settings": {"signed-in": {"payload_format_version": "1.0"}}},
        "simple_responses": {"rules": {**BASE["rules"], "signed-in": alias("signed-in", simple_response=True)}},
        "alias": {"rules": {**BASE["rules"], "signed-in": alias("renamed")}},
        "tags": {"tags": {"team": "orders"}},
    }
    root = modules.variants(MODULE, {name: {**BASE, **change} for name, change in variants.items()}, ["authorizers"])
    changes = root.plan({})["output_changes"]
    return {
        name: {rule: found["fingerprint"] for rule, found in changes[f"{name}_authorizers"]["after"].items()}
        for name in variants
    }


@pytest.mark.parametrize(
    "change", ["cache_seconds", "identity_sources", "payload_format_version", "simple_responses", "alias"]
)
def test_the_fingerprint_of_a_changed_authorizer_changes_and_no_other(
    fingerprints: dict[str, dict[str, str]], change: str
) -> None:
    assert fingerprints[change]["signed-in"] != fingerprints["base"]["signed-in"]
    assert fingerprints[change]["orders-write"] == fingerprints["base"]["orders-write"]


@pytest.mark.parametrize("change", ["same", "tags"])
def test_the_fingerprint_stays_when_the_authorizer_does(fingerprints: dict[str, dict[str, str]], change: str) -> None:
    assert fingerprints[change] == fingerprints["base"]


@pytest.fixture(scope="module")
def refusals(modules: Modules) -> str:
    """All that Terraform says about a root in which each call of the module makes a mistake."""
    in_one_variable: dict[str, dict[str, Any]] = {
        "cache": {"settings": {"orders-write": {"cache_seconds": 0.5}}},
        "rule_cache": {"rules": {"signed-in": alias("signed-in", cache_seconds=3601)}},
        "rule_source": {"rules": {"signed-in": alias("signed-in", identity_source="cookie.session")}},
        "sources": {"settings": {"signed-in": {"identity_sources": ["method.request.header.Authorization"]}}},
        "format": {"settings": {"signed-in": {"payload_format_version": "2"}}},
        "bad_quota": {"authorizer_quota": 0},
        "no_rules": {"rules": {}},
        "rule_names": {"rules": {"12": alias("12"), "can write": alias("x")}},
        "name": {"name": "orders dev"},
    }
    between_variables: dict[str, dict[str, Any]] = {
        "unknown_rule": {"settings": {"signed-inn": {}}},
        "longer": {"settings": {"own-tenant": {"cache_seconds": 1}, "profile": {"cache_seconds": 61}}},
        "simple_1": {"settings": {"profile": {"payload_format_version": "1.0"}}},
        "too_many": {"rules": {f"rule-{number}": alias(f"rule-{number}") for number in range(11)}},
        "own_quota": {"authorizer_quota": 1},
    }
    in_the_plan: dict[str, dict[str, Any]] = {
        "cached_by_nothing": {"settings": {"signed-in": {"identity_sources": []}}},
        "cached_by_another": {"settings": {"pages": {"identity_sources": ["$request.header.Authorization"]}}},
    }
    return "\n".join(
        modules.variants(MODULE, {name: {**BASE, **mistake} for name, mistake in mistakes.items()}).refused({})
        for mistakes in (in_one_variable, between_variables, in_the_plan)
    )


@pytest.mark.parametrize(
    "sentence",
    [
        'settings names "signed-inn", and there is no such rule: write one of anywhere, orders-write, own-tenant,',
        "settings.orders-write.cache_seconds is 0.5: write a whole number, 0 (ask every time) or more.",
        "rules.signed-in.cache_seconds is 3601: write a whole number from 0 (ask every time) to 3600.",
        'rules.signed-in.identity_source holds "cookie.session": write a comma-separated list of method.request.header',
        "settings.own-tenant.cache_seconds is 1, and the rule lets its answers be kept for 0 seconds: write no more",
        "settings.profile.cache_seconds is 61, and the rule lets its answers be kept for 60 seconds: write no more",
        "settings.signed-in.identity_sources leaves out $request.header.Authorization, where the rule says that its",
        "settings.pages.identity_sources leaves out $request.header.Cookie, $stageVariables.tenant, where the rule",
        'settings.signed-in.identity_sources holds "method.request.header.Authorization": write '
        "$request.header.<name>, $request.querystring.<name>, $stageVariables.<name> or $context.<name>.",
        'settings.signed-in.payload_format_version is "2": write "2.0" or "1.0".',
        'settings.profile.payload_format_version is "1.0" and the rule gives simple responses: only format 2.0 has',
        "rules has 11 entries and each takes one of the API's 10 authorizers: write fewer rules, or have AWS raise",
        "rules has 6 entries and each takes one of the API's 1 authorizers",
        "authorizer_quota is 0: write a whole number, 1 or more.",
        "rules is empty: give at least one",
        'rules names "12", "can write": a rule is also a Lambda alias, so write',
        'name is "orders dev": write up to 64 letters, digits, - and _',
    ],
)
def test_a_mistake_is_refused_with_what_to_write_instead(refusals: str, sentence: str) -> None:
    assert sentence in refusals
