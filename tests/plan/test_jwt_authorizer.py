"""What terraform/modules/jwt-authorizer plans, which inputs it refuses, and where the secrets go."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3
import pytest

from tests.plan import packages
from tests.plan.conftest import Plan, Refusal
from tests.plan.support import ACCOUNT, REGION, Modules

MODULE = "terraform/modules/jwt-authorizer"
OWN_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/own"
OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/other"
LONG_NAME = "x" * 100
SALT = "a-salt-that-nobody-may-see-in-a-plan"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {
        "name": "orders-authorizer",
        "manifest": str(packages.write(tmp_path_factory.mktemp("build"))),
        "issuers": [issuer(secret={"generate": "hmac"})],
        "rules": {"signed-in": {}},
    }


def issuer(name: str | None = "https://login.example.com/", *, secret: Any, **settings: Any) -> dict[str, Any]:
    """An issuer as one writes it, with what is required and these settings."""
    return {"issuer": name, "audiences": ["api"], "algorithms": ["HS256"], "keys": {"secret": secret}, **settings}


@pytest.fixture(scope="module")
def full(plan: Plan, base: dict[str, Any]) -> Any:
    """A secret of every kind, and all other inputs."""
    return plan(
        MODULE,
        {
            **base,
            "context_claims": ["email", "tenant"],
            "environment": {"AUTH_TOKEN_SALT": SALT},
            "issuers": [
                issuer("generated", secret={"generate": "hmac"}),
                issuer("shares-it", secret={"generate": "hmac"}),
                issuer("stored", secret={"secrets_manager": "login/hmac", "encoding": "hex"}, audiences=[]),
                issuer("parameter", secret={"ssm": "/login/hmac"}, token_types=["at+jwt"], max_age_seconds=3600),
                issuer("plain", secret={"ssm": "login-hmac"}, algorithms=["HS384", "HS512"]),
                issuer(
                    "environment",
                    secret={"environment": "AUTH_TOKEN_SALT"},
                    required_claims=[],
                    leeway_seconds=30,
                    principal_claim="userId",
                    principal_fallback="nobody",
                    minimum_secret_bytes=16,
                ),
            ],
            "kms_key_arn": OWN_KEY,
            "on_invalid_token": "deny",
            "recovery_window_days": 7,
            "rules": {"signed-in": {}, "profile": {}},
            "secrets_kms_key_arns": [OTHER_KEY],
            "tags": {"team": "orders"},
        },
    )


@pytest.fixture(scope="module")
def large(plan: Plan, base: dict[str, Any]) -> Any:
    """One issuer whose tokens carry no iss, and more claims than fit into plain JSON."""
    claims = [f"https://example.com/claims/number-{number}" for number in range(90)]
    nameless = issuer(None, secret={"secrets_manager": "login/hmac"})
    return plan(MODULE, {**base, "issuers": [nameless], "context_claims": claims})


def function(planned: Any) -> dict[str, Any]:
    found: dict[str, Any] = planned.modules["module.function"].resources["aws_lambda_function.this"]
    return dict(found["values"])


def environment(planned: Any) -> dict[str, str]:
    found: dict[str, str] = function(planned)["environment"][0]["variables"]
    return found


def statements(planned: Any) -> dict[str, Any]:
    role_policy = planned.modules["module.function"].resources["aws_iam_role_policy.this"]
    return packages.statements(role_policy["values"]["policy"])


def test_the_function_reads_its_whole_configuration_from_one_variable(full: Any) -> None:
    given = {"audiences": ["api"], "algorithms": ["HS256"]}
    defaults = {"required_claims": ["exp"], "leeway_seconds": 10, "principal_claim": "sub"}
    assert json.loads(environment(full)["AUTHORIZER_CONFIG"]) == {
        "issuers": [
            {
                "issuer": "generated",
                **given,
                **defaults,
                "keys": {"secret": {"secrets_manager": "orders-authorizer-hmac"}},
            },
            {
                "issuer": "shares-it",
                **given,
                **defaults,
                "keys": {"secret": {"secrets_manager": "orders-authorizer-hmac"}},
            },
            {
                "issuer": "stored",
                **given,
                **defaults,
                "audiences": [],
                "keys": {"secret": {"secrets_manager": "login/hmac", "encoding": "hex"}},
            },
            {
                "issuer": "parameter",
                **given,
                **defaults,
                "keys": {"secret": {"ssm": "/login/hmac"}},
                "token_types": ["at+jwt"],
                "max_age_seconds": 3600,
            },
            {
                "issuer": "plain",
                **given,
                **defaults,
                "algorithms": ["HS384", "HS512"],
                "keys": {"secret": {"ssm": "login-hmac"}},
            },
            {
                "issuer": "environment",
                **given,
                "keys": {"secret": {"environment": "AUTH_TOKEN_SALT"}},
                "required_claims": [],
                "leeway_seconds": 30,
                "principal_claim": "userId",
                "principal_fallback": "nobody",
                "minimum_secret_bytes": 16,
            },
        ],
        "context_claims": ["email", "tenant"],
        "on_invalid_token": "deny",
        "rules": {"signed-in": {}, "profile": {}},
    }
    assert full.outputs["configuration"] == environment(full)["AUTHORIZER_CONFIG"]


def test_every_rule_is_an_alias_of_its_name(full: Any) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders-authorizer"
    assert full.outputs["rules"] == {
        rule: {
            "arn": f"{arn}:{rule}",
            "invoke_arn": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}:{rule}/invocations",
        }
        for rule in ("signed-in", "profile")
    }
    aliases = {address for address in full.modules["module.function"].resources if "aws_lambda_alias" in address}
    assert aliases == {f'aws_lambda_alias.this["{rule}"]' for rule in ("signed-in", "profile")}


def test_the_role_may_read_exactly_the_secrets_that_issuers_name(full: Any) -> None:
    assert statements(full) == {
        "WriteLogs": {
            "Sid": "WriteLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/orders-authorizer:*"],
        },
        "ReadSecrets": {
            "Sid": "ReadSecrets",
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": [
                f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:login/hmac-??????",
                f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:orders-authorizer-hmac-??????",
            ],
        },
        "ReadParameters": {
            "Sid": "ReadParameters",
            "Effect": "Allow",
            "Action": ["ssm:GetParameter"],
            "Resource": [
                f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/login-hmac",
                f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/login/hmac",
            ],
        },
        "DecryptSecrets": {
            "Sid": "DecryptSecrets",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [OTHER_KEY, OWN_KEY],
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": [f"secretsmanager.{REGION}.amazonaws.com", f"ssm.{REGION}.amazonaws.com"]
                }
            },
        },
    }


def test_one_secret_is_generated_for_all_who_share_it(full: Any) -> None:
    secret = full.resources['aws_secretsmanager_secret.generated["hmac"]']["values"]
    assert secret["name"] == "orders-authorizer-hmac"
    assert secret["kms_key_id"] == OWN_KEY
    assert secret["recovery_window_in_days"] == 7
    assert full.outputs["generated_secrets"] == {"hmac": "orders-authorizer-hmac"}
    assert len([address for address in full.resources if "aws_secretsmanager_secret." in address]) == 1


def test_values_of_the_environment_are_marked_sensitive_and_the_configuration_is_readable(full: Any) -> None:
    change = full.resource_changes["module.function.aws_lambda_function.this"]["change"]
    assert change["after_sensitive"]["environment"][0]["variables"] == {"AUTH_TOKEN_SALT": True}


def test_an_entry_for_tokens_without_iss_says_null(large: Any) -> None:
    (entry,) = json.loads(large.outputs["configuration"])["issuers"]
    assert entry["issuer"] is None


def test_nothing_is_generated_and_nothing_said_of_kms_unless_asked_for(large: Any) -> None:
    assert large.outputs["generated_secrets"] == {}
    assert not [address for address in large.resources if "secretsmanager" in address]
    assert set(statements(large)) == {"WriteLogs", "ReadSecrets"}


def test_a_large_configuration_is_packed_and_stays_readable_as_an_output(large: Any) -> None:
    packed = environment(large)["AUTHORIZER_CONFIG"]
    assert gzip.decompress(base64.b64decode(packed)).decode() == large.outputs["configuration"]
    assert len(packed) < 1024 < 3072 < len(large.outputs["configuration"])


def test_a_configuration_that_lambda_cannot_hold_is_refused(refused: Refusal, base: dict[str, Any]) -> None:
    claims = [base64.b85encode(str(number**9).encode()).decode() for number in range(1, 500)]
    message = refused(MODULE, {**base, "context_claims": claims})
    assert "more than the 4096 bytes that Lambda allows in all: AUTHORIZER_CONFIG" in message


def test_each_mistake_about_an_issuer_is_named_with_what_to_write(refused: Refusal, base: dict[str, Any]) -> None:
    message = refused(
        MODULE,
        {
            **base,
            "issuers": [
                issuer(None, secret={"generate": "HMAC!", "encoding": "hex"}, audiences=None, algorithms=["RS256"]),
                issuer("twice", secret={"secrets_manager": "arn:aws:x", "ssm": "arn:aws:x"}, algorithms=[]),
                issuer("twice", secret=None, required_claims=[""], token_types=[], leeway_seconds=301),
                issuer(
                    " ",
                    secret={},
                    max_age_seconds=0,
                    principal_claim=" ",
                    principal_fallback="",
                    minimum_secret_bytes=0,
                ),
            ],
        },
    )
    for part in (
        "issuer = null accepts tokens that carry no iss, and only as the one entry there is",
        'write one entry for each issuer; issuers[0] has null, issuers[1] has "twice", issuers[2] has "twice"',
        "write in issuer the exact iss of its tokens, or null",
        "write in audiences whom the tokens must be meant for, such as",
        'write in algorithms one or more of HS256, HS384 and HS512; issuers[0] has ["RS256"], issuers[1] has []',
        "write in keys where the keys come from, as { secret = { ... } }",
        "issuers[2] has nothing",
        "write in keys.secret exactly one of secrets_manager, ssm, environment and generate",
        'issuers[1] has ["secrets_manager","ssm"], issuers[2] has [], issuers[3] has []',
        "write in keys.secret.secrets_manager the name of a secret",
        "write in keys.secret.ssm the name of a parameter",
        "write in keys.secret.generate how the new secret's name shall end",
        "a generated secret is always utf8",
        'write in required_claims names of claims, such as ["exp", "sub"], or [] to require none',
        "write in token_types the typ headers to accept",
        "write leeway_seconds as a whole number from 0 to 300",
        "issuers[2] has 301",
        "write max_age_seconds as a whole number from 1",
        "write in principal_claim the name of a claim",
        "write in principal_fallback the principal of tokens that carry none",
        "write minimum_secret_bytes as a whole number from 1",
    ):
        assert part in message


def test_every_other_mistake_is_named_with_what_to_write(refused: Refusal, base: dict[str, Any]) -> None:
    message = refused(
        MODULE,
        {
            **base,
            "name": "orders authorizer",
            "context_claims": ["*", "principalId", ""],
            "generated_secret_version": 0,
            "issuers": [issuer(secret={"environment": "MISSPELT"})],
            "kms_key_arn": "alias/orders",
            "on_invalid_token": "forbid",
            "recovery_window_days": 3,
            "rules": {"007": {}, "orders-write": {"scopes": ["orders:write"]}},
            "secrets_kms_key_arns": ["*"],
            "timeout_seconds": 30,
        },
    )
    for part in (
        'name is "orders authorizer": write 1 to 128 letters',
        "principalId is a key that API Gateway keeps for itself",
        'context_claims has "*" beside other names',
        'context_claims is ["*","principalId",""]: write each claim\'s name once',
        "generated_secret_version is 0: write a whole number from 1",
        'keys.secret.environment the name of a variable that environment sets; issuers[0] has "MISSPELT"',
        'kms_key_arn is "alias/orders": write the ARN of a key',
        'on_invalid_token is "forbid": write "unauthorized" for a 401 or "deny" for a 403',
        "recovery_window_days is 3: write 7 to 30, or 0",
        "each name becomes a Lambda alias",
        "{} is the one rule that this release knows",
        'secrets_kms_key_arns is ["*"]: write ARNs of keys',
        "timeout_seconds is 30: write 1 to 29",
    ):
        assert part in message


def test_no_rules_no_issuers_and_an_occupied_variable_are_refused(refused: Refusal, base: dict[str, Any]) -> None:
    message = refused(MODULE, {**base, "issuers": [], "rules": {}, "environment": {"AUTHORIZER_CONFIG": "{}"}})
    assert "environment sets AUTHORIZER_CONFIG, which this module writes" in message
    assert "rules must be a map of one rule or more" in message


class Applied(NamedTuple):
    """One deployment: applied, its secret rotated and its environment changed, and then planned once more."""

    outputs: dict[str, Any]
    first_secret: str
    secrets: dict[str, str]
    change: Any
    rested: Any
    state: str


@pytest.fixture(scope="module")
def applied(modules: Modules, aws: str, base: dict[str, Any]) -> Iterator[Applied]:
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    secrets = boto3.client("secretsmanager", endpoint_url=aws, region_name=REGION, **credentials)

    def value(stage: str) -> str:
        return str(secrets.get_secret_value(SecretId=f"{LONG_NAME}-hmac", VersionStage=stage)["SecretString"])

    module = modules.fresh(MODULE)
    variables = {**base, "name": LONG_NAME, "recovery_window_days": 0, "rules": {"signed-in": {}, "profile": {}}}
    try:
        module.apply(variables)
        first = value("AWSCURRENT")
        variables |= {"generated_secret_version": 2, "on_invalid_token": "deny"}
        change = module.plan(variables)
        outputs = module.apply(variables)
        yield Applied(
            outputs=outputs,
            first_secret=first,
            secrets={stage: value(stage) for stage in ("AWSCURRENT", "AWSPREVIOUS")},
            change=change,
            rested=module.plan(variables),
            state=(module.folder / "terraform.tfstate").read_text(),
        )
    finally:
        module.destroy(variables)


def test_a_generated_secret_is_long_enough_for_every_hash_and_safe_in_any_encoding(applied: Applied) -> None:
    assert len(applied.first_secret) == 64
    assert applied.first_secret.isascii()
    assert applied.first_secret.isalnum()


def test_a_higher_version_rotates_the_secret_and_keeps_the_one_before(applied: Applied) -> None:
    assert applied.secrets["AWSPREVIOUS"] == applied.first_secret
    assert applied.secrets["AWSCURRENT"] != applied.first_secret


def test_a_generated_secret_is_in_no_plan_and_no_state(applied: Applied) -> None:
    for kept in (str(applied.change), str(applied.rested), applied.state):
        assert f"{LONG_NAME}-hmac" in kept
        for secret in applied.secrets.values():
            assert secret not in kept


def test_a_changed_environment_publishes_a_version_and_moves_every_alias(applied: Applied) -> None:
    aliases = {
        address: resource["values"]["function_version"]
        for address, resource in applied.rested.modules["module.function"].resources.items()
        if address.startswith("aws_lambda_alias")
    }
    assert aliases == {f'aws_lambda_alias.this["{rule}"]': "2" for rule in ("signed-in", "profile")}


def test_a_plan_after_apply_is_empty(applied: Applied) -> None:
    assert {tuple(change["change"]["actions"]) for change in applied.rested.resource_changes.values()} == {("no-op",)}


def test_long_names_are_cut_with_a_hash_to_keep_them_apart(applied: Applied) -> None:
    def cut(name: str) -> str:
        return f"{name[:55]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    assert applied.outputs["function_name"] == cut(LONG_NAME)
    assert applied.outputs["role_name"] == cut(f"{LONG_NAME}-{REGION}")
