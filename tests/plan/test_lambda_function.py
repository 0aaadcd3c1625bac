"""What terraform/modules/lambda-function plans, and which inputs it refuses; test_jwt_authorizer applies it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plan import packages
from tests.plan.conftest import Refusal
from tests.plan.support import ACCOUNT, REGION, Modules

MODULE = "terraform/modules/lambda-function"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0123"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/bounds"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders-backend"
LOG_GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/orders-backend"
NETWORK_ACTIONS = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packages.write(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="module")
def base(manifest: Path) -> dict[str, Any]:
    return {"name": "orders-backend", "manifest": str(manifest), "package": "backend"}


@pytest.fixture(scope="module")
def planned(modules: Modules, base: dict[str, Any]) -> Any:
    """The least one can write, and everything one can write."""
    everything = {
        **base,
        "aliases": ["live", "signed-in"],
        "description": "Serves orders.",
        "environment": {"RECORDS_TABLE": "orders"},
        "kms_key_arn": KEY,
        "log_retention_days": 365,
        "memory_mb": 512,
        "permissions_boundary_arn": BOUNDARY,
        "policy_statements": {
            "UseRecords": {
                "actions": ["dynamodb:PutItem", "dynamodb:GetItem"],
                "resources": [f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders"],
            },
            "Decrypt": {
                "actions": ["kms:Decrypt"],
                "resources": [KEY],
                "conditions": [
                    {"test": "StringEquals", "variable": "kms:ViaService", "values": ["a", "b"]},
                    {"test": "StringEquals", "variable": "aws:SourceAccount", "values": [ACCOUNT]},
                    {"test": "Bool", "variable": "aws:SecureTransport", "values": ["true"]},
                ],
            },
        },
        "reserved_concurrency": 5,
        "role_path": "/platform/",
        "s3_packages": {
            "bucket": "orders-packages",
            "objects": {"backend": {"key": "v1/backend.zip", "version": "3sL4"}},
        },
        "tags": {"team": "orders"},
        "timeout_seconds": 3,
        "tracing": True,
        "vpc": {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]},
    }
    return modules.variants(MODULE, {"plain": base, "full": everything}, outputs=["aliases"]).plan({})


@pytest.fixture(scope="module")
def plain(planned: Any) -> Any:
    return planned.modules["module.plain"]


@pytest.fixture(scope="module")
def full(planned: Any) -> Any:
    return planned.modules["module.full"]


def values(planned: Any, address: str) -> dict[str, Any]:
    found: dict[str, Any] = planned.resources[address]["values"]
    return found


def statements(planned: Any) -> dict[str, Any]:
    return packages.statements(values(planned, "aws_iam_role_policy.this")["policy"])


def test_the_function_is_what_the_manifest_says(plain: Any, manifest: Path) -> None:
    package = json.loads(manifest.read_text())["functions"]["backend"]
    function = values(plain, "aws_lambda_function.this")
    assert function["filename"] == str(manifest.parent / "backend.zip")
    assert function["source_code_hash"] == package["content_hash"]
    assert function["handler"] == "backend.handler.lambda_handler"
    assert function["runtime"] == "python3.13"
    assert function["architectures"] == ["arm64"]
    assert function["publish"] is True


def test_a_package_may_be_an_object_in_s3(plain: Any, full: Any) -> None:
    function = values(full, "aws_lambda_function.this")
    assert (function["s3_bucket"], function["s3_key"]) == ("orders-packages", "v1/backend.zip")
    assert function["s3_object_version"] == "3sL4"
    assert function["filename"] is None
    assert function["source_code_hash"] == values(plain, "aws_lambda_function.this")["source_code_hash"]
    assert values(plain, "aws_lambda_function.this")["s3_bucket"] is None


def test_by_itself_it_may_write_its_own_log_and_nothing_else(plain: Any) -> None:
    assert statements(plain) == {
        "WriteLogs": {
            "Sid": "WriteLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [f"{LOG_GROUP}:*"],
        }
    }


def test_tracing_and_a_vpc_add_exactly_what_they_need(full: Any) -> None:
    found = statements(full)
    assert set(found) == {"WriteLogs", "WriteTraces", "AttachToVpc", "CodeDoesNotAttachToVpc", "UseRecords", "Decrypt"}
    assert found["WriteTraces"]["Action"] == ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    assert found["AttachToVpc"]["Effect"] == "Allow"
    assert found["AttachToVpc"]["Action"] == NETWORK_ACTIONS


def test_the_code_itself_is_denied_what_lambda_needs_for_the_vpc(full: Any) -> None:
    denied = statements(full)["CodeDoesNotAttachToVpc"]
    assert denied["Effect"] == "Deny"
    assert denied["Action"] == NETWORK_ACTIONS
    assert denied["Condition"] == {"ArnEquals": {"lambda:SourceFunctionArn": [FUNCTION]}}


def test_statements_of_the_caller_are_taken_over_with_their_conditions(full: Any) -> None:
    found = statements(full)
    assert found["UseRecords"] == {
        "Sid": "UseRecords",
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
        "Resource": [f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders"],
    }
    assert found["Decrypt"]["Condition"] == {
        "StringEquals": {"kms:ViaService": ["a", "b"], "aws:SourceAccount": [ACCOUNT]},
        "Bool": {"aws:SecureTransport": ["true"]},
    }


def test_only_where_aws_knows_no_resources_does_a_policy_say_any(full: Any) -> None:
    found = statements(full)
    assert {sid for sid, statement in found.items() if "*" in statement["Resource"]} == {
        "WriteTraces",
        "AttachToVpc",
        "CodeDoesNotAttachToVpc",
    }
    assert not [action for statement in found.values() for action in statement["Action"] if "*" in action]


def test_only_lambda_may_assume_the_role(plain: Any) -> None:
    trust = json.loads(values(plain, "aws_iam_role.this")["assume_role_policy"])
    assert trust["Statement"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    ]


def test_the_role_has_the_boundary_and_the_path_that_are_given(plain: Any, full: Any) -> None:
    role = values(full, "aws_iam_role.this")
    assert role["permissions_boundary"] == BOUNDARY
    assert role["path"] == "/platform/"
    assert values(plain, "aws_iam_role.this")["permissions_boundary"] is None
    assert values(plain, "aws_iam_role.this")["path"] == "/"


def test_a_role_on_another_path_has_another_name_for_a_path_keeps_no_two_roles_apart(plain: Any, full: Any) -> None:
    names = [values(planned, "aws_iam_role.this")["name"] for planned in (plain, full)]
    assert names[0] == f"orders-backend-{REGION}"
    assert names[1].startswith(f"{names[0]}-")


def test_the_log_group_exists_before_the_function_and_lines_are_left_as_printed(full: Any) -> None:
    group = values(full, "aws_cloudwatch_log_group.this")
    assert group["name"] == "/aws/lambda/orders-backend"
    assert group["retention_in_days"] == 365
    assert group["kms_key_id"] == KEY
    (logging,) = values(full, "aws_lambda_function.this")["logging_config"]
    assert logging["log_format"] == "Text"
    assert logging["log_group"] == group["name"]


def test_options_reach_the_function(full: Any) -> None:
    function = values(full, "aws_lambda_function.this")
    assert function["memory_size"] == 512
    assert function["timeout"] == 3
    assert function["reserved_concurrent_executions"] == 5
    assert function["kms_key_arn"] == KEY
    assert function["tracing_config"] == [{"mode": "Active"}]
    assert function["environment"] == [{"variables": {"RECORDS_TABLE": "orders"}}]
    assert function["vpc_config"][0]["subnet_ids"] == ["subnet-1"]
    assert function["vpc_config"][0]["security_group_ids"] == ["sg-1"]
    assert function["tags"] == {"team": "orders"}


def test_the_aliases_arns_are_known_before_anything_exists(planned: Any) -> None:
    prefix = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions"
    assert planned.outputs["full_aliases"] == {
        alias: {
            "arn": f"{FUNCTION}:{alias}",
            "invoke_arn": f"{prefix}/{FUNCTION}:{alias}/invocations",
        }
        for alias in ("live", "signed-in")
    }


def test_a_missing_or_strange_manifest_says_what_to_run(modules: Modules, base: dict[str, Any], tmp_path: Path) -> None:
    strange = tmp_path / "strange.json"
    strange.write_text('{"format": 2, "functions": {}}')
    variants = {
        "missing": {**base, "manifest": str(tmp_path / "manifest.json")},
        "strange": {**base, "manifest": str(strange)},
        "folder": {**base, "manifest": str(tmp_path)},
        "none": {**base, "manifest": None},
        "unknown": {**base, "architecture": "amd64"},
    }
    message = modules.variants(MODULE, variants).refused({})
    assert "manifest.json: run `make package`" in message
    assert f"There is no file {tmp_path}: run `make package`, or write in manifest the path of the manifest" in message
    ways = "take them from a release, such as", "or run `make package` in a clone and write in manifest the path"
    assert all(way in message for way in ("There are no packages beside the modules", *ways))
    assert 'architecture is "amd64": write "arm64" or "x86_64".' in message
    assert len(message.splitlines()) == len(variants)
    assert "strange.json is not a manifest that this module can read (format 1): run `make package`" in message


def test_a_missing_zip_a_misspelt_package_and_too_much_environment_or_policy_are_refused(
    modules: Modules, base: dict[str, Any], tmp_path: Path
) -> None:
    manifest = packages.write(tmp_path)
    (tmp_path / "backend.zip").unlink()
    variants = {
        "large": {**base, "environment": {"LARGE": "é" * 2040, "SMALL": "x" * 20}},
        "missing": {**base, "manifest": str(manifest)},
        "misspelt": {**base, "package": "backed"},
        "two-ways": {**base, "architecture": "arm64"},
        "wide": {
            **base,
            "policy_statements": {
                "UseRecords": {
                    "actions": ["dynamodb:GetItem"],
                    "resources": [f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{'x' * 200}{n}" for n in range(20)],
                }
            },
        },
    }
    message = modules.variants(MODULE, variants).refused({})
    assert "backend.zip is missing" in message
    assert "lists it: run `make package`" in message
    assert 'package is "backed"' in message
    assert "architecture and manifest are both set" in message
    assert f"write one of: {', '.join(sorted(packages.HANDLERS))}." in message
    assert "write at most 5120, with fewer actions, resources or conditions in policy_statements" in message
    assert "more than the 4096 bytes that Lambda allows in all: LARGE 4085 bytes, SMALL 25 bytes" in message


def test_each_mistake_is_named_with_what_to_write(refused: Refusal, base: dict[str, Any]) -> None:
    message = refused(
        MODULE,
        {
            **base,
            "name": "orders backend",
            "aliases": ["live", "007", "a b"],
            "description": "x" * 231,
            "environment": {"1ST": "x"},
            "kms_key_arn": "alias/orders",
            "memory_mb": 64,
            "permissions_boundary_arn": "bounds",
            "role_path": "platform",
            "reserved_concurrency": 0,
            "s3_packages": {"bucket": "s3://orders", "objects": {"authorizer": {"key": "/authorizer.zip"}}},
            "timeout_seconds": 901,
            "vpc": {"subnet_ids": [], "security_group_ids": ["sg-1"]},
        },
    )
    for part in (
        'name is "orders backend": write 1 to 128 letters',
        '"007", "a b" cannot be a Lambda alias: write 1 to 128 letters',
        "description has 231 characters: write at most 230",
        '"1ST" cannot be an environment variable',
        'kms_key_arn is "alias/orders": write the ARN of a key',
        "memory_mb is 64: write a whole number from 128 to 10240",
        'permissions_boundary_arn is "bounds": write the ARN of a managed policy',
        'role_path is "platform": write / alone, or up to 512 letters',
        "reserved_concurrency is 0: write a whole number from 1",
        's3_packages.bucket is "s3://orders": write the name of a bucket',
        's3_packages.objects has no "backend": write the key of that package',
        "s3_packages.objects holds a key that is empty or begins with a slash",
        "timeout_seconds is 901: write a whole number from 1 to 900",
        "vpc must name one subnet and one security group at least",
    ):
        assert part in message


def test_a_statement_with_a_mistake_is_refused_for_a_condition_that_is_dropped_would_allow_more(
    refused: Refusal, base: dict[str, Any]
) -> None:
    read = {"actions": ["dynamodb:GetItem"], "resources": ["arn:aws:dynamodb:eu-west-1:000000000000:table/records"]}
    condition = {"test": "StringEquals", "variable": "kms:ViaService", "values": ["dynamodb.amazonaws.com"]}
    message = refused(
        MODULE,
        {
            **base,
            "policy_statements": {
                "Use-Records": read,
                "Everything": {**read, "actions": ["dynamodb:*"]},
                "Nowhere": {**read, "resources": []},
                "Nothing": {"resources": ["x"]},
                "Condition": {**read, "condition": [condition]},
                "Value": {**read, "conditions": [{**condition, "value": "dynamodb.amazonaws.com"}]},
            },
        },
    )
    for part in (
        "policy_statements.Use-Records is not a name for it: write letters and digits only.",
        'policy_statements.Everything.actions is ["dynamodb:*"]: write its actions one by one, such as',
        "policy_statements.Nowhere.resources is []: write one resource or more, by ARN.",
        "policy_statements.Nothing.actions is missing: write its actions one by one",
        "policy_statements.Condition.condition is not a known key: write one of actions, conditions, resources.",
        "policy_statements.Value.conditions[0].value is not a known key: write one of test, values, variable.",
    ):
        assert part in message
