"""Other people's Terraform: WebSocket and HTTP APIs, OpenAPI bodies, function URLs, modules, several regions."""

from __future__ import annotations

import json
from typing import Any

from scripts.review_plan import review
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
from scripts.review_plan.render.json_report import plain
from scripts.review_plan.review import Review
from tests.review.generated import change, plan

URI = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{}/invocations"


def reviewed(*changes: Any, root: Any = None) -> Review:
    return review.review_plan(document.read(plan(*changes, root=root)), AllowList())


def table(found: Review) -> list[tuple[str, str, str, str]]:
    return [
        (each.status.value, each.route.name, plain(found, each.before), plain(found, each.after))
        for each in found.changes
    ]


def websocket(connect: dict[str, Any]) -> list[Any]:
    api = {"id": "ws", "name": "chat", "protocol_type": "WEBSOCKET"}
    guarded = {"id": "c", "api_id": "ws", "route_key": "$connect", "authorization_type": "AWS_IAM"}
    default = {"id": "d", "api_id": "ws", "route_key": "$default", "authorization_type": "NONE"}
    return [
        change("aws_apigatewayv2_api.chat", api, api),
        change("aws_apigatewayv2_route.connect", guarded, {**guarded, **connect}),
        change("aws_apigatewayv2_route.default", default, default),
    ]


def test_a_websocket_s_other_routes_are_as_guarded_as_its_handshake() -> None:
    found = reviewed(*websocket({}))
    assert [plain(found, route.access.words) for route in found.routes] == [
        "IAM: callers whose policies allow it",
        "callers that may connect",
    ]


def test_a_websocket_opens_by_its_handshake() -> None:
    assert table(reviewed(*websocket({"authorization_type": "NONE"}))) == [
        ("OPENED", "$connect", "IAM: callers whose policies allow it", "public")
    ]


def test_a_function_url_without_authorization_is_public() -> None:
    url = {"id": "f", "function_name": "orders", "authorization_type": "AWS_IAM"}
    found = reviewed(change("aws_lambda_function_url.orders", url, {**url, "authorization_type": "NONE"}))
    assert table(found) == [
        ("OPENED", "function URL of orders", "IAM: callers whose policies allow it", "public"),
    ]


def body(*, secured: bool) -> str:
    return json.dumps(
        {
            "components": {
                "securitySchemes": {
                    "jwt": {"type": "apiKey", "x-amazon-apigateway-authorizer": {"authorizerUri": "f"}},
                    "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
                }
            },
            "paths": {
                "/users": {"get": {"security": [{"jwt": []}] if secured else []}},
                "/keyed": {"post": {"security": [{"key": []}]}},
            },
        }
    )


def test_routes_of_an_openapi_body_are_compared_like_others() -> None:
    api = {"id": "a", "name": "orders", "body": body(secured=True)}
    found = reviewed(change("aws_api_gateway_rest_api.it", api, {**api, "body": body(secured=False)}))
    assert table(found) == [("OPENED", "GET /users", "Lambda authorizer jwt, which calls f", "public")]


def test_a_body_that_is_not_known_yet_stops_the_gate() -> None:
    api = {"id": "a", "name": "orders", "body": body(secured=True)}
    after = {key: value for key, value in api.items() if key != "body"}
    found = reviewed(change("aws_api_gateway_rest_api.it", api, after, unknown={"body": True}))
    assert [each.route.path for each in found.not_allowed] == ["(routes of an OpenAPI body)"]


def test_functions_of_one_name_in_two_regions_are_told_apart() -> None:
    changes = []
    for region, rules in (("eu-west-1", {"r": {}}), ("us-east-1", {"r": {"scopes": ["admin"]}})):
        arn = f"arn:aws:lambda:{region}:1:function:authorizer"
        configuration = json.dumps({"issuers": [], "rules": rules})
        function = {
            "id": region,
            "function_name": "authorizer",
            "arn": arn,
            "environment": [{"variables": {"AUTHORIZER_CONFIG": configuration}}],
        }
        api = {"id": f"api-{region}", "name": region, "root_resource_id": f"root-{region}"}
        authorizer = {
            "id": f"auth-{region}",
            "name": "r",
            "rest_api_id": api["id"],
            "authorizer_uri": URI.format(f"{arn}:r"),
        }
        method = {
            "id": f"m-{region}",
            "rest_api_id": api["id"],
            "resource_id": f"root-{region}",
            "http_method": "GET",
            "authorization": "CUSTOM",
            "authorizer_id": f"auth-{region}",
        }
        changes += [
            change("aws_lambda_function.it", function, function, key=region),
            change("aws_api_gateway_rest_api.it", api, api, key=region),
            change("aws_api_gateway_authorizer.it", authorizer, authorizer, key=region),
            change("aws_api_gateway_method.it", method, method, key=region),
        ]
    found = reviewed(*changes)
    assert {route.api_name: plain(found, route.access.words) for route in found.routes} == {
        "eu-west-1": "rule r: any good token",
        "us-east-1": "rule r: scope admin",
    }


