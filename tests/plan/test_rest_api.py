"""What terraform/modules/rest-api plans, which route tables it refuses, and what its deployment follows."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.plan.conftest import Plan
from tests.plan.support import Modules, Root

MODULE = "terraform/modules/rest-api"


def invoke_arn(function: str) -> str:
    """What API Gateway calls a function by."""
    return (
        "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
        f"arn:aws:lambda:eu-west-1:000000000000:function:{function}/invocations"
    )


BASE: dict[str, Any] = {
    "name": "orders",
    "stage_name": "v1",
    "functions": {
        "backend": {
            "function_name": "orders-backend",
            "qualifier": "live",
            "invoke_arn": invoke_arn("orders-backend:live"),
        },
        "status": {"function_name": "status", "invoke_arn": invoke_arn("status")},
    },
    "authorizers": {
        "signed-in": {"id": "aaaaaa", "fingerprint": "as-it-was"},
        "orders-write": {"id": "bbbbbb", "fingerprint": "as-it-was"},
    },
    "routes": {
        "GET /": {"function": "status", "public": True, "reason": "Says that the API is up."},
        "GET /orders/{id}": {"function": "backend", "rule": "signed-in"},
        "PUT /orders/{id}": {"function": "backend", "rule": "orders-write", "timeout_ms": 5000},
        "ANY /a/b/c/d/e/{rest+}": {"function": "backend", "rule": "signed-in"},
    },
}
CORS = {"origin": "https://app.example.com", "credentials": True, "max_age_seconds": 60}
POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}],
}


@pytest.fixture(scope="module")
def planned(plan: Plan) -> Any:
    """A plan of the module by itself, with most of what it offers in use."""
    return plan(
        MODULE,
        {
            **BASE,
            "binary_media_types": ["image/png"],
            "cors": CORS,
            "realm": "orders.example.com",
            "resource_policy": json.dumps(POLICY),
            "stage_variables": {"colour": "blue"},
            "tags": {"team": "orders"},
            "throttling": {"rate": 50, "burst": 20},
        },
    )


def values(planned: Any, address: str) -> dict[str, Any]:
    found: dict[str, Any] = planned.resources[address]["values"]
    return found


def keys(planned: Any, resource: str) -> set[str]:
    """The for_each keys of a planned resource."""
    return {each["index"] for address, each in planned.resources.items() if address.startswith(f"{resource}[")}


class TestRoutes:
    def test_a_guarded_method_has_its_rules_authorizer(self, planned: Any) -> None:
        for key, authorizer in {"GET /orders/{}": "aaaaaa", "PUT /orders/{}": "bbbbbb"}.items():
            method = values(planned, f'aws_api_gateway_method.this["{key}"]')
            assert (method["authorization"], method["authorizer_id"]) == ("CUSTOM", authorizer)

    def test_only_public_routes_and_preflights_have_no_authorizer(self, planned: Any) -> None:
        open_methods = {
            key
            for key in keys(planned, "aws_api_gateway_method.this")
            if values(planned, f'aws_api_gateway_method.this["{key}"]')["authorization"] == "NONE"
        }
        assert open_methods == {"GET /", "OPTIONS /", "OPTIONS /orders/{}", "OPTIONS /a/b/c/d/e/{}"}

    def test_paths_become_a_tree_of_resources_down_to_the_sixth_depth(self, planned: Any) -> None:
        parts = {
            f"depth_{depth}": {
                key: values(planned, f'aws_api_gateway_resource.depth_{depth}["{key}"]')["path_part"]
                for key in keys(planned, f"aws_api_gateway_resource.depth_{depth}")
            }
            for depth in range(1, 7)
        }
        assert parts == {
            "depth_1": {"/a": "a", "/orders": "orders"},
            "depth_2": {"/a/b": "b", "/orders/{}": "{id}"},
            "depth_3": {"/a/b/c": "c"},
            "depth_4": {"/a/b/c/d": "d"},
            "depth_5": {"/a/b/c/d/e": "e"},
            "depth_6": {"/a/b/c/d/e/{}": "{rest+}"},
        }

    def test_a_route_is_passed_to_its_function_as_it_comes(self, planned: Any) -> None:
        integration = values(planned, 'aws_api_gateway_integration.function["PUT /orders/{}"]')
        assert integration["type"] == "AWS_PROXY"
        assert integration["http_method"] == "PUT"
        assert integration["integration_http_method"] == "POST"
        assert integration["uri"] == invoke_arn("orders-backend:live")
        assert integration["timeout_milliseconds"] == 5000

    def test_each_function_has_one_permission_however_many_its_routes(self, planned: Any) -> None:
        assert keys(planned, "aws_lambda_permission.api") == {"backend", "status"}
        backend = values(planned, 'aws_lambda_permission.api["backend"]')
        assert (backend["function_name"], backend["qualifier"]) == ("orders-backend", "live")
        assert backend["principal"] == "apigateway.amazonaws.com"
        assert values(planned, 'aws_lambda_permission.api["status"]')["qualifier"] is None

    def test_the_output_says_who_may_call_what(self, planned: Any) -> None:
        routes = planned.outputs["routes"]
        assert routes["GET /orders/{id}"] == {
            "function": "backend",
            "public": False,
            "reason": None,
            "rule": "signed-in",
        }
        assert routes["GET /"]["reason"] == "Says that the API is up."

    def test_a_rule_that_guards_nothing_is_a_warning(self, plan: Plan, planned: Any) -> None:
        routes = {key: route for key, route in BASE["routes"].items() if route.get("rule") != "orders-write"}
        (check,) = plan(MODULE, {**BASE, "routes": routes})["checks"][:1]
        assert check["status"] == "fail"
        (problem,) = check["instances"][0]["problems"]
        assert problem["message"].startswith("No route names the rules orders-write: write a route for each")
        assert planned["checks"][0]["status"] == "pass"


class TestCors:
    def test_every_path_answers_preflights_by_itself(self, planned: Any) -> None:
        preflights = {"OPTIONS /", "OPTIONS /orders/{}", "OPTIONS /a/b/c/d/e/{}"}
        assert keys(planned, "aws_api_gateway_integration.preflight") == preflights
        assert values(planned, 'aws_api_gateway_integration.preflight["OPTIONS /"]')["type"] == "MOCK"

    def test_a_preflight_allows_the_methods_of_its_path(self, planned: Any) -> None:
        response = values(planned, 'aws_api_gateway_integration_response.preflight["OPTIONS /orders/{}"]')
        assert response["response_parameters"] == {
            "method.response.header.Access-Control-Allow-Credentials": "'true'",
            "method.response.header.Access-Control-Allow-Headers": "'Authorization,Content-Type'",
            "method.response.header.Access-Control-Allow-Methods": "'GET,OPTIONS,PUT'",
            "method.response.header.Access-Control-Allow-Origin": "'https://app.example.com'",
            "method.response.header.Access-Control-Max-Age": "'60'",
        }
        declared = values(planned, 'aws_api_gateway_method_response.preflight["OPTIONS /orders/{}"]')
        assert declared["response_parameters"].keys() == response["response_parameters"].keys()

    def test_a_preflight_beside_any_allows_every_verb(self, planned: Any) -> None:
        response = values(planned, 'aws_api_gateway_integration_response.preflight["OPTIONS /a/b/c/d/e/{}"]')
        allowed = response["response_parameters"]["method.response.header.Access-Control-Allow-Methods"]
        assert allowed == "'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT'"

    def test_refusals_carry_the_headers_too(self, planned: Any) -> None:
        for response_type in keys(planned, "aws_api_gateway_gateway_response.this"):
            headers = values(planned, f'aws_api_gateway_gateway_response.this["{response_type}"]')[
                "response_parameters"
            ]
            assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://app.example.com'"
            assert headers["gatewayresponse.header.Access-Control-Allow-Credentials"] == "'true'"
            assert headers["gatewayresponse.header.Access-Control-Expose-Headers"] == "'WWW-Authenticate'"


class TestGatewayResponses:
    def test_each_kind_of_refusal_has_its_own(self, planned: Any) -> None:
        assert keys(planned, "aws_api_gateway_gateway_response.this") == {
            "ACCESS_DENIED",
            "AUTHORIZER_CONFIGURATION_ERROR",
            "AUTHORIZER_FAILURE",
            "DEFAULT_4XX",
            "DEFAULT_5XX",
            "UNAUTHORIZED",
        }

    @pytest.mark.parametrize(
        ("response_type", "status", "error"),
        [("UNAUTHORIZED", "401", "invalid_token"), ("ACCESS_DENIED", "403", "insufficient_scope")],
    )
    def test_refusals_of_a_token_say_so_as_rfc_6750_wants(
        self, planned: Any, response_type: str, status: str, error: str
    ) -> None:
        response = values(planned, f'aws_api_gateway_gateway_response.this["{response_type}"]')
        assert response["status_code"] == status
        assert (
            response["response_parameters"]["gatewayresponse.header.WWW-Authenticate"]
            == f'\'Bearer realm="orders.example.com", error="{error}"\''
        )

    def test_bodies_keep_api_gateways_own_message(self, planned: Any) -> None:
        for response_type in keys(planned, "aws_api_gateway_gateway_response.this"):
            response = values(planned, f'aws_api_gateway_gateway_response.this["{response_type}"]')
            assert response["response_templates"] == {"application/json": '{"message":$context.error.messageString}'}

    def test_a_403_tells_why_where_that_is_asked_for_and_no_other_answer_does(self, plan: Plan) -> None:
        planned = plan(MODULE, {**BASE, "explain_denials": True})
        for response_type in keys(planned, "aws_api_gateway_gateway_response.this"):
            response = values(planned, f'aws_api_gateway_gateway_response.this["{response_type}"]')
            template = response["response_templates"]["application/json"]
            if response_type == "ACCESS_DENIED":
                # As API Gateway substitutes them: the message comes with its quotes, the context's values without.
                body = template.replace("$context.error.messageString", '"explicit deny"')
                body = body.replace("$context.authorizer.reason", "insufficient_scope")
                body = body.replace("$context.authorizer.scope", "orders:write")
                assert json.loads(body) == {
                    "message": "explicit deny",
                    "reason": "insufficient_scope",
                    "scope": "orders:write",
                }
            else:
                assert "$context.authorizer" not in template


class TestStage:
    def test_access_logs_are_json_and_name_the_principal_but_nothing_a_caller_writes(self, planned: Any) -> None:
        (settings,) = values(planned, "aws_api_gateway_stage.this")["access_log_settings"]
        log = json.loads(settings["format"])
        assert log["principalId"] == "$context.authorizer.principalId"
        assert log["authorizerStatus"] == "$context.authorizer.status"
        assert log["authorizerLatency"] == "$context.authorizer.latency"
        assert log["errorResponseType"] == "$context.error.responseType"
        assert not {"$context.path", "$context.identity.userAgent"} & set(log.values())

    def test_access_logs_are_kept_for_thirty_days_under_the_apis_name(self, planned: Any) -> None:
        group = values(planned, "aws_cloudwatch_log_group.access[0]")
        assert (group["name"], group["retention_in_days"]) == ("/aws/api-gateway/orders/v1", 30)

    def test_bodies_and_tokens_are_never_traced_into_the_logs(self, planned: Any) -> None:
        (settings,) = values(planned, "aws_api_gateway_method_settings.all")["settings"]
        assert settings["data_trace_enabled"] is False
        assert settings["logging_level"] == "OFF"

    def test_throttling_and_metrics_hold_for_every_method(self, planned: Any) -> None:
        settings = values(planned, "aws_api_gateway_method_settings.all")
        assert settings["method_path"] == "*/*"
        (setting,) = settings["settings"]
        assert (setting["throttling_rate_limit"], setting["throttling_burst_limit"]) == (50, 20)
        assert setting["metrics_enabled"] is True

    def test_tags_variables_and_tracing_reach_the_stage(self, planned: Any) -> None:
        stage = values(planned, "aws_api_gateway_stage.this")
        assert stage["tags"] == {"team": "orders"}
        assert stage["variables"] == {"colour": "blue"}
        assert stage["xray_tracing_enabled"] is True

    def test_the_account_wide_settings_are_left_alone(self, planned: Any) -> None:
        assert not [address for address in planned.resources if address.startswith("aws_api_gateway_account")]


def changed_route(key: str, **change: Any) -> dict[str, Any]:
    """The routes, with one of them changed."""
    return {"routes": {**BASE["routes"], key: {**BASE["routes"][key], **change}}}


def without_route(key: str) -> dict[str, Any]:
    return {"routes": {each: route for each, route in BASE["routes"].items() if each != key}}


def other_authorizer(rule: str) -> dict[str, Any]:
    return {"authorizers": {**BASE["authorizers"], rule: {**BASE["authorizers"][rule], "fingerprint": "changed"}}}


QUOTA = {"quota": {"limit": 1000, "period": "DAY"}}
USAGE_KEY = "tenant-1-key-of-thirty-characters"
METERED: dict[str, Any] = {
    **changed_route("GET /orders/{id}", api_key_required=True),
    "usage_plans": {
        "free": {
            "quota": {"limit": 1000, "period": "DAY"},
            "routes": {"GET /orders/{id}": {"burst": 2, "rate": 1}},
            "throttling": {"burst": 10, "rate": 5},
        },
        "paid": {"quota": {"limit": 1000000, "period": "MONTH"}},
    },
    "usage_keys": {"tenant-1": {"plan": "free", "value": USAGE_KEY}},
}

SERVED: dict[str, dict[str, Any]] = {
    "route_added": {"routes": {**BASE["routes"], "POST /orders": {"function": "backend", "rule": "orders-write"}}},
    "route_removed": without_route("ANY /a/b/c/d/e/{rest+}"),
    "route_guarded": changed_route("GET /", public=False, reason=None, rule="signed-in"),
    "route_opened": changed_route("GET /orders/{id}", public=True, reason="Tried out.", rule=None),
    "rule_of_a_route": changed_route("GET /orders/{id}", rule="orders-write"),
    "function_of_a_route": changed_route("GET /orders/{id}", function="status"),
    "timeout_of_a_route": changed_route("GET /orders/{id}", timeout_ms=1000),
    "parameter_renamed": {"routes": {key.replace("{id}", "{order}"): route for key, route in BASE["routes"].items()}},
    "function_behind": {
        "functions": {**BASE["functions"], "status": {**BASE["functions"]["status"], "invoke_arn": invoke_arn("other")}}
    },
    "authorizer_changed": other_authorizer("signed-in"),
    "cors_on": {"cors": {"origin": "https://app.example.com"}},
    "cors_origin": {"cors": {"origin": "https://other.example.com"}},
    "cors_credentials": {"cors": {"origin": "https://app.example.com", "credentials": True}},
    "cors_headers": {"cors": {"origin": "https://app.example.com", "headers": ["Authorization"]}},
    "cors_max_age": {"cors": {"origin": "https://app.example.com", "max_age_seconds": 5}},
    "realm": {"realm": "other"},
    "denials_explained": {"explain_denials": True},
    "resource_policy": {"resource_policy": json.dumps(POLICY)},
    "resource_policy_changed": {"resource_policy": json.dumps(POLICY).replace("Allow", "Deny")},
    "binary_media_types": {"binary_media_types": ["image/png"]},
    "minimum_compression_size": {"minimum_compression_size": 0},
    "endpoint_type": {"endpoint_type": "EDGE"},
    "private_endpoint": {"endpoint_type": "PRIVATE", "resource_policy": json.dumps(POLICY)},
    "vpc_endpoint": {
        "endpoint_type": "PRIVATE",
        "resource_policy": json.dumps(POLICY),
        "vpc_endpoint_ids": ["vpce-0123456789abcdef0"],
    },
    "usage_plans": {"usage_plans": {"free": QUOTA}},
    "api_key_required": METERED,
    "protected_resource": {
        "protected_resource": {
            "resource": "https://api.example.com",
            "configuration": json.dumps(
                {
                    "issuers": [{"issuer": "https://login.example.com/", "audiences": ["https://api.example.com"]}],
                    "rules": {"signed-in": {}, "orders-write": {}},
                }
            ),
        }
    },
    "execute_api_closed": {
        "disable_execute_api_endpoint": True,
        # Nothing else can have a rule with a binding.
        "authorizers": {rule: {**made, "binding": "mtls"} for rule, made in BASE["authorizers"].items()},
    },
}

NOT_SERVED: dict[str, dict[str, Any]] = {
    "unchanged": {},
    "reason": changed_route("GET /", reason="Says the same in other words."),
    "routes_in_another_order": {"routes": dict(reversed(BASE["routes"].items()))},
    "authorizer_without_routes": {
        "authorizers": {**BASE["authorizers"], "spare": {"id": "cccccc", "fingerprint": "any"}}
    },
    "function_without_routes": {
        "functions": {**BASE["functions"], "spare": {"function_name": "spare", "invoke_arn": invoke_arn("spare")}}
    },
    "access_logs": {"access_logs": False},
    "description": {"description": "Orders, and what became of them"},
    "kms_key": {"kms_key_arn": "arn:aws:kms:eu-west-1:000000000000:key/0a1b"},
    "log_retention": {"log_retention_days": 7},
    "stage_variables": {"stage_variables": {"colour": "green"}},
    "tags": {"tags": {"team": "orders"}},
    "throttling": {"throttling": {"rate": 5, "burst": 5}},
    "tracing": {"tracing": False},
}


@pytest.fixture(scope="module")
def variants(modules: Modules) -> dict[str, Any]:
    """What the module plans for each change of its variables."""
    given = {name: {**BASE, **change} for name, change in {**SERVED, **NOT_SERVED}.items()}
    planned = modules.variants(MODULE, given).plan({})
    return {name: planned.modules[f"module.{name}"] for name in given}


@pytest.fixture(scope="module")
def triggers(variants: dict[str, Any]) -> dict[str, str]:
    """The deployment's trigger in each variant: the deployment is replaced when, and only when, this changes."""
    deployments = {name: values(planned, "aws_api_gateway_deployment.this") for name, planned in variants.items()}
    return {name: deployment["triggers"]["redeployment"] for name, deployment in deployments.items()}


