"""Every right that anything here gives, from plans with all options on: none wider than AWS forces it to be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.plan import packages
from tests.plan.support import ACCOUNT, REGION, REPOSITORY, Modules

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/own"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/bounds"
OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/other"
NETWORK = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}

# Statement => the actions it may have, the only wildcard its resources may be or end in, and why AWS leaves no choice.
FORCED: dict[str, tuple[set[str], str, str]] = {
    "WriteLogs": (
        {"logs:CreateLogStream", "logs:PutLogEvents"},
        r"arn:aws:logs:[\w-]+:\d+:log-group:/aws/lambda/[\w-]+:\*",
        "Lambda names the streams of the function's log group, a new one for each copy of the function.",
    ),
    "ReadSecrets": (
        {"secretsmanager:GetSecretValue"},
        r"arn:aws:secretsmanager:[\w-]+:\d+:secret:[\w/-]+-\?{6}",
        "Secrets Manager ends each ARN with six characters of its own choice; the name before them is whole.",
    ),
    "RotateSecrets": (
        {
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        },
        r"arn:aws:secretsmanager:[\w-]+:\d+:secret:[\w/-]+-\?{6}",
        "As for ReadSecrets; a condition leaves only secrets that name this function as theirs.",
    ),
    "WriteTraces": (
        {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
        r"\*",
        "X-Ray knows no resources for these actions.",
    ),
    "AttachToVpc": (
        NETWORK,
        r"\*",
        "Lambda checks its right to network interfaces before any exists; the function's own code is denied it.",
    ),
    "CodeDoesNotAttachToVpc": (NETWORK, r"\*", "A denial: the wider, the less is allowed."),
}


class Statement(NamedTuple):
    """One statement of a role's policy, and the role it is of."""

    role: str
    sid: str
    effect: str
    actions: list[str]
    resources: list[str]
    body: dict[str, Any]


