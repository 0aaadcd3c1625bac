"""What terraform/modules/websocket-api plans, which inputs it refuses, and what its deployment follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plan import packages
from tests.plan.conftest import Plan
from tests.plan.support import Modules

MODULE = "terraform/modules/websocket-api"


def invoke_arn(function: str) -> str:
    """What API Gateway calls a function by."""
    return (
        "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
        f"arn:aws:lambda:eu-west-1:000000000000:function:{function}/invocations"
    )


def alias(rule: str) -> dict[str, str]:
    """An alias of the authorizer Lambda, as the jwt-authorizer module gives it."""
    return {
        "arn": f"arn:aws:lambda:eu-west-1:000000000000:function:orders-authorizer:{rule}",
        "invoke_arn": invoke_arn(f"orders-authorizer:{rule}"),
    }


BASE: dict[str, Any] = {
    "name": "orders",
    "stage_name": "v1",
    "functions": {
        "backend": {
            "function_name": "orders-backend",
            "qualifier": "live",
            "invoke_arn": invoke_arn("orders-backend:live"),
        },
        "audit": {"function_name": "audit", "invoke_arn": invoke_arn("audit")},
    },
    "rules": {"signed-in": alias("signed-in"), "traders": alias("traders")},
    "routes": {
        "$connect": {"function": "backend", "rule": "traders"},
        "$default": {"function": "backend"},
        "$disconnect": {"function": "audit"},
        "order": {"function": "backend", "timeout_ms": 5000},
    },
}


@pytest.fixture(scope="module")
def planned(plan: Plan) -> Any:
    """A plan of the module by itself, with most of what it offers in use."""
    return plan(
        MODULE,
        {
            **BASE,
            "identity_sources": ["route.request.header.Sec-WebSocket-Protocol"],
            "stage_variables": {"colour": "blue"},
            "tags": {"team": "orders"},
            "throttling": {"rate": 50, "burst": 20},
        },
    )


def values(planned: Any, address: str) -> dict[str, Any]:
    found: dict[str, Any] = planned.resources[address]["values"]
    return found


class TestRoutes:
    def test_messages_choose_their_route_by_their_action(self, planned: Any) -> None:
        api = values(planned, "aws_apigatewayv2_api.this")
        assert (api["protocol_type"], api["route_selection_expression"]) == ("WEBSOCKET", "$request.body.action")

    def test_connect_alone_has_an_authorizer(self, planned: Any) -> None:
        types = {
            key: values(planned, f'aws_apigatewayv2_route.this["{key}"]')["authorization_type"]
            for key in BASE["routes"]
        }
        assert types == {"$connect": "CUSTOM", "$default": "NONE", "$disconnect": "NONE", "order": "NONE"}

    def test_a_route_is_passed_to_its_function_as_it_comes(self, planned: Any) -> None:
        integration = values(planned, 'aws_apigatewayv2_integration.route["order"]')
        assert integration["integration_type"] == "AWS_PROXY"
        assert integration["integration_method"] == "POST"
        assert integration["integration_uri"] == invoke_arn("orders-backend:live")
        assert integration["timeout_milliseconds"] == 5000

    def test_each_function_has_one_permission_however_many_its_routes(self, planned: Any) -> None:
        permissions = {address for address in planned.resources if address.startswith("aws_lambda_permission.api[")}
        assert permissions == {'aws_lambda_permission.api["backend"]', 'aws_lambda_permission.api["audit"]'}
        backend = values(planned, 'aws_lambda_permission.api["backend"]')
        assert (backend["function_name"], backend["qualifier"]) == ("orders-backend", "live")
        assert backend["principal"] == "apigateway.amazonaws.com"
        assert values(planned, 'aws_lambda_permission.api["audit"]')["qualifier"] is None

    def test_the_output_says_which_rule_holds_for_all_of_them(self, planned: Any) -> None:
        routes = planned.outputs["routes"]
        assert {route["rule"] for route in routes.values()} == {"traders"}
        assert routes["$disconnect"]["function"] == "audit"


class TestAuthorizer:
    def test_it_calls_the_alias_of_connects_rule(self, planned: Any) -> None:
        authorizer = values(planned, "aws_apigatewayv2_authorizer.connect")
        assert authorizer["name"] == "traders"
        assert authorizer["authorizer_type"] == "REQUEST"
        assert authorizer["authorizer_uri"] == alias("traders")["invoke_arn"]
        assert authorizer["identity_sources"] == ["route.request.header.Sec-WebSocket-Protocol"]

    def test_the_role_may_invoke_that_alias_alone(self, planned: Any) -> None:
        role = planned.modules["module.invoke_role"].resources
        (statement,) = json.loads(role["aws_iam_role_policy.this"]["values"]["policy"])["Statement"]
        assert statement["Resource"] == [alias("traders")["arn"]]

    def test_the_authorization_header_is_where_the_token_is_unless_said_otherwise(self, variants: Any) -> None:
        assert sources(variants, "unchanged") == ["route.request.header.Authorization"]
        assert sources(variants, "identity_source") == ["route.request.querystring.token"]

    def test_it_may_look_for_the_token_itself(self, variants: Any) -> None:
        assert not sources(variants, "no_identity_source")


def sources(variants: Any, name: str) -> Any:
    module = variants.modules[f"module.{name}"]
    return module.resources["aws_apigatewayv2_authorizer.connect"]["values"]["identity_sources"]


class TestStage:
    def test_no_limit_is_ever_zero(self, planned: Any) -> None:
        (settings,) = values(planned, "aws_apigatewayv2_stage.this")["default_route_settings"]
        assert (settings["throttling_rate_limit"], settings["throttling_burst_limit"]) == (50, 20)
        assert settings["detailed_metrics_enabled"] is True

    def test_messages_are_never_traced_into_the_logs(self, planned: Any) -> None:
        (settings,) = values(planned, "aws_apigatewayv2_stage.this")["default_route_settings"]
        assert settings["data_trace_enabled"] is False
        assert settings["logging_level"] == "OFF"

    def test_access_logs_are_json_and_name_the_principal_but_nothing_a_caller_writes(self, planned: Any) -> None:
        (settings,) = values(planned, "aws_apigatewayv2_stage.this")["access_log_settings"]
        log = json.loads(settings["format"])
        assert log["principalId"] == "$context.authorizer.principalId"
        assert log["connectionId"] == "$context.connectionId"
        assert log["routeKey"] == "$context.routeKey"
        assert not [value for value in log.values() if "userAgent" in value or "querystring" in value]

    def test_access_logs_are_kept_for_thirty_days_under_the_apis_name(self, planned: Any) -> None:
        group = values(planned, "aws_cloudwatch_log_group.access[0]")
        assert (group["name"], group["retention_in_days"]) == ("/aws/api-gateway/orders/v1", 30)

    def test_tags_and_variables_reach_the_stage(self, planned: Any) -> None:
        stage = values(planned, "aws_apigatewayv2_stage.this")
        assert (stage["tags"], stage["stage_variables"]) == ({"team": "orders"}, {"colour": "blue"})

    def test_the_account_wide_settings_are_left_alone(self, planned: Any) -> None:
        assert not [address for address in planned.resources if address.startswith("aws_api_gateway_account")]


def changed_route(key: str, **change: Any) -> dict[str, Any]:
    """The routes, with one of them changed."""
    return {"routes": {**BASE["routes"], key: {**BASE["routes"].get(key, {}), **change}}}


SERVED: dict[str, dict[str, Any]] = {
    # A role on another path has another name, by which the authorizer calls the function.
    "role_path": {"role_path": "/teams/orders/"},
    "route_added": changed_route("cancel", function="backend"),
    "route_removed": {"routes": {key: route for key, route in BASE["routes"].items() if key != "order"}},
    "rule": changed_route("$connect", rule="signed-in"),
    "rules_alias": {"rules": {**BASE["rules"], "traders": alias("renamed")}},
    "function_of_a_route": changed_route("order", function="audit"),
    "timeout_of_a_route": changed_route("order", timeout_ms=1000),
    "function_behind": {
        "functions": {**BASE["functions"], "audit": {**BASE["functions"]["audit"], "invoke_arn": invoke_arn("other")}}
    },
    "identity_source": {"identity_sources": ["route.request.querystring.token"]},
    "no_identity_source": {"identity_sources": []},
    "route_selection": {"route_selection_expression": "$request.body.type"},
    "execute_api_closed": {"disable_execute_api_endpoint": True},
}

NOT_SERVED: dict[str, dict[str, Any]] = {
    "unchanged": {},
    "routes_in_another_order": {"routes": dict(reversed(BASE["routes"].items()))},
    "rule_without_route": {"rules": {**BASE["rules"], "spare": alias("spare")}},
    "access_logs": {"access_logs": False},
    "description": {"description": "Orders, as they come"},
    "kms_key": {"kms_key_arn": "arn:aws:kms:eu-west-1:000000000000:key/0a1b"},
    "log_retention": {"log_retention_days": 7},
    "permissions_boundary": {"permissions_boundary_arn": "arn:aws:iam::000000000000:policy/boundary"},
    "stage_variables": {"stage_variables": {"colour": "green"}},
    "tags": {"tags": {"team": "orders"}},
    "throttling": {"throttling": {"rate": 5, "burst": 5}},
}


@pytest.fixture(scope="module")
def variants(modules: Modules) -> Any:
    """A plan of the module with each of the changes, as module.<name of the change>."""
    return modules.variants(
        MODULE, {name: {**BASE, **change} for name, change in {**SERVED, **NOT_SERVED}.items()}
    ).plan({})


@pytest.fixture(scope="module")
def triggers(variants: Any) -> dict[str, str]:
    """The deployment's trigger in each variant: the deployment is replaced when, and only when, this changes."""
    return {
        name: variants.modules[f"module.{name}"].resources["aws_apigatewayv2_deployment.this"]["values"]["triggers"][
            "redeployment"
        ]
        for name in {**SERVED, **NOT_SERVED}
    }