class TestUsagePlans:
    def test_an_api_with_plans_takes_the_key_from_the_authorizer(self, variants: dict[str, Any]) -> None:
        api = values(variants["api_key_required"], "aws_api_gateway_rest_api.this")
        assert api["api_key_source"] == "AUTHORIZER"

    def test_a_route_asks_for_a_key_where_it_says_so(self, variants: dict[str, Any]) -> None:
        asking = {
            key
            for key in keys(variants["api_key_required"], "aws_api_gateway_method.this")
            if values(variants["api_key_required"], f'aws_api_gateway_method.this["{key}"]')["api_key_required"]
        }
        assert asking == {"GET /orders/{}"}

    def test_a_plan_limits_the_stage_and_single_routes(self, variants: dict[str, Any]) -> None:
        plan = values(variants["api_key_required"], 'aws_api_gateway_usage_plan.this["free"]')
        assert plan["name"] == "orders-free"
        (quota,) = plan["quota_settings"]
        assert (quota["limit"], quota["period"]) == (1000, "DAY")
        (throttling,) = plan["throttle_settings"]
        assert (throttling["burst_limit"], throttling["rate_limit"]) == (10, 5)
        (stage,) = plan["api_stages"]
        assert stage["stage"] == "v1"
        assert stage["throttle"] == [{"path": "/orders/{id}/GET", "burst_limit": 2, "rate_limit": 1}]

    def test_a_keys_value_is_marked_sensitive(self, variants: dict[str, Any]) -> None:
        assert keys(variants["api_key_required"], "aws_api_gateway_usage_plan_key.this") == {"tenant-1"}
        key = variants["api_key_required"].resources['aws_api_gateway_api_key.this["tenant-1"]']
        assert key["values"]["value"] == USAGE_KEY
        assert key["sensitive_values"]["value"] is True

    def test_without_plans_nothing_of_it_is_there(self, variants: dict[str, Any]) -> None:
        unchanged = variants["unchanged"].resources
        assert not [address for address in unchanged if "usage_plan" in address or "api_key" in address]
        assert unchanged["aws_api_gateway_rest_api.this"]["values"].get("api_key_source") is None


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


