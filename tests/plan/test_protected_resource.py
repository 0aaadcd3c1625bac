"""What `protected_resource` of terraform/modules/rest-api serves and says, and which settings of it are refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.plan.support import Modules
from tests.plan.test_rest_api import BASE, MODULE, keys, values

RESOURCE = "https://mcp.example.com/mcp"
WELL_KNOWN = "/.well-known/oauth-protected-resource"
ISSUER: dict[str, Any] = {
    "issuer": "https://login.example.com/",
    "audiences": [RESOURCE],
    "algorithms": ["RS256"],
    "keys": {"discovery": True},
}
COGNITO: dict[str, Any] = {
    "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf",
    "audiences": [],
    "client_ids": ["7pl0f3"],
}
RULES: dict[str, Any] = {
    "tools": {"scopes": ["mcp:tools"]},
    "admin": {"scopes": ["mcp:tools", "mcp:admin"]},
    "signed-in": {},
}
TOOLS = {"ANY /mcp": {"function": "backend", "rule": "tools"}}
BOTH = {**TOOLS, "ANY /mcp/admin": {"function": "backend", "rule": "admin"}}


def api(
    routes: dict[str, Any] = BOTH,
    issuers: list[dict[str, Any]] | None = None,
    rules: dict[str, Any] = RULES,
    settings: dict[str, Any] | None = None,
    **resource: Any,
) -> dict[str, Any]:
    """The module's variables, for a protected resource of these routes, issuers and rules."""
    configuration = json.dumps({"issuers": issuers or [ISSUER], "rules": rules, **(settings or {})})
    return {
        **BASE,
        "authorizers": {name: {"id": name, "fingerprint": "as-it-was"} for name in rules},
        "routes": routes,
        "protected_resource": {"resource": RESOURCE, "configuration": configuration, **resource},
    }


def for_audience(resource: str, **more: Any) -> dict[str, Any]:
    """`api`, where the issuer knows the resource by that URL."""
    return api(issuers=[{**ISSUER, "audiences": ["other", resource]}], resource=resource, **more)


STAGED = "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/v1/mcp"
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
VARIANTS: dict[str, dict[str, Any]] = {
    "two_rules": {**api(), "cors": {"origin": "https://app.example.com"}},
    "one_rule": api(
        TOOLS,
        [
            ISSUER,
            COGNITO,
            {**ISSUER, "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0", "tenants": [TENANT]},
            {**ISSUER, "issuer": "batch-jobs"},
        ],
    ),
    "two_wider_rules": api(
        {**BOTH, "ANY /mcp/all": {"function": "backend", "rule": "all"}}, rules={**RULES, "all": {"scopes": ["all"]}}
    ),
    "no_first_rule": for_audience("https://mcp.example.com"),
    "staged": for_audience(STAGED),
    "below_a_base_path_without_scopes": for_audience(
        "https://mcp.example.com/team/mcp",
        base_path="team",
        routes={"ANY /mcp": {"function": "backend", "rule": "signed-in"}},
    ),
    "prefix_and_any_scope": api(
        TOOLS, rules={"tools": {"scopes": ["a$"], "any_scope": ["b#", "c"]}}, scope_prefix="https://mcp.example.com/"
    ),
}


@pytest.fixture(scope="module")
def planned(modules: Modules) -> dict[str, Any]:
    plan = modules.variants(MODULE, VARIANTS, outputs=["protected_resource_metadata", "routes"]).plan({})
    return {name: plan.modules[f"module.{name}"] for name in VARIANTS} | {"outputs": plan.outputs}


def document(planned: dict[str, Any], variant: str, path: str = WELL_KNOWN) -> dict[str, Any]:
    response = values(planned[variant], f'aws_api_gateway_integration_response.document["GET {path}"]')
    found: dict[str, Any] = json.loads(response["response_templates"]["application/json"])
    return found


def challenge(planned: dict[str, Any], variant: str, type_: str) -> str:
    response = values(planned[variant], f'aws_api_gateway_gateway_response.this["{type_}"]')
    return str(response["response_parameters"]["gatewayresponse.header.WWW-Authenticate"])


def test_the_document_holds_the_resource_its_issuers_and_the_scopes_to_begin_with(planned: dict[str, Any]) -> None:
    for path in (WELL_KNOWN, f"{WELL_KNOWN}/mcp"):
        assert document(planned, "two_rules", path) == {
            "resource": RESOURCE,
            "authorization_servers": ["https://login.example.com/"],
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["mcp:tools"],
        }


