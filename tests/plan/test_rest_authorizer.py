"""What terraform/modules/rest-authorizer plans, and which inputs it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plan.conftest import Plan, Refusal
from tests.plan.support import Modules

MODULE = "terraform/modules/rest-authorizer"


def alias(rule: str, **how: Any) -> dict[str, Any]:
    """An alias of the authorizer Lambda, and how it is to be called, as the jwt-authorizer module gives it."""
    arn = f"arn:aws:lambda:eu-west-1:000000000000:function:orders-authorizer:{rule}"
    return {
        "arn": arn,
        "invoke_arn": f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}/invocations",
        **how,
    }


def rules(**how: dict[str, Any]) -> dict[str, Any]:
    """The two rules, and how each is to be called; hyphens in their names are written as underscores."""
    return {"rules": {rule: alias(rule, **how.get(rule.replace("-", "_"), {})) for rule in BASE["rules"]}}


BASE: dict[str, Any] = {
    "name": "orders",
    "rest_api_id": "abcdefghij",
    "rules": {"signed-in": alias("signed-in"), "orders-write": alias("orders-write")},
}


@pytest.fixture(scope="module")
def planned(plan: Plan) -> Any:
    written = {
        "type": "REQUEST",
        "identity_source": "method.request.header.Authorization, context.httpMethod",
        "cache_seconds": 0,
    }
    return plan(MODULE, {**BASE, **rules(orders_write=written), "tags": {"team": "orders"}})


def values(planned: Any, address: str) -> dict[str, Any]:
    found: dict[str, Any] = planned.resources[address]["values"]
    return found


def test_each_rule_has_an_authorizer_of_its_name_that_calls_its_alias(planned: Any) -> None:
    for rule in BASE["rules"]:
        authorizer = values(planned, f'aws_api_gateway_authorizer.rule["{rule}"]')
        assert authorizer["name"] == rule
        assert authorizer["authorizer_uri"] == alias(rule)["invoke_arn"]
        assert authorizer["rest_api_id"] == BASE["rest_api_id"]


def test_a_rule_of_which_nothing_is_said_reads_the_authorization_header_and_caches_for_five_minutes(
    planned: Any,
) -> None:
    authorizer = values(planned, 'aws_api_gateway_authorizer.rule["signed-in"]')
    assert authorizer["type"] == "TOKEN"
    assert authorizer["identity_source"] == "method.request.header.Authorization"
    assert authorizer["identity_validation_expression"] is None
    assert authorizer["authorizer_result_ttl_in_seconds"] == 300


def test_what_a_rule_says_reaches_its_authorizer(planned: Any) -> None:
    authorizer = values(planned, 'aws_api_gateway_authorizer.rule["orders-write"]')
    assert authorizer["type"] == "REQUEST"
    assert authorizer["identity_source"] == "method.request.header.Authorization,context.httpMethod"
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
        "same": rules(signed_in={"cache_seconds": 300}),
        "cache_seconds": rules(signed_in={"cache_seconds": 60}),
        "identity_source": rules(signed_in={"identity_source": "method.request.header.X-Token"}),
        "type": rules(signed_in={"type": "REQUEST"}),
        "validation_expression": rules(signed_in={"validation_expression": "^Bearer .+$"}),
        "alias": {"rules": {**BASE["rules"], "signed-in": alias("renamed")}},
        "tags": {"tags": {"team": "orders"}},
    }
    root = modules.variants(MODULE, {name: {**BASE, **change} for name, change in variants.items()}, ["authorizers"])
    planned = root.plan({})
    changes = planned["output_changes"]
    return {
        name: {rule: found["fingerprint"] for rule, found in changes[f"{name}_authorizers"]["after"].items()}
        for name in variants
    }


@pytest.mark.parametrize("change", ["cache_seconds", "identity_source", "type", "validation_expression", "alias"])
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
        "type": rules(signed_in={"type": "JWT"}),
        "cache": rules(signed_in={"cache_seconds": 3601}, orders_write={"cache_seconds": 0.5}),
        "token_sources": rules(
            signed_in={"identity_source": "method.request.header.Authorization,method.request.header.X"},
            orders_write={"identity_source": "method.request.querystring.token"},
        ),
        "request_sources": rules(signed_in={"type": "REQUEST", "identity_source": "method.request.header.A, header.B"}),
        "no_source": rules(signed_in={"type": "REQUEST", "identity_source": ""}),
        "expression_of_a_request": rules(signed_in={"type": "REQUEST", "validation_expression": "^a$"}),
        "no_anchors": rules(
            signed_in={"validation_expression": "Bearer .+"}, orders_write={"validation_expression": "^ey.+"}
        ),
        "bad_quota": {"authorizer_quota": 0},
        "no_rules": {"rules": {}},
        "rule_names": {"rules": {"12": alias("12"), "can write": alias("x")}},
        "name": {"name": "orders dev"},
    }
    between_variables: dict[str, dict[str, Any]] = {
        "too_many": {"rules": {f"rule-{number}": alias(f"rule-{number}") for number in range(11)}},
        "own_quota": {"authorizer_quota": 1},
    }
    return "\n".join(
        modules.variants(MODULE, {name: {**BASE, **mistake} for name, mistake in mistakes.items()}).refused({})
        for mistakes in (in_one_variable, between_variables)
    )


@pytest.mark.parametrize(
    "sentence",
    [
        'rules.signed-in.type is "JWT": write "TOKEN" or "REQUEST".',
        "rules.signed-in.cache_seconds is 3601: write a whole number from 0 (ask every time) to 3600.",
        "rules.orders-write.cache_seconds is 0.5: write a whole number",
        'rules.signed-in.identity_source is "method.request.header.Authorization,method.request.header.X": '
        "a TOKEN authorizer reads exactly one header, so write method.request.header.<name>",
        'rules.orders-write.identity_source is "method.request.querystring.token": a TOKEN authorizer',
        'rules.signed-in.identity_source holds "header.B": write a comma-separated list of',
        'rules.signed-in.identity_source holds "": write a comma-separated list of',
        "rules.signed-in.validation_expression is set and its type is REQUEST:",
        "rules.signed-in.validation_expression is not anchored: write ^Bearer .+$.",
        "rules.orders-write.validation_expression is not anchored: write ^ey.+$.",
        "rules has 11 entries and each takes one of the API's 10 authorizers: write fewer rules, or have AWS raise",
        "rules has 2 entries and each takes one of the API's 1 authorizers",
        "authorizer_quota is 0: write a whole number, 1 or more.",
        "rules is empty: give at least one",
        'rules names "12", "can write": a rule is also a Lambda alias, so write',
        'name is "orders dev": write up to 64 letters, digits, - and _',
    ],
)
def test_a_mistake_is_refused_with_what_to_write_instead(refusals: str, sentence: str) -> None:
    assert sentence in refusals


def test_several_mistakes_are_all_reported_at_once(refused: Refusal) -> None:
    text = refused(MODULE, {**BASE, **rules(signed_in={"type": "JWT", "cache_seconds": -1})})
    assert "rules.signed-in.type" in text
    assert "rules.signed-in.cache_seconds is -1" in text