def table(routes: dict[str, Any], preflights: bool = False) -> dict[str, Any]:
    """The module's variables with other routes, each of them of the function backend unless it says another."""
    written = {
        key: {"function": "backend", **route} if isinstance(route, dict) else route for key, route in routes.items()
    }
    return {"routes": written, **({"cors": {"origin": "*"}} if preflights else {})}


GUARDED: dict[str, Any] = {"rule": "signed-in"}
PUBLIC: dict[str, Any] = {"public": True, "reason": "It is the website."}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "public_with_a_key": (
        changed_route("GET /", api_key_required=True) | {"usage_plans": {"free": QUOTA}},
        'Route "GET /" is public and has api_key_required = true, and only an authorizer names a caller\'s key',
    ),
    "short_usage_key": (
        {**METERED, "usage_keys": {"tenant-1": {"plan": "free", "value": "tenant-1-secret"}}},
        "usage_keys.tenant-1.value is no value of an API key: write 20 to 128 letters",
    ),
    "usage_key_twice": (
        {**METERED, "usage_keys": {name: {"plan": "free", "value": USAGE_KEY} for name in ("a", "b")}},
        "usage_keys holds one value more than once, and API Gateway takes each once: write a value of its own for",
    ),
    "usage_key_without_a_plan": (
        {**METERED, "usage_keys": {"tenant-1": {"plan": "gold", "value": USAGE_KEY}}},
        'usage_keys.tenant-1.plan is "gold", which usage_plans does not have: write one of free, paid.',
    ),
    "key_without_plans": (
        changed_route("GET /orders/{id}", api_key_required=True),
        'Route "GET /orders/{id}" has api_key_required = true and there are no usage_plans',
    ),
    "plan_of_a_route_without_a_key": (
        {"usage_plans": {"free": {"routes": {"PUT /orders/{id}": {"burst": 1, "rate": 1}}}}},
        'usage_plans.free.routes names "PUT /orders/{id}", which is no route with api_key_required = true',
    ),
    "misspelt_quota": (
        {"usage_plans": {"free": {"quotas": {"limit": 1, "period": "DAY"}}}},
        "usage_plans.free.quotas is not a known key",
    ),
    "lower_case_method": (
        table({"get /orders": GUARDED}),
        'Route "get /orders" has no method that API Gateway knows: write it as "METHOD /path", with ANY or one of',
    ),
    "unknown_method": (table({"TRACE /orders": GUARDED}), 'Route "TRACE /orders" has no method that API Gateway knows'),
    "no_method": (table({"/orders": GUARDED}), 'Route "/orders" has no method that API Gateway knows'),
    "no_path": (table({"GET": GUARDED}), 'Route "GET" has no path: write it as "METHOD /path"'),
    "no_slash": (table({"GET orders": GUARDED}), 'Route "GET orders" has no path'),
    "two_spaces": (table({"GET  /two": GUARDED}), '/two" has no path: write it as "METHOD /path", with one space'),
    "trailing_slash": (
        table({"GET /orders/": GUARDED}),
        'Route "GET /orders/" ends in a slash, which API Gateway ignores in requests: write "GET /orders".',
    ),
    "empty_segment": (
        table({"GET /a//b": GUARDED}),
        'Route "GET /a//b" has the path segment "": write letters, digits',
    ),
    "wildcard": (table({"GET /a/*": GUARDED}), 'Route "GET /a/*" has the path segment "*"'),
    "half_parameter": (
        table({"GET /a/{id}.json": GUARDED}),
        'Route "GET /a/{id}.json" has the path segment "{id}.json"',
    ),
    "query": (table({"GET /a?b": GUARDED}), 'Route "GET /a?b" has the path segment "a?b"'),
    "greedy_in_the_middle": (
        table({"GET /{proxy+}/orders": GUARDED}),
        'Route "GET /{proxy+}/orders" goes on after a greedy parameter, which takes all that follows: write {name+}',
    ),
    "too_deep": (
        table({"GET /1/2/3/4/5/6/7": GUARDED}),
        'Route "GET /1/2/3/4/5/6/7" is 7 segments deep, and this module goes to 6: write a shorter path, or end it in',
    ),
    "two_names_for_a_parameter": (
        table({"GET /users/{id}": GUARDED, "PUT /users/{name}/photo": GUARDED}),
        "The parameter at /users/{} is called {id} and {name} by different routes, and API Gateway takes one name",
    ),
    "parameter_beside_a_greedy_one": (
        table({"GET /users/{id}": GUARDED, "ANY /users/{rest+}": GUARDED}),
        "The parameter at /users/{} is called {id} and {rest+} by different routes",
    ),
    "colon": (
        table({"GET /orders/:id": GUARDED}),
        'Route "GET /orders/:id" has the path segment ":id", which API Gateway takes literally: write {id} for a',
    ),
    "unknown_function": (
        table({"GET /orders": {**GUARDED, "function": "bakcend"}}),
        'Route "GET /orders" names the function "bakcend", which is not in functions: write one of backend, status.',
    ),
    "no_functions": (
        {**table({"GET /functions": GUARDED}), "functions": {}},
        'Route "GET /functions" names the function "backend", which is not in functions: add it there.',
    ),
    "no_authorizers": (
        {**table({"GET /orders": GUARDED}), "authorizers": {}},
        'Route "GET /orders" names the rule "signed-in", which has no authorizer: write authorizers = '
        "module.<name>.authorizers, the output of the module rest-authorizer.",
    ),
    "parameter_that_the_rule_compares": (
        {
            **table({"GET /users/{user}": {"rule": "own"}, "PUT /users/{user}/{id}": {"rule": "own"}}),
            "authorizers": {"own": {"id": "cccccc", "fingerprint": "as-it-was", "path_parameters": ["id"]}},
        },
        'Route "GET /users/{user}" names the rule "own", which compares the path parameter id (path_equals), and its '
        "path has none of that name: write {id} in the path, or another rule.",
    ),
    "certificate_at_the_default_endpoint": (
        {
            **table({"GET /bound": {"rule": "bound"}}),
            "authorizers": {"bound": {"id": "cccccc", "fingerprint": "as-it-was", "binding": "mtls"}},
        },
        'Route "GET /bound" names the rule "bound", which binds tokens to client certificates (binding), and nobody '
        "can present one to the API's default endpoint: write disable_execute_api_endpoint = true, and give the API a",
    ),
    "scopes_of_a_rule": (
        table({"GET /hello": {**GUARDED, "scopes": ["admin"]}}),
        "routes.GET /hello.scopes is not a known key: it belongs in rules.<name>, which the module jwt-authorizer "
        "takes; write one of api_key_required, function, public, reason, rule, timeout_ms.",
    ),
    "misspelt_key": (
        table({"GET /hello": {**GUARDED, "authorizer": "signed-in"}}),
        "routes.GET /hello.authorizer is not a known key: write one of api_key_required, function, public, reason",
    ),
    "public_as_a_text": (
        table({"GET /text": {"public": "yes", "reason": "It is the website.", "rule": "signed-in"}}),
        'routes.GET /text.public is "yes": write true or false.',
    ),
    "no_object": (table({"GET /flat": "signed-in"}), 'routes.GET /flat is "signed-in": write an object, such as'),
    "no_function": (
        {"routes": {"GET /void": {"rule": "signed-in"}}},
        "routes.GET /void.function is missing: write the name of one of functions.",
    ),
    "function_with_an_arn": (
        {
            "functions": {
                **BASE["functions"],
                "backend": {"function_name": "orders-backend", "invoke_arn": "arn:aws:lambda:eu-west-1:1:function:o"},
            }
        },
        'functions.backend.invoke_arn is "arn:aws:lambda:eu-west-1:1:function:o": write an invoke ARN',
    ),
    "function_with_an_alias": (
        {"functions": {**BASE["functions"], "backend": {**BASE["functions"]["backend"], "alias": "live"}}},
        "functions.backend.alias is not a known key: write one of function_name, invoke_arn, qualifier.",
    ),
    "authorizer_with_scopes": (
        {
            "authorizers": {
                **BASE["authorizers"],
                "signed-in": {"id": "aaaaaa", "fingerprint": "as-it-was", "scopes": ["admin"]},
            }
        },
        "authorizers.signed-in.scopes is not a known key: it belongs in rules.<name>, which the module jwt-authorizer",
    ),
    "no_routes": ({"routes": {}}, 'routes is {}: write one route or more, such as { "GET /hello" = {'),
    "cors_path": (
        {"cors": {"origin": "https://app.example.com/"}},
        'cors.origin is "https://app.example.com/": write one origin as browsers send it',
    ),
    "cors_credentials": (
        {"cors": {"origin": "*", "credentials": True}},
        'cors.credentials is true and cors.origin is "*": browsers refuse the two together',
    ),
    "cors_headers": (
        {"cors": {"origin": "*", "headers": ["X-A', 'X-B"]}},
        "cors.headers is [\"X-A', 'X-B\"]: write a list of header names",
    ),
    "cors_max_age": (
        {"cors": {"origin": "*", "max_age_seconds": -1}},
        "cors.max_age_seconds is -1: write a whole number",
    ),
    "origins": (
        {"cors": {"origin": "https://app.example.com", "origins": ["https://other.example.com"]}},
        "cors.origins is not a known key: write one of credentials, headers, max_age_seconds, origin.",
    ),
    "policy_element": (
        {"resource_policy": json.dumps({"Statement": {**POLICY["Statement"][0], "Conditions": {}}})},
        "resource_policy.Statement[0].Conditions is not a known key: write one of Action, Condition, Effect,",
    ),
    "no_rule": (
        table({"GET /orders": {}}),
        'Route "GET /orders" has no rule: write rule = "<rule>", or public = true and the reason why anyone may',
    ),
    "unknown_rule": (
        table({"GET /orders": {"rule": "signed-inn"}}),
        'Route "GET /orders" names the rule "signed-inn", which has no authorizer: write one of orders-write,',
    ),
    "rule_and_public": (
        table({"GET /orders": {**GUARDED, **PUBLIC}}),
        'Route "GET /orders" has a rule and public = true: remove one of the two.',
    ),
    "public_without_a_reason": (
        table({"GET /orders": {"public": True}}),
        'Route "GET /orders" is public without a reason: write reason = "why anyone may call it".',
    ),
    "public_with_a_blank_reason": (
        table({"GET /blank": {"public": True, "reason": "  "}}),
        'routes.GET /blank.reason is " ": write why anyone may call the route.',
    ),
    "guarded_below_a_public_catch_all": (
        table({"GET /admin": GUARDED, "ANY /{proxy+}": PUBLIC}),
        'Route "GET /admin" is guarded, and DELETE, HEAD, OPTIONS, PATCH, POST, PUT at its path would fall through to '
        'the public route "ANY /{proxy+}": write "ANY /admin" with a rule as well, or give "ANY /{proxy+}" a rule.',
    ),
    "guarded_below_one_verb_of_a_public_catch_all": (
        table({"POST /login/{id}": GUARDED, "GET /{proxy+}": PUBLIC}),
        'Route "POST /login/{id}" is guarded, and GET at its path would fall through to the public route "GET /{',
    ),
    "guarded_deep_below_a_public_catch_all": (
        table({"GET /a/b/c": GUARDED, "ANY /a/{proxy+}": PUBLIC}, preflights=True),
        'Route "GET /a/b/c" is guarded, and DELETE, HEAD, PATCH, POST, PUT at its path would fall through to',
    ),
    "guarded_beside_a_public_parameter_of_any_method": (
        table({"GET /admin": GUARDED, "ANY /{page}": PUBLIC}),
        'Route "GET /admin" is guarded, and DELETE, HEAD, OPTIONS, PATCH, POST, PUT at its path would fall through to '
        'the public route "ANY /{page}"',
    ),
    "guarded_under_a_public_parameter_of_any_method": (
        table({"GET /acme/info": GUARDED, "ANY /{tenant}/info": PUBLIC}),
        'Route "GET /acme/info" is guarded, and DELETE, HEAD, OPTIONS, PATCH, POST, PUT at its path would fall '
        'through to the public route "ANY /{tenant}/info"',
    ),
    "timeout": (
        table({"GET /orders": {**GUARDED, "timeout_ms": 0}}),
        "routes.GET /orders.timeout_ms is 0: write a whole number of milliseconds from 50 to 300000.",
    ),
}