@pytest.fixture(scope="module")
def plans(modules: Modules, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What the root plans with everything on that takes rights, and what has policies and is not part of it."""
    secrets = [{"generate": "hmac"}, {"secrets_manager": "login/hmac"}, {"ssm": "/login/hmac"}]
    issuers = [
        {"issuer": f"issuer-{number}", "audiences": ["api"], "algorithms": ["HS256"], "keys": {"secret": secret}}
        for number, secret in enumerate(secrets)
    ]
    manifest = str(packages.write(tmp_path_factory.mktemp("build")))
    root = modules.root("terraform").plan(
        {
            "name": "orders",
            "environment": "prod",
            "manifest": manifest,
            "authorizer_scale": {
                "provisioned_concurrency": {"executions": 1, "maximum": 2, "utilization": 0.7},
                "vpc": {"security_group_ids": ["sg-1"], "subnet_ids": ["subnet-1"]},
            },
            "custom_domain": {
                "name": "api.example.com",
                "certificate_arn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0a1b",
                "mutual_tls": {"truststore_uri": "s3://orders-truststore/authorities.pem"},
            },
            "issuers": issuers,
            "kms_key_arn": KEY,
            "observability": {},
            "permissions_boundary_arn": BOUNDARY,
            "revocation": {},
            "role_path": "/platform/",
            "s3_packages": {
                "bucket": "orders-packages",
                "objects": {name: {"key": f"v1/{name}.zip"} for name in ("authorizer-hmac", "backend", "rotation")},
            },
            "secret_rotation_days": 30,
            "secrets_kms_key_arns": [OTHER_KEY],
            "tracing": True,
            "usage_keys": {"tenant-1": {"plan": "free", "value": "tenant-1-key-of-thirty-characters"}},
            "usage_plans": {"free": {"quota": {"limit": 1000, "period": "DAY"}}},
            "websocket": {"rule": "signed-in"},
        }
    )
    http = {
        "name": "orders",
        "api_id": "abcdefghij",
        "permissions_boundary_arn": BOUNDARY,
        "role_path": "/platform/",
        "rules": {"signed-in": alias("signed-in")},
    }
    example = {"name": "chat", "manifest": manifest}
    return [
        root,
        modules.variants("terraform/modules/http-authorizer", {"http_authorizer": http}).plan({}),
        modules.variants("terraform/examples/websocket", {"example": example}).plan({}),
    ]


def alias(rule: str) -> dict[str, str]:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders-authorizer:{rule}"
    return {"arn": arn, "invoke_arn": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"}


@pytest.fixture(scope="module")
def planned(plans: list[Any]) -> dict[str, dict[str, Any]]:
    """What they create, by address."""
    return {address: each["change"]["after"] for plan in plans for address, each in plan.resource_changes.items()}


@pytest.fixture(scope="module")
def statements(planned: dict[str, dict[str, Any]]) -> list[Statement]:
    return [
        Statement(
            role=address,
            sid=statement["Sid"],
            effect=statement["Effect"],
            actions=listed(statement["Action"]),
            resources=listed(statement["Resource"]),
            body=statement,
        )
        for address, values in planned.items()
        # What answers connections is known after the apply; the module websocket-api writes it, whose tests hold it.
        if "aws_iam_role_policy." in address and "aws_iam_role_policy.backend_answers_connections" not in address
        for statement in listed(json.loads(values["policy"])["Statement"])
    ]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def written(pattern: str) -> Iterator[tuple[Path, str]]:
    """What a pattern finds in the root's, the modules' and the examples' own text.

    What `make acceptance` makes and destroys again has the policy of the example websocket.
    """
    for file in sorted((REPOSITORY / "terraform").rglob("*.tf")):
        if not {".terraform", "acceptance"} & set(file.parts):
            for found in re.findall(pattern, file.read_text(), re.MULTILINE):
                yield file, found


def places(plan: Any) -> Iterator[tuple[str, str]]:
    """The folder and the label of every policy in a plan: modules may well use one label for policies of their own."""
    for each in plan.resource_changes.values():
        if each["type"] == "aws_iam_role_policy":
            module, folder = plan.configuration["root_module"], "terraform"
            for name in re.findall(r"module\.(\w+)", each.get("module_address", "")):
                call = module["module_calls"][name]
                module, folder = call["module"], Path(call["source"]).name
            yield folder, each["name"]


def test_every_policy_that_is_written_anywhere_is_in_these_plans(plans: list[Any]) -> None:
    kinds = r'^resource "(aws_iam_\w+)" "\w+"'
    assert {kind for _, kind in written(kinds)} == {"aws_iam_role", "aws_iam_role_policy"}
    found = {place for plan in plans for place in places(plan)}
    for file, name in written(r'^resource "aws_iam_role_policy" "(\w+)"'):
        assert (file.parent.name, name) in found


def test_there_are_as_many_roles_as_things_that_act(planned: dict[str, dict[str, Any]]) -> None:
    roles = {address for address in planned if address.endswith(".aws_iam_role.this")}
    assert roles == {
        "module.authorizer.module.function.aws_iam_role.this",
        "module.authorizer.module.rotation[0].aws_iam_role.this",
        "module.backend.aws_iam_role.this",
        "module.example.module.api.module.invoke_role.aws_iam_role.this",
        "module.example.module.authorizer.module.function.aws_iam_role.this",
        "module.example.module.backend.aws_iam_role.this",
        "module.http_authorizer.module.invoke_role.aws_iam_role.this",
        "module.rest_authorizer.module.invoke_role.aws_iam_role.this",
        "module.websocket_api[0].module.invoke_role.aws_iam_role.this",
    }


def test_every_role_has_the_boundary_and_the_path_that_are_given(planned: dict[str, dict[str, Any]]) -> None:
    for address, values in planned.items():
        if ".aws_iam_role." in address and not address.startswith("module.example."):
            assert (values["permissions_boundary"], values["path"]) == (BOUNDARY, "/platform/"), address


def test_every_option_of_the_root_reaches_what_it_is_for(planned: dict[str, dict[str, Any]]) -> None:
    functions = [values for address, values in planned.items() if address.endswith(".aws_lambda_function.this")]
    from_s3 = {values["s3_key"] for values in functions if values["s3_bucket"] == "orders-packages"}
    assert from_s3 == {"v1/authorizer-hmac.zip", "v1/backend.zip", "v1/rotation.zip"}
    domain = planned["module.domain_name[0].aws_api_gateway_domain_name.this"]
    assert domain["mutual_tls_authentication"][0]["truststore_uri"] == "s3://orders-truststore/authorities.pem"
    assert planned['module.domain_name[0].aws_api_gateway_base_path_mapping.this[""]']["stage_name"] == "prod"
    api = planned["module.api.aws_api_gateway_rest_api.this"]
    assert (api["disable_execute_api_endpoint"], api["api_key_source"]) == (True, "AUTHORIZER")
    assert 'module.api.aws_api_gateway_usage_plan_key.this["tenant-1"]' in planned


def test_no_role_can_be_assumed_but_by_the_service_it_is_for(planned: dict[str, dict[str, Any]]) -> None:
    for address, values in planned.items():
        if ".aws_iam_role." in address:
            service = "apigateway" if ".module.invoke_role." in address else "lambda"
            (statement,) = json.loads(values["assume_role_policy"])["Statement"]
            assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
            assert statement["Action"] == "sts:AssumeRole"


def test_every_action_is_written_out(statements: list[Statement]) -> None:
    for statement in statements:
        assert "NotAction" not in statement.body
        for action in statement.actions:
            assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action), (statement.role, statement.sid)


def test_every_resource_is_written_out_but_the_few_that_aws_forces(statements: list[Statement]) -> None:
    for statement in statements:
        assert "NotResource" not in statement.body
        wide = [resource for resource in statement.resources if re.search(r"[*?]", resource)]
        if wide:
            actions, shape, _ = FORCED[statement.sid]
            assert set(statement.actions) <= actions
            assert all(re.fullmatch(shape, resource) for resource in wide), (statement.role, statement.sid, wide)


def test_nothing_is_in_the_list_that_is_not_needed(statements: list[Statement]) -> None:
    wide = {each.sid for each in statements if any(re.search(r"[*?]", resource) for resource in each.resources)}
    assert wide == set(FORCED)
    assert all(reason.endswith(".") for _, _, reason in FORCED.values())


def test_keys_are_used_through_the_service_they_are_for_and_by_nothing_else(statements: list[Statement]) -> None:
    using = [each for each in statements if any(action.startswith("kms:") for action in each.actions)]
    assert {each.sid for each in using} == {"DecryptSecrets", "DecryptDenylist", "DecryptRecords", "UseSecretsKey"}
    for each in using:
        assert set(each.resources) <= {KEY, OTHER_KEY}
        assert list(each.body["Condition"]["StringEquals"]) == ["kms:ViaService"]


def test_the_authorizer_itself_can_change_nothing(statements: list[Statement]) -> None:
    own = {
        action
        for each in statements
        if each.role.startswith("module.authorizer.module.function.") and each.effect == "Allow"
        for action in each.actions
    }
    assert own - NETWORK == {
        "dynamodb:BatchGetItem",
        "kms:Decrypt",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }


def test_who_may_call_a_function_is_named(planned: dict[str, dict[str, Any]]) -> None:
    """A permission for a whole service, without whose, would let everybody's account call."""
    for address, values in planned.items():
        if ".aws_lambda_permission." in address:
            assert values["principal"] in ("apigateway.amazonaws.com", "secretsmanager.amazonaws.com")
            # The ARN of an API holds its id, which is known after the apply.
            assert values.get("source_account") == ACCOUNT or "source_arn" not in values, address