class TestRedeployment:
    @pytest.mark.parametrize("change", SERVED)
    def test_a_change_of_what_is_served_replaces_the_deployment(self, triggers: dict[str, str], change: str) -> None:
        assert triggers[change] != triggers["unchanged"]

    @pytest.mark.parametrize("change", [change for change in NOT_SERVED if change != "unchanged"])
    def test_a_change_of_anything_else_does_not(self, triggers: dict[str, str], change: str) -> None:
        assert triggers[change] == triggers["unchanged"]

    def test_no_two_different_apis_are_taken_for_the_same(self, triggers: dict[str, str]) -> None:
        assert len({triggers[change] for change in SERVED}) == len(SERVED)

    def test_every_input_of_the_module_is_tried(self, modules: Modules) -> None:
        block = 'variable "'
        declared = {
            line.removeprefix(block).split('"')[0]
            for line in (modules.root(MODULE).folder / "variables.tf").read_text().splitlines()
            if line.startswith(block)
        }
        tried = {name for change in {**SERVED, **NOT_SERVED}.values() for name in change}
        # These two name the API and its stage: another name is another API or stage, with a deployment of its own.
        assert declared - tried == {"name", "stage_name"}


def routes(**changes: Any) -> dict[str, Any]:
    """The least of routes, with changes; None takes one out."""
    least: dict[str, Any] = {"$connect": {"function": "backend", "rule": "traders"}, **changes}
    return {"routes": {key: route for key, route in least.items() if route is not None}}


