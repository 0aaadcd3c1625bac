"""What the examples plan that no local AWS can serve, and how the review of a plan reads them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan.document import read
from scripts.review_plan.render import json_report
from scripts.review_plan.review import review_plan
from tests.plan import packages
from tests.plan.support import ACCOUNT, REGION, REPOSITORY, Modules

CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0a1b"
ENDPOINT = "vpce-0123456789abcdef0"
EXAMPLES: dict[str, dict[str, Any]] = {
    "custom-domain": {
        "certificate_arn": CERTIFICATE,
        "domain_name": "api.example.com",
        "truststore_uri": "s3://orders-truststore/authorities.pem",
        "truststore_version": "3sL4",
    },
    "openapi": {},
    "private-api": {"vpc_endpoint_id": ENDPOINT},
}


@pytest.fixture(scope="module")
def plans(modules: Modules, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Each example's plan as `terraform show -json` has it."""
    manifest = str(packages.write(tmp_path_factory.mktemp("build")))
    found = {}
    for name, variables in EXAMPLES.items():
        root = modules.root(f"terraform/examples/{name}")
        found[name] = json.loads(root.json({"manifest": manifest, **variables}))
    return found


def reviewed(plan: dict[str, Any]) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(json_report.render(review_plan(read(json.dumps(plan).encode()), AllowList(()))))
    return report


def planned(plan: dict[str, Any], type_: str) -> dict[str, Any]:
    """The attributes of the plan's one resource of a type."""
    (after,) = [change["change"]["after"] for change in plan["resource_changes"] if change["type"] == type_]
    found: dict[str, Any] = after
    return found


def test_a_custom_domain_asks_for_certificates_and_nothing_else_leads_to_the_api(plans: dict[str, Any]) -> None:
    domain = planned(plans["custom-domain"], "aws_api_gateway_domain_name")
    assert domain["domain_name"] == "api.example.com"
    assert domain["regional_certificate_arn"] == CERTIFICATE
    assert domain["security_policy"] == "TLS_1_2"
    assert domain["mutual_tls_authentication"] == [
        {"truststore_uri": "s3://orders-truststore/authorities.pem", "truststore_version": "3sL4"}
    ]
    assert planned(plans["custom-domain"], "aws_api_gateway_base_path_mapping")["base_path"] == "orders"
    assert planned(plans["custom-domain"], "aws_api_gateway_rest_api")["disable_execute_api_endpoint"] is True


def test_a_private_api_is_reached_by_its_endpoint_alone(plans: dict[str, Any]) -> None:
    api = planned(plans["private-api"], "aws_api_gateway_rest_api")
    (endpoint,) = api["endpoint_configuration"]
    assert (endpoint["types"], endpoint["vpc_endpoint_ids"]) == (["PRIVATE"], [ENDPOINT])
    policy = json.loads(planned(plans["private-api"], "aws_api_gateway_rest_api_policy")["policy"])
    assert policy["Statement"][1]["Condition"] == {"StringNotEquals": {"aws:SourceVpce": ENDPOINT}}


def test_a_document_is_known_in_the_first_plan_and_holds_our_authorizers(plans: dict[str, Any]) -> None:
    api = planned(plans["openapi"], "aws_api_gateway_rest_api")
    document = json.loads(api["body"])
    schemes = document["components"]["securitySchemes"]
    assert set(schemes) == {"signed-in", "orders-write"}
    for rule, scheme in schemes.items():
        authorizer = scheme["x-amazon-apigateway-authorizer"]
        assert authorizer["type"] == "token"
        assert authorizer["authorizerUri"].endswith(f":function:openapi-authorizer:{rule}/invocations")
    assert api["endpoint_configuration"][0]["types"] == ["EDGE"]


def test_a_tightened_operation_of_a_document_goes_live(modules: Modules, plans: dict[str, Any]) -> None:
    root = modules.root("terraform/examples/openapi")
    file = root.folder / "main.tf"
    text = file.read_text()
    assert "[{ signed-in = [] }]" in text
    file.write_text(text.replace("[{ signed-in = [] }]", "[{ orders-write = [] }]"))
    try:
        tightened = json.loads(root.json({"manifest": _variable(plans["openapi"], "manifest")}))
    finally:
        file.write_text(text)
    before, after = (planned(plan, "aws_api_gateway_deployment")["triggers"] for plan in (plans["openapi"], tightened))
    assert before != after


def _variable(plan: dict[str, Any], name: str) -> Any:
    return plan["variables"][name]["value"]


@pytest.mark.parametrize("file", sorted((REPOSITORY / "terraform/examples").glob("*/*.tf")), ids=str)
def test_a_permission_of_an_alias_waits_for_the_alias(file: Path) -> None:
    for permission in re.findall(
        r'^resource "aws_lambda_permission" .*?^}', file.read_text(), re.DOTALL | re.MULTILINE
    ):
        # The outputs `aliases` and `rules` wait for the aliases; a function's name and its ARN do not.
        waits = re.search(r"module\.\w+\.(aliases|rules)\b|depends_on = \[module\.", permission)
        assert waits or "qualifier" not in permission, permission


ROUTES = {
    "custom-domain": {"GET /hello": "signed-in", "GET /me": "bound"},
    "openapi": {"GET /orders": "signed-in", "POST /orders": "orders-write"},
    "private-api": {"GET /hello": "signed-in"},
}


@pytest.mark.parametrize("name", ROUTES)
def test_the_review_reads_who_may_call_what(plans: dict[str, Any], name: str) -> None:
    report = reviewed(plans[name])
    assert [change for change in report["routes"] if change["status"] == "UNREAD"] == []
    who = {route["route"]: route["who"] for route in report["all_routes"]}
    assert set(who) == set(ROUTES[name])
    for route, rule in ROUTES[name].items():
        assert rule in who[route]