ACCEPTED: dict[str, dict[str, Any]] = {
    "root": table({"GET /": GUARDED}),
    "every_character": table({"GET /v1.0/a_b/c-d/orders:batch/{order_id}": GUARDED}),
    "six_deep": table({"GET /1/2/3/4/5/{id}": GUARDED}),
    "same_parameter_twice": table({"GET /users/{id}": GUARDED, "PUT /users/{id}/photo": GUARDED}),
    "all_verbs_guarded_below_a_public_catch_all": table({"ANY /admin": GUARDED, "ANY /{proxy+}": PUBLIC}),
    "its_verb_guarded_below_a_public_catch_all": table({"GET /admin": GUARDED, "GET /{proxy+}": PUBLIC}),
    "preflights_answer_options": table({"GET /admin": GUARDED, "OPTIONS /{proxy+}": PUBLIC}, preflights=True),
    "guarded_catch_all": table({"GET /admin": GUARDED, "ANY /{proxy+}": GUARDED}),
    "public_page_beside_a_guarded_action": table({"POST /products/import": GUARDED, "GET /products/{id}": PUBLIC}),
    "catch_all_elsewhere": table({"GET /admin": GUARDED, "ANY /site/{proxy+}": PUBLIC}),
    "dots_are_no_wildcards": table({"GET /vX0/a": GUARDED, "ANY /v.0/{proxy+}": PUBLIC}),
}