@pytest.fixture(scope="module")
def refusals(modules: Modules) -> str:
    """All that Terraform says about a root in which each call of the module makes a mistake."""
    in_one_variable: dict[str, dict[str, Any]] = {
        "name": {"name": "orders dev"},
        "stage_name": {"stage_name": "v 1"},
        "sources": {"identity_sources": ["method.request.header.Authorization", "route.request.header.X"]},
        "selection": {"route_selection_expression": "$request.header.action"},
        "no_rate": {"throttling": {"rate": 0}},
        "no_burst": {"throttling": {"burst": 0}},
        "kms_key": {"kms_key_arn": "alias/orders"},
    }
    between_variables: dict[str, dict[str, Any]] = {
        "no_rule": routes(**{"$connect": {"function": "backend"}}),
        "unknown_rule": routes(**{"$connect": {"function": "backend", "rule": "trader"}}),
        "no_rules": {"rules": {}},
        "no_connect": routes(**{"$connect": None, "$default": {"function": "backend"}}),
        "authorizer_elsewhere": routes(**{"$default": {"function": "backend", "rule": "signed-in"}}),
        "authorizer_of_a_message": routes(order={"function": "backend", "rule": "traders"}),
        "unknown_key": routes(**{"$message": {"function": "backend"}, "two words": {"function": "backend"}}),
        "timeout": routes(order={"function": "backend", "timeout_ms": 30000}),
        "scopes": routes(**{"$connect": {"function": "backend", "rule": "traders", "scopes": ["admin"]}}),
        "arn": {"rules": {"traders": {**alias("traders"), "invoke_arn": alias("traders")["arn"]}}},
        "path": {"rules": {"traders": {**alias("traders"), "path_parameters": ["id"]}}},
        "certificate": {"rules": {"traders": {**alias("traders"), "binding": "mtls"}}},
        "unknown_function": routes(order={"function": "backand"}),
    }
    return "\n".join(
        modules.variants(MODULE, {name: {**BASE, **mistake} for name, mistake in mistakes.items()}).refused({})
        for mistakes in (in_one_variable, between_variables)
    )