def test_everybody_may_read_it_and_nothing_else(planned: dict[str, Any]) -> None:
    paths = {WELL_KNOWN, f"{WELL_KNOWN}/mcp"}
    methods = {
        key: values(planned["two_rules"], f'aws_api_gateway_method.this["{key}"]')["authorization"]
        for key in keys(planned["two_rules"], "aws_api_gateway_method.this")
    }
    assert {key for key, lock in methods.items() if lock == "NONE"} == {
        *(f"GET {path}" for path in paths),
        *(f"OPTIONS {path}" for path in {*paths, "/mcp", "/mcp/admin"}),
    }
    assert keys(planned["two_rules"], "aws_api_gateway_integration.document") == {f"GET {path}" for path in paths}
    for path in paths:
        integration = values(planned["two_rules"], f'aws_api_gateway_integration.document["GET {path}"]')
        assert integration["type"] == "MOCK"


def test_pages_of_another_origin_may_read_it_where_they_may_call_the_api(planned: dict[str, Any]) -> None:
    response = values(planned["two_rules"], f'aws_api_gateway_integration_response.document["GET {WELL_KNOWN}"]')
    header = "method.response.header.Access-Control-Allow-Origin"
    assert response["response_parameters"] == {header: "'https://app.example.com'"}


def test_the_output_gives_the_reason_why_it_is_public(planned: dict[str, Any]) -> None:
    routes = planned["outputs"]["two_rules_routes"]
    for path in (WELL_KNOWN, f"{WELL_KNOWN}/mcp"):
        assert routes[f"GET {path}"]["public"] is True
        assert routes[f"GET {path}"]["reason"].startswith("RFC 9728, section 3:")


@pytest.mark.parametrize(
    ("variant", "location"),
    [
        ("two_rules", f"https://mcp.example.com{WELL_KNOWN}/mcp"),
        ("no_first_rule", f"https://mcp.example.com{WELL_KNOWN}"),
        ("staged", f"https://a1b2c3.execute-api.eu-west-1.amazonaws.com/v1{WELL_KNOWN}"),
        ("below_a_base_path_without_scopes", f"https://mcp.example.com/team{WELL_KNOWN}"),
    ],
)
def test_refusals_name_the_document_where_this_api_serves_it(
    planned: dict[str, Any], variant: str, location: str
) -> None:
    for type_ in ("UNAUTHORIZED", "ACCESS_DENIED"):
        assert f'Bearer realm="orders", resource_metadata="{location}"' in challenge(planned, variant, type_)
    assert planned["outputs"][f"{variant}_protected_resource_metadata"] == location
    base = "/v1" if variant == "staged" else "/team" if variant.startswith("below") else ""
    path = location.split("/", 3)[3].removeprefix(base.lstrip("/")).lstrip("/")
    assert f"GET /{path}" in keys(planned[variant], "aws_api_gateway_integration.document")


@pytest.mark.parametrize(
    ("variant", "unauthorized", "denied"),
    [
        ("one_rule", ', scope="mcp:tools"', ""),
        ("below_a_base_path_without_scopes", "", ""),
        ("two_rules", "", ', scope="mcp:tools mcp:admin"'),
        ("two_wider_rules", "", ""),
        ("no_first_rule", "", ""),
        (
            "prefix_and_any_scope",
            ', scope="https://mcp.example.com/a$ https://mcp.example.com/b# https://mcp.example.com/c"',
            "",
        ),
    ],
)
def test_a_header_names_the_scopes_where_it_can_mean_one_rule_alone(
    planned: dict[str, Any], variant: str, unauthorized: str, denied: str
) -> None:
    location = f'resource_metadata="{planned["outputs"][f"{variant}_protected_resource_metadata"]}"'
    start = f'\'Bearer realm="orders", {location}'
    assert challenge(planned, variant, "UNAUTHORIZED") == f"{start}{unauthorized}'"
    assert challenge(planned, variant, "ACCESS_DENIED") == f'{start}, error="insufficient_scope"{denied}\''


@pytest.mark.parametrize(
    ("variant", "scopes"),
    [
        ("one_rule", ["mcp:tools"]),
        ("below_a_base_path_without_scopes", None),
        ("no_first_rule", ["mcp:tools", "mcp:admin"]),
        ("prefix_and_any_scope", [f"https://mcp.example.com/{scope}" for scope in ("a$", "b#", "c")]),
    ],
)
def test_the_document_names_the_first_rules_scopes_else_all(
    planned: dict[str, Any], variant: str, scopes: list[str] | None
) -> None:
    assert sorted(document(planned, variant).get("scopes_supported") or []) == sorted(scopes or [])


def test_a_list_without_members_is_left_out(planned: dict[str, Any]) -> None:
    assert "scopes_supported" not in document(planned, "below_a_base_path_without_scopes")