@pytest.fixture(scope="module")
def refused_tables(modules: Modules) -> str:
    """All that Terraform says about a root in which each route table has a mistake."""
    return modules.variants(MODULE, {name: {**BASE, **change} for name, (change, _) in REFUSED.items()}).refused({})


class TestRouteTable:
    @pytest.mark.parametrize("case", REFUSED)
    def test_a_mistake_is_refused_with_the_route_and_what_to_write_instead(
        self, refused_tables: str, case: str
    ) -> None:
        assert REFUSED[case][1] in refused_tables

    def test_no_usage_keys_value_is_shown(self, refused_tables: str) -> None:
        assert USAGE_KEY not in refused_tables
        assert "tenant-1-secret" not in refused_tables

    def test_nothing_more_than_the_mistakes_is_reported(self, refused_tables: str) -> None:
        assert len(refused_tables.splitlines()) == len(REFUSED)

    def test_sound_tables_are_accepted(self, modules: Modules) -> None:
        planned = modules.variants(MODULE, {name: {**BASE, **change} for name, change in ACCEPTED.items()}).plan({})
        for name, change in ACCEPTED.items():
            served = planned.modules[f"module.{name}"].resources
            methods = [address for address in served if address.startswith("aws_api_gateway_integration.function[")]
            assert len(methods) == len(change["routes"]), name

    def test_rest_api_plans_nothing_of_a_refused_table(self, modules: Modules) -> None:
        text = modules.root(MODULE).refused({**BASE, **changed_route("GET /", public=False)})
        assert 'Route "GET /" has no rule' in text
        assert len(text.splitlines()) == 1


