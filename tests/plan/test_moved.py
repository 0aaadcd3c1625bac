"""A state that an earlier release left: a plan of this one moves what it holds, and replaces nothing but policies.

A policy's name holds what it allows, so the first plan makes a second policy, and deletes the first one afterwards.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plan.states import Resource, write
from tests.plan.support import Modules

FUNCTION = "arn:aws:lambda:eu-west-1:000000000000:function:orders-authorizer"
ALIAS = f"{FUNCTION}:signed-in"
INVOKE_ARN = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{ALIAS}/invocations"
ROLE = "orders-invoke-authorizer-20250101000000000000000001"
BEFORE_DESTROY = ["create", "delete"]


def role(service: str, name: str, prefix: str = "", **more: Any) -> dict[str, Any]:
    """The attributes of a role that a service of AWS assumes."""
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }
    return {
        "id": name,
        "arn": f"arn:aws:iam::000000000000:role/{name}",
        "name": name,
        "name_prefix": prefix,
        "assume_role_policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        "force_detach_policies": False,
        "max_session_duration": 3600,
        "path": "/",
        "tags": {},
        "tags_all": {},
        **more,
    }


def policy(role_name: str, name: str) -> dict[str, Any]:
    """The attributes of a role's policy that lets a role call the alias."""
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": ALIAS}
    return {
        "id": f"{role_name}:{name}",
        "name": name,
        "name_prefix": "",
        "role": role_name,
        "policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    }


INVOKE = [
    Resource("aws_iam_role", "invoke", {None: role("apigateway", ROLE, "orders-invoke-authorizer-")}),
    Resource(
        "aws_iam_role_policy", "invoke", {None: policy(ROLE, "invoke-authorizer")}, dependencies=["aws_iam_role.invoke"]
    ),
]
MOVED = {
    "aws_iam_role.invoke": "module.invoke_role.aws_iam_role.this",
    "aws_iam_role_policy.invoke": "module.invoke_role.aws_iam_role_policy.this",
}


@pytest.mark.parametrize(
    ("module", "variables"),
    [
        (
            "rest-authorizer",
            {"rest_api_id": "abcdefghij", "rules": {"signed-in": {"arn": ALIAS, "invoke_arn": INVOKE_ARN}}},
        ),
        ("http-authorizer", {"api_id": "abcdefghij", "rules": {"signed-in": {"arn": ALIAS, "invoke_arn": INVOKE_ARN}}}),
        (
            "websocket-api",
            {
                "stage_name": "v1",
                "rules": {"signed-in": {"arn": ALIAS, "invoke_arn": INVOKE_ARN}},
                "routes": {"$connect": {"function": "backend", "rule": "signed-in"}},
                "functions": {"backend": {"function_name": "backend", "invoke_arn": INVOKE_ARN}},
            },
        ),
    ],
)
def test_the_role_by_which_api_gateway_calls_the_authorizer_stays(
    modules: Modules, module: str, variables: dict[str, Any]
) -> None:
    root = modules.fresh(f"terraform/modules/{module}")
    write(root.folder, INVOKE)
    changes = root.plan({"name": "orders", **variables}, "-refresh=false").resource_changes
    moved = {change["previous_address"]: address for address, change in changes.items() if "previous_address" in change}
    assert moved == MOVED
    assert "delete" not in changes[MOVED["aws_iam_role.invoke"]]["change"]["actions"]
    assert changes[MOVED["aws_iam_role_policy.invoke"]]["change"]["actions"] == BEFORE_DESTROY
    assert {address for address, change in changes.items() if "delete" in change["change"]["actions"]} == {
        MOVED["aws_iam_role_policy.invoke"]
    }