def new_system() -> dict[str, Any]:
    """A first plan, nothing of which exists: two new authorizers, and a method that names one through modules."""
    method = {"http_method": "GET", "authorization": "CUSTOM"}
    changes = [
        change(
            "module.api.aws_api_gateway_rest_api.this",
            None,
            {"name": "a"},
            unknown={"id": True, "root_resource_id": True},
        ),
        change(
            "module.api.aws_api_gateway_resource.top",
            None,
            {"path_part": "me"},
            key="/me",
            unknown={"id": True, "parent_id": True},
        ),
        change(
            "module.api.aws_api_gateway_method.this",
            None,
            method,
            key="GET /me",
            unknown={"id": True, "rest_api_id": True, "resource_id": True, "authorizer_id": True},
        ),
        *(
            change(
                "module.guards.aws_api_gateway_authorizer.rule",
                None,
                {"name": name, "type": "TOKEN", "authorizer_uri": URI.format("arn:aws:lambda:e:1:function:other")},
                key=name,
                unknown={"id": True},
            )
            for name in ("reader", "writer")
        ),
    ]
    api = {
        "resources": [
            {
                "mode": "managed",
                "type": "aws_api_gateway_method",
                "name": "this",
                "expressions": {
                    "authorizer_id": {"references": ["var.authorizers", "each.value.rule", "each.value"]},
                    "resource_id": {"references": ["local.ids", "each.value.place"]},
                    "rest_api_id": {
                        "references": ["aws_api_gateway_rest_api.this.id", "aws_api_gateway_rest_api.this"]
                    },
                },
            }
        ]
    }
    guards = {
        "outputs": {"authorizers": {"expression": {"references": ["aws_api_gateway_authorizer.rule", "local.x"]}}}
    }
    root = {
        "module_calls": {
            "api": {
                "expressions": {"authorizers": {"references": ["module.guards.authorizers", "module.guards"]}},
                "module": api,
            },
            "guards": {"module": guards},
        }
    }
    whole: dict[str, Any] = json.loads(plan(*changes, root=root))
    return whole


def test_of_several_authorizers_that_are_equally_strict_it_is_said_which_it_may_be_and_the_gate_passes() -> None:
    found = review.review_plan(document.read(json.dumps(new_system()).encode()), AllowList())
    assert table(found) == [
        ("NEW", "GET /me", "no such route", "Lambda authorizer reader or writer, which calls other"),
    ]
    assert found.not_allowed == ()


def differing() -> dict[str, Any]:
    """The same, but the two authorizers call different functions."""
    text = json.dumps(new_system())
    return json.loads(text.replace("function:other/invocations", "function:weak/invocations", 1))  # type: ignore[no-any-return]


def test_of_several_authorizers_that_differ_all_are_shown_and_the_gate_stops() -> None:
    found = review.review_plan(document.read(json.dumps(differing()).encode()), AllowList())
    ((status, _, _, after),) = table(found)
    assert status == "NEW"
    assert {"which calls weak", "which calls other"} <= {
        part for part in ("which calls weak", "which calls other") if part in after
    }
    assert len(found.not_allowed) == 1


def test_an_authorizer_that_is_named_by_its_key_is_that_one() -> None:
    plan_ = differing()
    calls = plan_["configuration"]["root_module"]["module_calls"]
    key = 'aws_api_gateway_authorizer.rule["writer"]'
    calls["guards"]["module"]["outputs"]["authorizers"]["expression"]["references"] = [
        f"{key}.id",
        key,
        "aws_api_gateway_authorizer.rule",
    ]
    (method,) = calls["api"]["module"]["resources"]
    method["for_each_expression"] = {"constant_value": {"GET /me": {"rule": "writer"}}}
    found = review.review_plan(document.read(json.dumps(plan_).encode()), AllowList())
    assert table(found) == [("NEW", "GET /me", "no such route", "Lambda authorizer writer, which calls other")]


def test_a_for_each_that_is_written_out_says_which_of_several_it_is() -> None:
    plan_ = differing()
    calls = plan_["configuration"]["root_module"]["module_calls"]
    (method,) = calls["api"]["module"]["resources"]
    # In the module itself, and by nothing else than the value of the key.
    method["expressions"]["authorizer_id"]["references"] = [
        "aws_api_gateway_authorizer.rule",
        "each.value.rule",
        "each.value",
    ]
    method["for_each_expression"] = {"constant_value": {"GET /me": {"rule": "writer"}}}
    text = json.dumps(plan_).replace("module.guards", "module.api")
    found = review.review_plan(document.read(text.encode()), AllowList())
    assert table(found) == [("NEW", "GET /me", "no such route", "Lambda authorizer writer, which calls other")]


def test_an_output_of_routes_is_no_evidence_of_which_authorizer_it_is() -> None:
    plan_ = differing()
    plan_["planned_values"] = {"outputs": {"routes": {"value": {"GET /me": {"rule": "writer"}}}}}
    found = review.review_plan(document.read(json.dumps(plan_).encode()), AllowList())
    assert len(found.not_allowed) == 1
    assert "which calls weak" in table(found)[0][3]