IN_ONE_VARIABLE: dict[str, tuple[dict[str, Any], str]] = {
    "binary_media_types": ({"binary_media_types": ["png"]}, 'binary_media_types holds "png": write media types'),
    "endpoint_type": ({"endpoint_type": "GLOBAL"}, 'endpoint_type is "GLOBAL": write "REGIONAL", "EDGE" or "PRIVATE".'),
    "kms_key": ({"kms_key_arn": "alias/logs"}, 'kms_key_arn is "alias/logs": write the ARN of a key'),
    "compression": ({"minimum_compression_size": -1}, "minimum_compression_size is -1: write a whole number of bytes"),
    "name": ({"name": "orders dev"}, 'name is "orders dev": write up to 64 letters'),
    "realm": ({"realm": 'or"ders'}, 'realm is "or\\"ders": write letters, digits, spaces'),
    "resource_policy": (
        {"resource_policy": "allow all"},
        "resource_policy is not a policy: write JSON with a Statement",
    ),
    "stage_name": ({"stage_name": "v1/x"}, 'stage_name is "v1/x": write up to 128 letters'),
    "throttling_rate": ({"throttling": {"rate": 0}}, "throttling.rate is 0: write how many requests a second may pass"),
    "throttling_burst": (
        {"throttling": {"burst": 0}},
        "throttling.burst is 0: write how many requests may come at once",
    ),
}

