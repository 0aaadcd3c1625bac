"""A sample of the mutations as real plans: a state by hand, and `terraform plan -refresh=false`, which needs no AWS."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from scripts.review_plan import review
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
from scripts.terraform import Terraform, inherited
from tests.plan.support import LOCK_FILE, REPOSITORY
from tests.review.doors import but
from tests.review.mutations import MUTATIONS
from tests.review.plans import cut

PROVIDER = {
    "aws": {
        "region": "eu-west-1",
        "access_key": "test",
        "secret_key": "test",
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_region_validation": True,
        "skip_requesting_account_id": True,
    }
}
# What a configuration has to say beside what the mutations do.
REQUIRED: dict[str, dict[str, Any]] = {
    "aws_api_gateway_authorizer": {"name": "auth"},
    "aws_apigatewayv2_api": {"name": "n"},
    "aws_apigatewayv2_authorizer": {"name": "n", "identity_sources": ["$request.header.Authorization"]},
    "aws_lambda_function": {"role": "arn:aws:iam::111111111111:role/r", "filename": "f.zip", "runtime": "python3.13"},
    "aws_lambda_permission": {"statement_id": "p"},
}
SAMPLE = [
    ("aws_api_gateway_authorizer", "authorizer_uri"),
    ("aws_api_gateway_authorizer", "provider_arns"),
    ("aws_api_gateway_method", "api_key_required"),
    ("aws_api_gateway_method", "authorization"),
    ("aws_api_gateway_method", "authorization_scopes"),
    ("aws_api_gateway_method", "authorizer_id"),
    ("aws_api_gateway_rest_api", "body"),
    ("aws_api_gateway_rest_api", "disable_execute_api_endpoint"),
    ("aws_api_gateway_rest_api", "policy"),
    ("aws_api_gateway_rest_api_policy", "policy"),
    ("aws_api_gateway_stage", "deployment_id"),
    ("aws_api_gateway_stage", "variables"),
    ("aws_apigatewayv2_api", "disable_execute_api_endpoint"),
    ("aws_apigatewayv2_authorizer", "jwt_configuration.audience"),
    ("aws_apigatewayv2_authorizer", "jwt_configuration.issuer"),
    ("aws_apigatewayv2_route", "authorization_scopes"),
    ("aws_apigatewayv2_route", "authorization_type"),
    ("aws_apigatewayv2_route", "route_key"),
    ("aws_lambda_alias", "function_version"),
    ("aws_lambda_function", "environment.variables"),
    ("aws_lambda_function", "handler"),
    ("aws_lambda_function_url", "authorization_type"),
]
COMPUTED = ("id", "arn", "invoke_arn", "root_resource_id", "path", "version")


def name(key: tuple[str, str]) -> str:
    return "_".join(key).replace(".", "_")


def configured(type_: str, values: dict[str, Any]) -> dict[str, Any]:
    """What a configuration says of a resource: nothing that is empty, and nothing that only AWS gives."""
    written: dict[str, Any] = without_empty({key: value for key, value in values.items() if key not in COMPUTED})
    return {**REQUIRED.get(type_, {}), **written}


def without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_empty(part) for key, part in value.items() if part not in (None, [], {})}
    return [without_empty(part) for part in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The plan of each mutation in the sample, made at once: each in a module of its own."""
    folder: Path = tmp_path_factory.mktemp("mutations")
    shutil.copy(REPOSITORY / "terraform" / LOCK_FILE, folder)
    (folder / "f.zip").write_bytes(b"PK\5\6" + bytes(18))
    resources: list[Any] = []
    for key in SAMPLE:
        mutation = MUTATIONS[key]
        assert mutation is not None
        state, address, values = mutation
        blocks: dict[str, Any] = {"resource": {}}
        for changed, attributes in but(state, address, **values).items():
            type_, _, label = changed.partition(".")
            blocks["resource"].setdefault(type_, {})[label] = configured(type_, attributes)
        module = folder / name(key)
        module.mkdir()
        text = json.dumps(blocks).replace("${", "$${").replace("%{", "%%{")
        required = {"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}}}
        (module / "main.tf.json").write_text(json.dumps({**json.loads(text), **required}))
        for given, attributes in state.items():
            type_, _, label = given.partition(".")
            resources.append(
                {
                    "module": f"module.{name(key)}",
                    "mode": "managed",
                    "type": type_,
                    "name": label,
                    "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
                    "instances": [{"schema_version": 0, "attributes": {**REQUIRED.get(type_, {}), **attributes}}],
                }
            )
    modules = {name(key): {"source": f"./{name(key)}"} for key in SAMPLE}
    (folder / "main.tf.json").write_text(json.dumps({"provider": PROVIDER, "module": modules}))
    whole = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "by-hand", "resources": resources}
    (folder / "terraform.tfstate").write_text(json.dumps(whole))
    terraform = Terraform(folder, inherited())
    terraform.ask("init", "-input=false")
    terraform.ask("plan", "-input=false", "-lock=false", "-refresh=false", "-out=all.tfplan")
    planned = json.loads(terraform.show_json(Path("all.tfplan")))
    return {name(key): json.dumps(cut(planned, name(key))).encode() for key in SAMPLE}


@pytest.mark.parametrize("key", SAMPLE, ids=name)
def test_a_real_plan_of_the_change_stops_the_gate(plans: dict[str, bytes], key: tuple[str, str]) -> None:
    found = review.review_plan(document.read(plans[name(key)]), AllowList())
    assert found.not_allowed
    assert found.counts["change"] + found.counts["replace"] >= 1
