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
ISSUER = {"issuer": "https://login.example.com/", "algorithms": ["RS256"], "keys": {"discovery": True}}
RESOURCE = "https://mcp.example.com/mcp"
WELL_KNOWN = "/.well-known/oauth-protected-resource"
EXAMPLES: dict[str, dict[str, Any]] = {
    "custom-domain": {
        "certificate_arn": CERTIFICATE,
        "domain_name": "api.example.com",
        "truststore_uri": "s3://orders-truststore/authorities.pem",
        "truststore_version": "3sL4",
    },
    "mcp": {"issuers": [ISSUER], "resource": RESOURCE},
    "openapi": {},
    "private-api": {"vpc_endpoint_id": ENDPOINT},
}


@pytest.fixture(scope="module")
def plans(modules: Modules, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Each example's plan as `terraform show -json` has it."""
    manifest = str(packages.write(tmp_path_factory.mktemp("build")))
    given = {name: {"manifest": manifest, **variables} for name, variables in EXAMPLES.items()}
    given["mcp"]["server_manifest"] = manifest
    found = {
        name: json.loads(modules.root(f"terraform/examples/{name}").json(variables))
        for name, variables in given.items()
    }
    of_its_own = {name: value for name, value in given["mcp"].items() if name != "resource"}
    found["mcp at its own URL"] = json.loads(modules.root("terraform/examples/mcp").json(of_its_own))
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
    "mcp": {
        "ANY /mcp": "tools",
        "ANY /mcp/admin": "admin",
        f"GET {WELL_KNOWN}": "public by design",
        f"GET {WELL_KNOWN}/mcp": "public by design",
    },
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


def test_a_protected_resource_is_planned_before_its_url_is_known(plans: dict[str, Any]) -> None:
    changes = plans["mcp at its own URL"]["resource_changes"]
    documents = [
        each["index"] for each in changes if each["address"].startswith("module.api.aws_api_gateway_integration.doc")
    ]
    assert documents == [f"GET {WELL_KNOWN}"]


def test_a_protected_resource_is_public_by_design_with_its_reason(plans: dict[str, Any]) -> None:
    report = reviewed(plans["mcp"])
    (change,) = (each for each in report["routes"] if each["route"] == f"GET {WELL_KNOWN}")
    assert (change["status"], change["opens"]) == ("NEW", False)
    assert "RFC 9728, section 3: a client without a token learns here where to get one." in change["why"]
    assert dangers(plans["mcp"]) == []


def dangers(plan: dict[str, Any]) -> list[str]:
    """What the review finds wrong with the document and the headers that name it."""
    found = [each for each in reviewed(plan)["settings"] if each["rule"] == "protected-resource"]
    return [each["text"] for each in found if each["level"] == "danger"]


OTHER = "https://login.example.org/"
LOOK_ALIKES = {
    "another authorization server": (
        {"authorization_servers": [ISSUER["issuer"], OTHER]},
        f"it sends clients to {OTHER}, whose tokens the API does not accept",
    ),
    "another resource": (
        {"resource": "https://mcp.example.org/mcp"},
        f"it is about https://mcp.example.org/mcp, which is no audience of issuer {ISSUER['issuer']}",
    ),
    "more scopes": (
        {"scopes_supported": ["mcp:tools", "payments"]},
        "it has clients ask for payments, which no rule of the API needs",
    ),
}


@pytest.mark.parametrize("change", LOOK_ALIKES)
def test_a_document_that_differs_from_the_configuration_is_a_danger(plans: dict[str, Any], change: str) -> None:
    written, said = LOOK_ALIKES[change]
    plan = json.loads(json.dumps(plans["mcp"]))
    for each in plan["resource_changes"]:
        if each["address"] == f'module.api.aws_api_gateway_integration_response.document["GET {WELL_KNOWN}"]':
            templates = each["change"]["after"]["response_templates"]
            document = json.loads(templates["application/json"]) | written
            templates["application/json"] = json.dumps(document)
    (danger,) = dangers(plan)
    assert said in danger.replace("`", "")


@pytest.mark.parametrize("other", [f"https://mcp.example.org{WELL_KNOWN}", "https://mcp.example.com/metadata.json"])
def test_a_header_that_names_another_document_is_a_danger(plans: dict[str, Any], other: str) -> None:
    plan = json.loads(json.dumps(plans["mcp"]))
    for each in plan["resource_changes"]:
        if each["type"] == "aws_api_gateway_gateway_response":
            parameters = each["change"]["after"]["response_parameters"] or {}
            for name, header in parameters.items():
                parameters[name] = header.replace(f"https://mcp.example.com{WELL_KNOWN}/mcp", other)
    said = f"a refusal sends clients to {other}, which is no document of this API"
    assert [danger.replace("`", "") for danger in dangers(plan)] == [said, said], "the 401 and the 403"