BETWEEN_VARIABLES: dict[str, tuple[dict[str, Any], str]] = {
    "private_without_a_policy": (
        {"endpoint_type": "PRIVATE"},
        "endpoint_type is PRIVATE and there is no resource_policy: API Gateway deploys a private API only with one",
    ),
    "vpc_endpoints_of_a_public_api": (
        {"vpc_endpoint_ids": ["vpce-0123456789abcdef0"]},
        "vpc_endpoint_ids is set and endpoint_type is REGIONAL: only PRIVATE APIs have VPC endpoints",
    ),
}


@pytest.fixture(scope="module")
def refused_inputs(modules: Modules) -> str:
    """All that Terraform says about roots in which each call of the module makes a mistake."""
    return "\n".join(
        modules.variants(MODULE, {name: {**BASE, **change} for name, (change, _) in cases.items()}).refused({})
        for cases in (IN_ONE_VARIABLE, BETWEEN_VARIABLES)
    )


class TestInputs:
    @pytest.mark.parametrize("case", [*IN_ONE_VARIABLE, *BETWEEN_VARIABLES])
    def test_a_mistake_is_refused_with_what_to_write_instead(self, refused_inputs: str, case: str) -> None:
        assert {**IN_ONE_VARIABLE, **BETWEEN_VARIABLES}[case][1] in refused_inputs


