"""What terraform/modules/invoke-role plans."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plan.conftest import Refusal
from tests.plan.support import Modules

MODULE = "terraform/modules/invoke-role"
FUNCTION = "arn:aws:lambda:eu-west-1:000000000000:function:orders-authorizer"
BOUNDARY = "arn:aws:iam::000000000000:policy/bounds"
LONG = "orders-of-the-northern-warehouses-production"
VARIANTS: dict[str, dict[str, Any]] = {
    "base": {"name": "orders", "alias_arns": [f"{FUNCTION}:signed-in", f"{FUNCTION}:orders-write"]},
    "reordered": {"name": "orders", "alias_arns": [f"{FUNCTION}:orders-write", f"{FUNCTION}:signed-in"]},
    "one_alias": {"name": "orders", "alias_arns": [f"{FUNCTION}:signed-in"]},
    "long": {"name": LONG, "alias_arns": [f"{FUNCTION}:signed-in"]},
    "long_too": {
        "name": f"{LONG}-2",
        "alias_arns": [f"{FUNCTION}:signed-in"],
        "permissions_boundary_arn": BOUNDARY,
        "role_path": "/platform/",
        "tags": {"team": "orders"},
    },
}


@pytest.fixture(scope="module")
def planned(modules: Modules) -> Any:
    return modules.variants(MODULE, VARIANTS).plan({})


def values(planned: Any, variant: str, address: str) -> dict[str, Any]:
    found: dict[str, Any] = planned.modules[f"module.{variant}"].resources[address]["values"]
    return found


def test_the_role_may_invoke_exactly_the_aliases(planned: Any) -> None:
    policy = json.loads(values(planned, "base", "aws_iam_role_policy.this")["policy"])
    assert policy["Statement"] == [
        {
            "Sid": "InvokeTheRulesAliases",
            "Effect": "Allow",
            "Action": ["lambda:InvokeFunction"],
            "Resource": [f"{FUNCTION}:orders-write", f"{FUNCTION}:signed-in"],
        }
    ]


def test_only_api_gateway_may_assume_the_role(planned: Any) -> None:
    trust = json.loads(values(planned, "base", "aws_iam_role.this")["assume_role_policy"])
    assert [statement["Principal"] for statement in trust["Statement"]] == [{"Service": "apigateway.amazonaws.com"}]


def test_the_policys_name_changes_with_what_it_allows_and_with_nothing_else(planned: Any) -> None:
    prefixes = {name: values(planned, name, "aws_iam_role_policy.this")["name_prefix"] for name in VARIANTS}
    assert prefixes["base"] == prefixes["reordered"]
    assert prefixes["one_alias"] != prefixes["base"]


def test_a_long_name_is_cut_and_two_long_names_stay_apart(planned: Any) -> None:
    prefixes = [values(planned, name, "aws_iam_role.this")["name_prefix"] for name in ("base", "long", "long_too")]
    assert prefixes[0] == "orders-invoke-authorizer-"
    assert all(len(prefix) <= 38 for prefix in prefixes)
    assert len(set(prefixes)) == 3


def test_the_role_has_the_boundary_and_the_path_that_are_given(planned: Any) -> None:
    roles = {name: values(planned, name, "aws_iam_role.this") for name in ("base", "long_too")}
    assert (roles["long_too"]["permissions_boundary"], roles["long_too"]["path"]) == (BOUNDARY, "/platform/")
    assert (roles["base"]["permissions_boundary"], roles["base"]["path"]) == (None, "/")


def test_more_rules_than_iam_takes_in_a_policy_are_refused(refused: Refusal) -> None:
    aliases = [f"{FUNCTION}:{'rule' * 20}-{number}" for number in range(40)]
    message = refused(MODULE, {"name": "orders", "alias_arns": aliases})
    assert "characters for 40 rules. IAM allows a role 10240" in message
    assert "write at most 5120, with fewer rules or shorter names" in message


def test_the_tags_are_those_of_the_role(planned: Any) -> None:
    assert values(planned, "long_too", "aws_iam_role.this")["tags"] == {"team": "orders"}
