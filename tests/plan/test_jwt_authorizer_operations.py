"""What terraform/modules/jwt-authorizer plans for its operation: the denylist, telemetry and scheduled rotation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.plan import packages
from tests.plan.conftest import Refusal
from tests.plan.support import ACCOUNT, REGION, Modules

MODULE = "terraform/modules/jwt-authorizer"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/own"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders-authorizer-denylist"
ROTATION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders-authorizer-rotation"
ISSUER: dict[str, Any] = {
    "issuer": "https://login.example.com/",
    "audiences": ["api"],
    "algorithms": ["HS256"],
    "keys": {"secret": {"generate": "hmac"}},
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {
        "name": "orders-authorizer",
        "manifest": str(packages.write(tmp_path_factory.mktemp("build"))),
        "issuers": [ISSUER],
        "rules": {"signed-in": {}},
    }


@pytest.fixture(scope="module")
def planned(modules: Modules, base: dict[str, Any]) -> Any:
    """No setting, every setting, and each default changed."""
    slow = {**ISSUER, "issuer": "slow", "keys": {**ISSUER["keys"], "cache_seconds": 600}, "max_age_seconds": 3600}
    variants = {
        "plain": base,
        "full": {
            **base,
            "issuers": [ISSUER, slow],
            "kms_key_arn": KEY,
            "revocation": {},
            "secret_rotation_days": 30,
            "telemetry": {"allow_sample": 0.01, "log_principal": True, "namespace": "Orders/Authorizer"},
        },
        "loose": {
            **base,
            "name": "x" * 100,
            "revocation": {"deletion_protection": False, "on_failure": "allow"},
            "secret_rotation_days": 1,
            "telemetry": {"namespace": ""},
        },
    }
    outputs = ["configuration", "denylist_table", "rotation_function_name"]
    return modules.variants(MODULE, variants, outputs).plan({})


def values(planned: Any, variant: str, address: str) -> dict[str, Any]:
    found: dict[str, Any] = planned.resource_changes[f"module.{variant}.{address}"]["change"]["after"]
    return found


def statements(planned: Any, variant: str, function: str = "function") -> dict[str, Any]:
    return packages.statements(values(planned, variant, f"module.{function}.aws_iam_role_policy.this")["policy"])


def configuration(planned: Any, variant: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(planned.outputs[f"{variant}_configuration"])
    return found


def test_nothing_of_it_is_there_unless_asked_for(planned: Any) -> None:
    kinds = {address.partition(".")[0] for address in planned.modules["module.plain"].resources}
    assert kinds == {"aws_secretsmanager_secret", "aws_secretsmanager_secret_version"}
    assert set(statements(planned, "plain")) == {"WriteLogs", "ReadSecrets"}
    assert not {"revocation", "telemetry"} & set(configuration(planned, "plain"))
    assert planned.outputs.get("plain_denylist_table") is None


def test_the_denylist_is_on_demand_encrypted_recoverable_and_forgets_what_has_expired(planned: Any) -> None:
    table = values(planned, "full", "aws_dynamodb_table.denylist[0]")
    assert table["name"] == planned.outputs["full_denylist_table"] == "orders-authorizer-denylist"
    assert (table["hash_key"], table["range_key"]) == ("revoked", None)
    assert table["attribute"] == [{"name": "revoked", "type": "S"}]
    assert table["billing_mode"] == "PAY_PER_REQUEST"
    assert table["ttl"] == [{"attribute_name": "expires_at", "enabled": True}]
    assert table["point_in_time_recovery"][0]["enabled"] is True
    assert table["server_side_encryption"] == [{"enabled": True, "kms_key_arn": KEY}]
    assert table["deletion_protection_enabled"] is True
    assert values(planned, "loose", "aws_dynamodb_table.denylist[0]")["deletion_protection_enabled"] is False


def test_the_function_may_read_the_denylist_and_not_write_it(planned: Any) -> None:
    found = statements(planned, "full")
    assert found["ReadDenylist"] == {
        "Sid": "ReadDenylist",
        "Effect": "Allow",
        "Action": ["dynamodb:BatchGetItem"],
        "Resource": [TABLE],
    }
    assert found["DecryptDenylist"] == {
        "Sid": "DecryptDenylist",
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": [KEY],
        "Condition": {"StringEquals": {"kms:ViaService": [f"dynamodb.{REGION}.amazonaws.com"]}},
    }


def test_the_function_gets_the_denylists_name_and_what_to_do_without_it(planned: Any) -> None:
    assert configuration(planned, "full")["revocation"] == {"table": "orders-authorizer-denylist"}
    assert configuration(planned, "loose")["revocation"]["on_failure"] == "allow"


def test_the_function_gets_telemetry_where_it_is_not_the_default(planned: Any) -> None:
    changed = {"allow_sample": 0.01, "log_principal": True, "namespace": "Orders/Authorizer"}
    assert configuration(planned, "full")["telemetry"] == changed
    assert configuration(planned, "loose")["telemetry"] == {"namespace": ""}


def test_secrets_manager_calls_the_rotation_when_the_days_have_passed_and_not_at_once(planned: Any) -> None:
    rotation = values(planned, "full", 'aws_secretsmanager_secret_rotation.generated["hmac"]')
    assert rotation["rotation_rules"][0]["automatically_after_days"] == 30
    assert rotation["rotate_immediately"] is False
    function = values(planned, "full", "module.rotation[0].aws_lambda_function.this")
    assert function["function_name"] == planned.outputs["full_rotation_function_name"] == "orders-authorizer-rotation"
    assert function["handler"] == "rotation.handler.lambda_handler"
    assert function["kms_key_arn"] == KEY


def test_a_rotation_waits_for_as_long_as_any_issuer_keeps_the_secret(planned: Any) -> None:
    def function(variant: str) -> tuple[str, int]:
        found = values(planned, variant, "module.rotation[0].aws_lambda_function.this")
        return found["environment"][0]["variables"]["WAIT_SECONDS"], found["timeout"]

    assert function("full") == ("630", 690)
    assert function("loose") == ("330", 390)


def test_only_secrets_manager_of_this_account_may_call_the_rotation(planned: Any) -> None:
    permission = values(planned, "full", "aws_lambda_permission.rotation[0]")
    assert permission["principal"] == "secretsmanager.amazonaws.com"
    assert permission["source_account"] == ACCOUNT
    assert permission["action"] == "lambda:InvokeFunction"


def test_the_rotation_may_change_the_generated_secrets_and_nothing_else(planned: Any) -> None:
    found = statements(planned, "full", "rotation[0]")
    assert set(found) == {"WriteLogs", "RotateSecrets", "UseSecretsKey"}
    assert found["RotateSecrets"]["Action"] == [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    ]
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:orders-authorizer-hmac-??????"
    assert found["RotateSecrets"]["Resource"] == [secret]
    assert found["RotateSecrets"]["Condition"] == {
        "StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": [ROTATION]}
    }
    assert found["UseSecretsKey"]["Condition"] == {
        "StringEquals": {"kms:ViaService": [f"secretsmanager.{REGION}.amazonaws.com"]}
    }


def test_the_role_names_the_function_that_is_made_however_long_the_name(planned: Any) -> None:
    name = planned.outputs["loose_rotation_function_name"]
    assert len(name) == 64
    condition = statements(planned, "loose", "rotation[0]")["RotateSecrets"]["Condition"]["StringEquals"]
    (arn,) = condition["secretsmanager:resource/AllowRotationLambdaArn"]
    assert arn.rpartition(":")[2] == name


def test_each_mistake_is_named_with_what_to_write(refused: Refusal, base: dict[str, Any], tmp_path: Path) -> None:
    manifest = packages.write(tmp_path)
    document = json.loads(manifest.read_text())
    del document["functions"]["rotation"]
    manifest.write_text(json.dumps(document))
    message = refused(
        MODULE,
        {
            **base,
            "manifest": str(manifest),
            "issuers": [{**ISSUER, "keys": {"secret": {"ssm": "/login/hmac"}}}],
            "revocation": {"on_failure": "ignore"},
            "secret_rotation_days": 0,
            "telemetry": {"allow_sample": 2, "namespace": "AWS/Lambda"},
        },
    )
    for part in (
        'revocation.on_failure is "ignore": write "refuse" to answer 500',
        "secret_rotation_days is 0: write 1 to 1000",
        "no issuer has keys.secret.generate: there is nothing to rotate",
        'does not list the function "rotation": run `make package`',
        "telemetry.allow_sample is 2: write a share from 0",
        'telemetry.namespace is "AWS/Lambda": write up to 255 letters',
    ):
        assert part in message


def test_a_rotation_that_would_refuse_tokens_still_good_is_refused(refused: Refusal, base: dict[str, Any]) -> None:
    long_lived = {**ISSUER, "max_age_seconds": 86400}
    message = refused(MODULE, {**base, "issuers": [long_lived], "secret_rotation_days": 1})
    assert "tokens signed with the secret orders-authorizer-hmac are accepted for longer than that" in message


@pytest.fixture(scope="module")
def applied(modules: Modules, aws: str, base: dict[str, Any]) -> tuple[Any, Any]:
    """What is planned after an apply with all of it, and again after two rotations by somebody else."""
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    secrets = boto3.client("secretsmanager", endpoint_url=aws, region_name=REGION, **credentials)
    root = modules.fresh(MODULE)
    variables = {
        **base,
        "name": "operated",
        "recovery_window_days": 0,
        "revocation": {"deletion_protection": False},
        "secret_rotation_days": 30,
    }
    root.apply(variables)
    rested = root.plan(variables)
    ours = rested.resource_changes['aws_secretsmanager_secret_version.generated["hmac"]']["change"]["after"]
    # MiniStack drops the labels that come together with AWSCURRENT, which AWS keeps.
    secrets.update_secret_version_stage(
        SecretId="operated-hmac", VersionStage="TERRAFORM", MoveToVersionId=ours["version_id"]
    )
    for value in ("first", "second"):
        secrets.put_secret_value(SecretId="operated-hmac", SecretString=value, VersionStages=["AWSCURRENT"])
    # Not destroyed: MiniStack cannot end a rotation, and is thrown away itself.
    return rested, root.plan(variables)


def actions(planned: Any) -> set[tuple[str, ...]]:
    return {tuple(change["change"]["actions"]) for change in planned.resource_changes.values()}


def test_a_plan_after_apply_is_empty(applied: tuple[Any, Any]) -> None:
    assert actions(applied[0]) == {("no-op",)}


def test_rotations_by_somebody_else_leave_terraform_nothing_to_do(applied: tuple[Any, Any]) -> None:
    assert actions(applied[1]) == {("no-op",)}
