"""Small plans by hand: one API of each kind, to which a test does one thing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from scripts.review_plan import review
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
from scripts.review_plan.render.json_report import plain
from scripts.review_plan.review import Review
from tests.review.generated import change, plan

State = dict[str, dict[str, Any]]
"""Address => the attributes of a resource; ``"key"`` in them is its for_each key."""

ACCOUNT = "111111111111"
ARN = "arn:aws:lambda:eu-west-1:{account}:function:{name}"
AUTH = ARN.format(account=ACCOUNT, name="auth")


def invoke(arn: str) -> str:
    return f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}/invocations"


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}


def only_from(*networks: str) -> dict[str, Any]:
    return {**ALLOW, "Effect": "Deny", "Condition": {"NotIpAddress": {"aws:SourceIp": list(networks)}}}


def function(**more: Any) -> dict[str, Any]:
    return {
        "id": "auth",
        "function_name": "auth",
        "arn": AUTH,
        "invoke_arn": invoke(AUTH),
        "version": "5",
        "handler": "m.handler",
        "layers": [],
        "environment": [],
        **more,
    }


def configured(rules: Any, **more: Any) -> list[Any]:
    """The environment of a function with this repository's configuration."""
    issuer = {"issuer": "i", "audiences": ["a"], "algorithms": ["RS256"], "keys": {"discovery": True}}
    configuration = json.dumps({"issuers": [issuer], "rules": rules, **more})
    return [{"variables": {"AUTHORIZER_CONFIG": configuration}}]


def rest(**lock: Any) -> State:
    """A REST API whose ``GET /orders`` a Lambda authorizer guards, unless ``lock`` says otherwise."""
    method = {
        "id": "m",
        "rest_api_id": "a",
        "resource_id": "r",
        "http_method": "GET",
        "authorization": "CUSTOM",
        "authorizer_id": "z",
        "authorization_scopes": [],
        "api_key_required": False,
    }
    return {
        "aws_api_gateway_rest_api.a": {
            "id": "a",
            "name": "orders",
            "root_resource_id": "root",
            "disable_execute_api_endpoint": False,
            "endpoint_configuration": [{"types": ["REGIONAL"], "vpc_endpoint_ids": []}],
        },
        "aws_api_gateway_resource.r": {
            "id": "r",
            "rest_api_id": "a",
            "parent_id": "root",
            "path_part": "orders",
            "path": "/orders",
        },
        "aws_api_gateway_authorizer.z": {
            "id": "z",
            "name": "auth",
            "rest_api_id": "a",
            "type": "TOKEN",
            "authorizer_uri": invoke(AUTH),
            "provider_arns": [],
            "authorizer_result_ttl_in_seconds": 300,
        },
        "aws_api_gateway_method.m": {**method, **lock},
        "aws_api_gateway_integration.m": {
            "id": "i",
            "rest_api_id": "a",
            "resource_id": "r",
            "http_method": "GET",
            "type": "AWS_PROXY",
            "uri": invoke(ARN.format(account=ACCOUNT, name="backend")),
        },
        "aws_api_gateway_stage.live": {
            "id": "s",
            "rest_api_id": "a",
            "stage_name": "live",
            "deployment_id": "d",
            "variables": {},
        },
        "aws_lambda_function.auth": function(),
    }


def http(**lock: Any) -> State:
    """An HTTP API whose ``GET /orders`` a JWT authorizer guards."""
    route = {
        "id": "r",
        "api_id": "h",
        "route_key": "GET /orders",
        "authorization_type": "JWT",
        "authorizer_id": "j",
        "authorization_scopes": ["orders:read"],
        "api_key_required": False,
    }
    return {
        "aws_apigatewayv2_api.h": {
            "id": "h",
            "name": "shop",
            "protocol_type": "HTTP",
            "disable_execute_api_endpoint": False,
        },
        "aws_apigatewayv2_authorizer.j": {
            "id": "j",
            "api_id": "h",
            "name": "jwt",
            "authorizer_type": "JWT",
            "jwt_configuration": [{"issuer": "https://i.example.com", "audience": ["web"]}],
        },
        "aws_apigatewayv2_route.r": {**route, **lock},
        "aws_apigatewayv2_stage.s": {"id": "st", "api_id": "h", "name": "$default", "auto_deploy": True},
    }