STANDINS = """
def authorizer(event, context):
    if event["authorizationToken"] not in ("allow", "deny"):
        raise Exception("Unauthorized")
    effect = event["authorizationToken"].capitalize()
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"].split("/")[0] + "/*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "someone", "policyDocument": policy}


def backend(event, context):
    return {"statusCode": 200, "body": event["resource"]}
"""


@dataclass(frozen=True)
class Applied:
    """The tests' own root, applied to the local AWS."""

    root: Root
    variables: dict[str, Any]
    url: str


@pytest.fixture(scope="module")
def applied(aws: str, modules: Modules, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    package = tmp_path_factory.mktemp("standins") / "standins.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("standins.py", STANDINS)
    variables = {
        "package": str(package),
        "runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "cors": {"origin": "https://app.example.com"},
        "resource_policy": json.dumps(POLICY),
        "routes": {
            "GET /": {"function": "backend", "public": True, "reason": "Says that the API is up."},
            "GET /orders/{id}": {"function": "backend", "rule": "signed-in"},
            "GET /orders/{id}/lines/{line}": {"function": "backend", "rule": "signed-in"},
            "OPTIONS /own": {"function": "backend", "rule": "signed-in"},
        },
    }
    root = modules.fresh("tests/plan/roots/rest")
    outputs = root.apply(variables)
    url = f"{aws}/_aws/execute-api/{outputs['rest_api_id']}/{outputs['stage_name']}"
    yield Applied(root, variables, url)
    root.destroy(variables)


def deployment_actions(planned: Any) -> list[str]:
    actions: list[str] = planned.resource_changes["module.api.aws_api_gateway_deployment.this"]["change"]["actions"]
    return actions


class TestApplied:
    def test_no_token_is_a_401_with_a_challenge(self, applied: Applied) -> None:
        answer = requests.get(f"{applied.url}/orders/7", timeout=10)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="orders", error="invalid_token"'
        assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"

    def test_a_deny_is_a_403_and_an_allow_reaches_the_function(self, applied: Applied) -> None:
        denied = requests.get(f"{applied.url}/orders/7", headers={"Authorization": "deny"}, timeout=30)
        assert denied.status_code == 403
        assert denied.headers["WWW-Authenticate"] == 'Bearer realm="orders", error="insufficient_scope"'
        allowed = requests.get(f"{applied.url}/orders/7/lines/1", headers={"Authorization": "allow"}, timeout=30)
        assert (allowed.status_code, allowed.text) == (200, "/orders/{id}/lines/{line}")

    def test_a_public_route_and_preflights_need_no_token(self, applied: Applied) -> None:
        assert requests.get(f"{applied.url}/", timeout=30).status_code == 200
        preflight = requests.options(f"{applied.url}/orders/7", timeout=10)
        assert preflight.status_code == 204
        assert preflight.headers["Access-Control-Allow-Methods"] == "GET,OPTIONS"

    def test_an_options_route_of_ones_own_takes_the_preflights_place(self, applied: Applied) -> None:
        assert requests.options(f"{applied.url}/own", timeout=10).status_code == 401
        answer = requests.options(f"{applied.url}/own", headers={"Authorization": "allow"}, timeout=30)
        assert (answer.status_code, answer.text) == (200, "/own")

    def test_a_second_plan_is_empty(self, applied: Applied) -> None:
        planned = applied.root.plan(applied.variables)
        assert {tuple(each["change"]["actions"]) for each in planned.resource_changes.values()} <= {
            ("no-op",),
            ("read",),
        }

    def test_throttling_and_log_retention_leave_the_deployment_alone(self, applied: Applied) -> None:
        changes = {"throttling": {"rate": 5, "burst": 5}, "log_retention_days": 7}
        assert deployment_actions(applied.root.plan({**applied.variables, **changes})) == ["no-op"]

    def test_a_changed_cache_time_replaces_the_deployment(self, applied: Applied) -> None:
        changes = {"cache_seconds": 0}
        assert deployment_actions(applied.root.plan({**applied.variables, **changes})) == ["create", "delete"]

    def test_renamed_and_removed_paths_go_live_in_one_apply(self, applied: Applied) -> None:
        routes = {
            "GET /": applied.variables["routes"]["GET /"],
            "GET /orders/{order}": {"function": "backend", "rule": "signed-in"},
        }
        applied.root.apply({**applied.variables, "routes": routes})
        allowed = requests.get(f"{applied.url}/orders/7", headers={"Authorization": "allow"}, timeout=30)
        assert (allowed.status_code, allowed.text) == (200, "/orders/{order}")
        gone = requests.get(f"{applied.url}/orders/7/lines/1", headers={"Authorization": "allow"}, timeout=30)
        assert gone.status_code == 403