@pytest.mark.parametrize(
    "sentence",
    [
        'routes has no $connect, so callers would need no token: write "$connect" = { function = "<function>", '
        'rule = "<rule>" }.',
        'Route "$connect" has no rule: write rule = "<rule>", one of signed-in, traders.',
        'Route "$connect" names the rule "trader", and there is no such rule: write one of signed-in, traders.',
        'Route "$default" names the rule "signed-in": API Gateway asks an authorizer on $connect alone, and its answer '
        'holds for the whole connection. Write the rule at "$connect" and leave it out here;',
        'Route "order" names the rule "traders": API Gateway asks an authorizer on $connect alone',
        'Route "$message" is no route key: write $connect, $disconnect, $default, or the name that messages have',
        'Route "two words" is no route key',
        'Route "order" names the function "backand", which is not in functions: write one of audit, backend.',
        "routes.order.timeout_ms is 30000: write a whole number of milliseconds from 50 to 29000.",
        "routes.$connect.scopes is not a known key: it belongs in rules.<name>, which the module jwt-authorizer takes; "
        "write one of function, rule, timeout_ms.",
        "/invocations: the invoke_arn of the function or the alias, not its arn.",
        'Route "$connect" names the rule "traders", which compares the path parameter id (path_equals), and a',
        'Route "$connect" names the rule "traders", which binds tokens to client certificates (binding), and a '
        "WebSocket API hands its authorizer none: write another rule, for this one would refuse everybody.",
        "rules is {}: write one rule or more",
        'identity_sources holds "method.request.header.Authorization": write route.request.header.<name>,',
        'route_selection_expression is "$request.header.action": write $request.body.<path>',
        "throttling.rate is 0: write how many connections and messages a second may pass, more than 0",
        "throttling.burst is 0: write how many connections and messages may come at once",
        'kms_key_arn is "alias/orders": write the ARN of a key',
        'name is "orders dev": write up to 64 letters, digits, - and _',
        'stage_name is "v 1": write up to 128 letters, digits, - and _.',
    ],
)
def test_a_mistake_is_refused_with_what_to_write_instead(refusals: str, sentence: str) -> None:
    assert sentence in refusals


def test_a_backend_may_answer_exactly_this_stage_and_be_behind_it(modules: Modules, tmp_path: Path) -> None:
    root = modules.fresh("tests/plan/roots/websocket")
    variables = {"package": str(packages.write(tmp_path).parent / "backend.zip")}
    try:
        outputs = root.apply(variables)
        api = f"arn:aws:execute-api:eu-west-1:000000000000:{outputs['api_id']}"
        assert outputs["manage_connections_statement"] == {
            "Sid": "ManageConnections",
            "Effect": "Allow",
            "Action": ["execute-api:ManageConnections"],
            "Resource": [f"{api}/v1/DELETE/@connections/*", f"{api}/v1/POST/@connections/*"],
        }
        host = f"{outputs['api_id']}.execute-api.eu-west-1.amazonaws.com"
        assert outputs["invoke_url"] == f"wss://{host}/v1"
        assert outputs["management_endpoint"] == f"https://{host}/v1"
    finally:
        root.destroy(variables)