def test_each_issuer_with_an_address_is_an_authorization_server(planned: dict[str, Any]) -> None:
    assert document(planned, "one_rule")["authorization_servers"] == [
        ISSUER["issuer"],
        COGNITO["issuer"],
        f"https://login.microsoftonline.com/{TENANT}/v2.0",
    ]


def test_api_gateways_templates_find_nothing_to_replace_in_it(planned: dict[str, Any]) -> None:
    response = values(
        planned["prefix_and_any_scope"], f'aws_api_gateway_integration_response.document["GET {WELL_KNOWN}"]'
    )
    assert not {"$", "#"} & set(response["response_templates"]["application/json"])


# The mistakes of one call are reported together, so that one call makes several that do not hide each other.
REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "keys": (
        api(scopes=["mcp:tools"], resource="http://mcp.example.com/mcp"),
        [
            "protected_resource.scopes is not a known key",
            'protected_resource.resource is "http://mcp.example.com/mcp": write the https URL that clients call',
        ],
    ),
    "nothing": (
        {**api(), "protected_resource": {"scope_prefix": "a b"}},
        [
            "protected_resource.resource is missing: write the https URL",
            "protected_resource.configuration is missing: write the output configuration of the module jwt-authorizer",
            'protected_resource.scope_prefix is "a b": write what clients must write before each scope',
        ],
    ),
    "no_object": ({**api(), "protected_resource": RESOURCE}, [f'protected_resource is "{RESOURCE}": write an object']),
    "issuers": (
        api(
            issuers=[
                {**ISSUER, "issuer": "batch-jobs"},
                {**ISSUER, "issuer": "other-jobs", "audiences": ["orders"]},
                {**ISSUER, "issuer": "any-jobs", "audiences": [], "client_ids": ["7pl0f3"]},
            ],
            settings={"on_invalid_token": "deny"},
        ),
        [
            f'protected_resource.resource is "{RESOURCE}", which issuers[1].audiences does not have, so a token for it',
            f'protected_resource.resource is "{RESOURCE}", which issuers[2].audiences does not have, so a token for it',
            "protected_resource says where clients get a token, and no issuer's name is the https URL",
            'which clients get a new one, and on_invalid_token is "deny": write "unauthorized"',
        ],
    ),
    "cognito": (
        api(issuers=[{**COGNITO, "client_ids": []}, {**COGNITO, "audiences": ["orders"]}]),
        [
            "issuers[0] has neither audiences nor client_ids, and any app client of the user pool could get a token",
            f'protected_resource.resource is "{RESOURCE}", which issuers[1].audiences does not have, so a token for it',
        ],
    ),
    "rules_and_routes": (
        {
            **api(
                {**BOTH, f"GET {WELL_KNOWN}": {"function": "backend", "public": True, "reason": "Mine."}},
                rules={"tools": {"token": ["cookie.session"], "scopes": ["it's"]}},
                resource="https://mcp.example.com/mpc",
                issuers=[{**ISSUER, "audiences": ["https://mcp.example.com/mpc"]}],
            ),
            "authorizers": {name: {"id": name, "fingerprint": "as-it-was"} for name in ("tools", "admin")},
        },
        [
            'protected_resource.configuration has no rule "admin", which guards a route',
            'protected_resource says that tokens come in the header Authorization, and rules.tools.token is ["cookie.',
            'rules.tools has the scope "it\'s", which API Gateway takes into no header',
            f'Route "GET {WELL_KNOWN}" is what protected_resource serves: remove the route',
            'and no guarded route is at "/mpc" or below it, so clients would refuse the document',
        ],
    ),
    "no_guarded_route": (
        api({"GET /mcp": {"function": "backend", "public": True, "reason": "Tried out."}}),
        ["protected_resource is set and no route has a rule, so nobody needs a token"],
    ),
    "without_its_stage": (
        for_audience(STAGED.replace("/v1", "")),
        ["whose path does not begin with /v1, where the API's own paths begin: write https://a1b2c3.execute-api"],
    ),
}
SENTENCES = [sentence for _, sentences in REFUSED.values() for sentence in sentences]


@pytest.fixture(scope="module")
def refusals(modules: Modules) -> str:
    return modules.variants(MODULE, {name: given for name, (given, _) in REFUSED.items()}).refused({})


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_mistake_is_refused_with_what_to_write_instead(refusals: str, sentence: str) -> None:
    assert sentence in refusals


def test_no_mistake_has_another_as_its_echo(refusals: str) -> None:
    assert len(refusals.splitlines()) == len(REFUSED), refusals
    assert len(re.findall(r"[:;] (?:add|give|remove|write) ", refusals)) == len(SENTENCES), refusals