def test_what_a_targeted_plan_leaves_alone_is_still_in_the_table() -> None:
    document_: dict[str, Any] = json.loads(plan())
    url = {"function_name": "orders", "authorization_type": "NONE"}
    entry = {
        "address": "aws_lambda_function_url.it",
        "mode": "managed",
        "type": "aws_lambda_function_url",
        "name": "it",
        "values": url,
    }
    document_["prior_state"] = {
        "values": {"root_module": {"child_modules": [{"address": "module.a", "resources": [entry]}]}}
    }
    found = review.review_plan(document.read(json.dumps(document_).encode()), AllowList())
    assert [route.name for route in found.routes] == ["function URL of orders"]


def test_a_waf_that_is_taken_away_is_a_danger() -> None:
    association = {"resource_arn": "arn:aws:apigateway:::/restapis/a/stages/live", "web_acl_arn": "acl"}
    found = reviewed(change("aws_wafv2_web_acl_association.it", association, None))
    assert [(each.level.value, plain(found, each.text)) for each in found.findings["settings"]] == [
        ("danger", "the WAF is taken from arn:aws:apigateway:::/restapis/a/stages/live")
    ]


def test_a_private_api_that_becomes_regional_loosens_every_route() -> None:
    def api(kind: str) -> dict[str, Any]:
        return {"id": "a", "name": "n", "root_resource_id": "r", "endpoint_configuration": [{"types": [kind]}]}

    method = {"id": "m", "rest_api_id": "a", "resource_id": "r", "http_method": "GET", "authorization": "AWS_IAM"}
    found = reviewed(
        change("aws_api_gateway_rest_api.it", api("PRIVATE"), api("REGIONAL")),
        change("aws_api_gateway_method.it", method, method),
    )
    assert table(found) == [
        (
            "LOOSENED",
            "GET /",
            "IAM: callers whose policies allow it, from VPCs only",
            "IAM: callers whose policies allow it",
        )
    ]


def test_an_authorizer_destroyed_before_its_methods_let_go_of_it_is_told() -> None:
    authorizer = {"id": "old", "name": "jwt", "rest_api_id": "a"}
    method = {
        "id": "m",
        "rest_api_id": "a",
        "resource_id": "r",
        "http_method": "GET",
        "authorization": "CUSTOM",
        "authorizer_id": "old",
    }
    found = reviewed(
        change(
            "aws_api_gateway_authorizer.it", authorizer, authorizer, actions=["delete", "create"], unknown={"id": True}
        ),
        change("aws_api_gateway_method.it", method, method, actions=["update"], unknown={"authorizer_id": True}),
    )
    assert "destroyed-first" in {each.rule_id for each in found.findings["not_live"]}


def test_what_a_configuration_marked_sensitive_holds_is_compared_and_not_shown() -> None:
    def function(scope: str) -> dict[str, Any]:
        configuration = json.dumps({"issuers": [], "rules": {"r": {"scopes": [scope]}}})
        return {
            "function_name": "f",
            "arn": "arn:aws:lambda:e:1:function:f",
            "environment": [{"variables": {"AUTHORIZER_CONFIG": configuration}}],
        }

    marks = {"environment": [{"variables": {"AUTHORIZER_CONFIG": True}}]}
    authorizer = {"id": "a", "name": "r", "authorizer_uri": URI.format("arn:aws:lambda:e:1:function:f:r")}
    method = {"id": "m", "rest_api_id": "x", "resource_id": "root", "http_method": "GET", "authorization": "CUSTOM"}
    found = reviewed(
        change(
            "aws_lambda_function.f",
            function("first-scope"),
            function("other-scope"),
            before_sensitive=marks,
            after_sensitive=marks,
        ),
        change("aws_api_gateway_authorizer.a", authorizer, authorizer),
        *[change("aws_api_gateway_method.m", each, each) for each in [{**method, "authorizer_id": "a"}]],
    )
    (only,) = found.changes
    assert (only.status.value, plain(found, only.why)) == ("LOOSENED", "what the rule asks for changes")
    assert "rule r (marked sensitive)" in plain(found, only.after)
    said = [plain(found, finding.text) for finding in found.findings["settings"]]
    assert said == ["the configuration changes (marked sensitive)"]


def test_a_resource_policy_that_lets_anybody_in_is_a_danger() -> None:
    policy = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "execute-api:/*", "Principal": "*"}
    given = {"rest_api_id": "a", "policy": json.dumps({"Statement": [policy]})}
    found = reviewed(change("aws_api_gateway_rest_api_policy.it", None, given))
    assert [(each.level.value, plain(found, each.text)) for each in found.findings["permissions"]] == [
        ("danger", "+ policy: Allow execute-api:Invoke on execute-api:/* to * (new wildcard: anybody)")
    ]