def ours(rules: Any, **more: Any) -> State:
    """A REST API that this repository's authorizer guards by the rule ``r``, through an alias of version 5."""
    state = rest()
    state["aws_lambda_function.auth"] = function(environment=configured(rules, **more))
    state["aws_lambda_alias.r"] = {
        "id": "al",
        "name": "r",
        "arn": f"{AUTH}:r",
        "function_name": "auth",
        "function_version": "5",
        "routing_config": [],
    }
    state["aws_api_gateway_authorizer.z"]["authorizer_uri"] = invoke(f"{AUTH}:r")
    return state


def domain(**more: Any) -> State:
    """A custom domain of a REST API, with mutual TLS."""
    return {
        "aws_api_gateway_domain_name.d": {
            "id": "api.example.com",
            "domain_name": "api.example.com",
            "mutual_tls_authentication": [{"truststore_uri": "s3://b/ca.pem", "truststore_version": "1"}],
            **more,
        },
        "aws_api_gateway_base_path_mapping.m": {
            "id": "map",
            "api_id": "a",
            "stage_name": "live",
            "base_path": "",
            "domain_name": "api.example.com",
        },
    }


def but(state: State, address: str, /, **values: Any) -> State:
    """The state with other attributes of one resource."""
    changed = deepcopy(state)
    changed.setdefault(address, {}).update(values)
    return changed


def without(state: State, address: str) -> State:
    return {name: values for name, values in state.items() if name != address}


def reviewed(
    before: State,
    after: State,
    *,
    unknown: Mapping[str, Any] | None = None,
    references: Mapping[str, Mapping[str, list[str]]] | None = None,
    sensitive: Mapping[str, Any] | None = None,
    actions: Mapping[str, list[str]] | None = None,
) -> Review:
    """The review of the plan from one state to another.

    ``unknown`` are the trees of what is known after apply, ``references`` what attributes refer to, both by address.
    """
    changes = []
    for address in sorted(before.keys() | after.keys()):
        old, new = before.get(address), after.get(address)
        key = ((old or new) or {}).get("key")
        old, new = _without_key(old), _without_key(new)
        name = address.partition("[")[0]
        marks = (unknown or {}).get(address)
        changes.append(
            change(
                name,
                old,
                _without_unknowns(new, marks) if marks else new,
                key=key,
                unknown=marks,
                actions=(actions or {}).get(address) or (["update"] if old and new and (old != new or marks) else ()),
                after_sensitive=(sensitive or {}).get(address),
            )
        )
    return review.review_plan(document.read(plan(*changes, root=configuration(references or {}))), AllowList())


def configuration(references: Mapping[str, Mapping[str, list[str]]]) -> dict[str, Any]:
    return {
        "resources": [
            {
                "mode": "managed",
                "type": address.split(".")[0],
                "name": address.split(".")[1],
                "expressions": {name: {"references": refs} for name, refs in attributes.items()},
            }
            for address, attributes in references.items()
        ]
    }


def table(found: Review) -> list[tuple[str, str]]:
    return [(each.status.value, each.route.name) for each in found.changes]


def stops(found: Review) -> list[tuple[str, str]]:
    """What the gate stops at."""
    return [(each.status.value, each.route.name) for each in found.not_allowed]


def why(found: Review) -> str:
    return " | ".join(plain(found, text) for each in found.changes for text in (each.before, each.after, each.why))


def _without_key(values: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else {name: value for name, value in values.items() if name != "key"}


def _without_unknowns(values: dict[str, Any] | None, marks: Any) -> dict[str, Any] | None:
    if values is None or not isinstance(marks, dict):
        return values
    return {name: value for name, value in values.items() if marks.get(name) is not True}
