"""For each attribute that says who may call: a state in which it counts, and a change that lets more in."""

from __future__ import annotations

import json
from typing import Any

from tests.review import doors
from tests.review.doors import ACCOUNT, ARN, AUTH, but

REST_API = "aws_api_gateway_rest_api.a"
HTTP_API = "aws_apigatewayv2_api.h"
FUNCTION = "aws_lambda_function.auth"
POOL = f"arn:aws:cognito-idp:eu-west-1:{ACCOUNT}:userpool/eu-west-1_one"
OTHER_POOL = f"arn:aws:cognito-idp:eu-west-1:{ACCOUNT}:userpool/eu-west-1_two"
ACL = f"arn:aws:wafv2:eu-west-1:{ACCOUNT}:regional/webacl/one/1"
FILES = f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:access-point/fsap-0a1b2c3d4e5f60718"
CERTIFICATE = f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/0a1b2c3d"
LAMBDA = doors.invoke(AUTH)
OTHER = doors.invoke(ARN.format(account=ACCOUNT, name="weak"))
STAGED = doors.invoke(f"{AUTH}:${{stageVariables.a}}")
FROM_INSIDE = doors.policy(doors.ALLOW, doors.only_from("10.0.0.0/8"))
COGNITO = but(
    doors.rest(authorization="COGNITO_USER_POOLS", authorization_scopes=["orders:read"]),
    "aws_api_gateway_authorizer.z",
    type="COGNITO_USER_POOLS",
    provider_arns=[POOL],
    authorizer_uri=None,
)
DOMAIN = {**doors.rest(), **doors.domain()}
PRIVATE = but(
    doors.rest(),
    REST_API,
    endpoint_configuration=[{"types": ["PRIVATE"], "vpc_endpoint_ids": ["vpce-1"]}],
)
POLICED = {
    **doors.rest(),
    "aws_api_gateway_rest_api_policy.p": {
        "id": "a",
        "rest_api_id": "a",
        "policy": doors.policy(doors.ALLOW, doors.only_from("203.0.113.0/24")),
    },
}
TWO = {
    **doors.rest(),
    **doors.domain(),
    "aws_api_gateway_rest_api.b": {"id": "b", "name": "open", "root_resource_id": "root-b"},
    "aws_api_gateway_resource.b": {
        "id": "rb",
        "rest_api_id": "b",
        "parent_id": "root-b",
        "path_part": "orders",
        "path": "/orders",
    },
    "aws_api_gateway_method.b": {
        "id": "mb",
        "rest_api_id": "b",
        "resource_id": "rb",
        "http_method": "GET",
        "authorization": "NONE",
    },
}
V2_DOMAIN = {
    **doors.http(),
    "aws_apigatewayv2_domain_name.d": {
        "id": "d",
        "domain_name": "api.example.com",
        "domain_name_configuration": [
            {"endpoint_type": "REGIONAL", "certificate_arn": CERTIFICATE, "security_policy": "TLS_1_2"}
        ],
        "mutual_tls_authentication": [{"truststore_uri": "s3://b/ca", "truststore_version": "1"}],
    },
    "aws_apigatewayv2_api_mapping.m": {"id": "m", "api_id": "h", "domain_name": "api.example.com", "stage": "$default"},
    "aws_apigatewayv2_api.open": {"id": "o", "name": "open", "protocol_type": "HTTP"},
    "aws_apigatewayv2_route.open": {
        "id": "ro",
        "api_id": "o",
        "route_key": "GET /orders",
        "authorization_type": "NONE",
    },
}
WALLED = {
    **doors.rest(),
    "aws_wafv2_web_acl_association.w": {
        "id": "w",
        "resource_arn": "arn:aws:apigateway:eu-west-1::/restapis/a/stages/live",
        "web_acl_arn": ACL,
    },
    "aws_wafregional_web_acl_association.w": {
        "id": "w",
        "resource_arn": "arn:aws:apigateway:eu-west-1::/restapis/a/stages/live",
        "web_acl_id": "regional",
    },
}
VARIED = but(
    but(doors.rest(), "aws_api_gateway_authorizer.z", authorizer_uri=STAGED),
    "aws_api_gateway_stage.live",
    variables={"a": "one"},
    canary_settings=[{"percent_traffic": 1, "deployment_id": "d", "stage_variable_overrides": {"a": "one"}}],
)
PERMITTED = {
    "aws_lambda_permission.p": {
        "id": "p",
        "action": "lambda:InvokeFunction",
        "function_name": "f",
        "principal": "apigateway.amazonaws.com",
        "source_arn": f"arn:aws:execute-api:eu-west-1:{ACCOUNT}:a/*/GET/x",
        "source_account": ACCOUNT,
        "principal_org_id": "o-a1b2c3d4e5",
        "event_source_token": "t",
        "function_url_auth_type": "AWS_IAM",
        "qualifier": "live",
    }
}
URL = {
    "aws_lambda_function_url.u": {"id": "u", "function_name": "f", "authorization_type": "AWS_IAM", "qualifier": "a"}
}
STEPS = {**doors.ours({"r": {"scopes": ["a"]}})}
BODIED = {
    REST_API: {"id": "a", "name": "n", "body": json.dumps({"openapi": "3.0.1", "paths": {}})},
    "aws_api_gateway_rest_api_put.p": {"rest_api_id": "a", "body": json.dumps({"openapi": "3.0.1", "paths": {}})},
}
OPEN_BODY = json.dumps({"openapi": "3.0.1", "paths": {"/x": {"get": {}}}})
V2_STAGED = but(
    but(
        doors.http(authorization_type="CUSTOM"),
        "aws_apigatewayv2_authorizer.j",
        authorizer_type="REQUEST",
        jwt_configuration=[],
        authorizer_uri=STAGED,
    ),
    "aws_apigatewayv2_stage.s",
    stage_variables={"a": "one"},
    deployment_id="d",
)
V2_KEEPING = but(
    V2_STAGED,
    "aws_apigatewayv2_authorizer.j",
    authorizer_result_ttl_in_seconds=300,
    identity_sources=["$request.header.Authorization", "$request.querystring.tenant"],
)
DEPLOYED = {
    **doors.rest(),
    "aws_api_gateway_deployment.d": {
        "id": "d",
        "rest_api_id": "a",
        "stage_name": "live",
        "variables": {"a": "1"},
        "canary_settings": [{"stage_variable_overrides": {"a": "1"}}],
    },
}
PRIVATE_NAME = {
    "aws_api_gateway_domain_name.d": {
        "id": "d",
        "domain_name": "p",
        "endpoint_configuration": [{"types": ["PRIVATE"]}],
        "policy": FROM_INSIDE,
    },
    "aws_api_gateway_domain_name_access_association.x": {
        "id": "x",
        "access_association_source": "vpce-1",
        "access_association_source_type": "VPCE",
        "domain_name_arn": f"arn:aws:apigateway:eu-west-1:{ACCOUNT}:/domainnames/p+1",
    },
}


def nested(block: str, **values: Any) -> dict[str, Any]:
    return {block: [values]}


# Attribute => (state, address, its values after the change); None for what only says which object it is: a change of it
# makes another object, and is seen as one that goes and one that comes.
MUTATIONS: dict[tuple[str, str], tuple[dict[str, Any], str, dict[str, Any]] | None] = {
    ("aws_api_gateway_authorizer", "authorizer_uri"): (
        doors.rest(),
        "aws_api_gateway_authorizer.z",
        {"authorizer_uri": OTHER},
    ),
    ("aws_api_gateway_authorizer", "provider_arns"): (
        COGNITO,
        "aws_api_gateway_authorizer.z",
        {"provider_arns": [POOL, OTHER_POOL]},
    ),
    ("aws_api_gateway_authorizer", "authorizer_result_ttl_in_seconds"): (
        but(doors.rest(), "aws_api_gateway_authorizer.z", authorizer_result_ttl_in_seconds=0),
        "aws_api_gateway_authorizer.z",
        {"authorizer_result_ttl_in_seconds": 300},
    ),
    ("aws_api_gateway_authorizer", "identity_source"): (
        but(
            doors.rest(),
            "aws_api_gateway_authorizer.z",
            type="REQUEST",
            identity_source="method.request.header.Authorization,method.request.querystring.tenant",
        ),
        "aws_api_gateway_authorizer.z",
        {"identity_source": "method.request.querystring.tenant"},
    ),
    ("aws_api_gateway_authorizer", "rest_api_id"): None,
    ("aws_api_gateway_authorizer", "type"): (
        COGNITO,
        "aws_api_gateway_authorizer.z",
        {"type": "TOKEN", "authorizer_uri": LAMBDA},
    ),
    ("aws_api_gateway_base_path_mapping", "api_id"): (TWO, "aws_api_gateway_base_path_mapping.m", {"api_id": "b"}),
    ("aws_api_gateway_base_path_mapping", "base_path"): None,
    ("aws_api_gateway_base_path_mapping", "domain_name"): None,
    ("aws_api_gateway_base_path_mapping", "domain_name_id"): None,
    ("aws_api_gateway_base_path_mapping", "stage_name"): None,
    ("aws_api_gateway_domain_name", "domain_name"): None,
    ("aws_api_gateway_domain_name", "endpoint_configuration.types"): (
        PRIVATE_NAME,
        "aws_api_gateway_domain_name.d",
        nested("endpoint_configuration", types=["REGIONAL"]),
    ),
    ("aws_api_gateway_domain_name", "mutual_tls_authentication.truststore_uri"): (
        DOMAIN,
        "aws_api_gateway_domain_name.d",
        nested("mutual_tls_authentication", truststore_uri="s3://b/other", truststore_version="1"),
    ),
    ("aws_api_gateway_domain_name", "mutual_tls_authentication.truststore_version"): (
        DOMAIN,
        "aws_api_gateway_domain_name.d",
        nested("mutual_tls_authentication", truststore_uri="s3://b/ca.pem", truststore_version="2"),
    ),
    ("aws_api_gateway_domain_name", "policy"): (PRIVATE_NAME, "aws_api_gateway_domain_name.d", {"policy": None}),
    **{
        ("aws_api_gateway_domain_name_access_association", name): (
            PRIVATE_NAME,
            "aws_api_gateway_domain_name_access_association.x",
            {name: value},
        )
        for name, value in (
            ("access_association_source", "vpce-2"),
            ("access_association_source_type", "OTHER"),
            ("domain_name_arn", f"arn:aws:apigateway:eu-west-1:{ACCOUNT}:/domainnames/q+1"),
        )
    },
    ("aws_api_gateway_integration", "http_method"): None,
    ("aws_api_gateway_integration", "resource_id"): None,
    ("aws_api_gateway_integration", "rest_api_id"): None,
    ("aws_api_gateway_integration", "type"): (
        but(
            but(doors.rest(http_method="OPTIONS", authorization="NONE"), "aws_api_gateway_integration.m", type="MOCK"),
            "aws_api_gateway_integration.m",
            http_method="OPTIONS",
        ),
        "aws_api_gateway_integration.m",
        {"type": "AWS_PROXY"},
    ),
    ("aws_api_gateway_method", "api_key_required"): (
        doors.rest(authorization="NONE", api_key_required=True),
        "aws_api_gateway_method.m",
        {"api_key_required": False},
    ),
    ("aws_api_gateway_method", "authorization"): (
        doors.rest(),
        "aws_api_gateway_method.m",
        {"authorization": "NONE"},
    ),
    ("aws_api_gateway_method", "authorization_scopes"): (
        COGNITO,
        "aws_api_gateway_method.m",
        {"authorization_scopes": []},
    ),
    ("aws_api_gateway_method", "authorizer_id"): (doors.rest(), "aws_api_gateway_method.m", {"authorizer_id": "other"}),
    ("aws_api_gateway_method", "http_method"): None,
    ("aws_api_gateway_method", "resource_id"): None,
    ("aws_api_gateway_method", "rest_api_id"): None,
    ("aws_api_gateway_resource", "parent_id"): None,
    ("aws_api_gateway_resource", "path_part"): None,
    ("aws_api_gateway_resource", "rest_api_id"): None,
    ("aws_api_gateway_rest_api", "body"): (BODIED, REST_API, {"body": OPEN_BODY}),
    ("aws_api_gateway_rest_api", "disable_execute_api_endpoint"): (
        but(doors.rest(), REST_API, disable_execute_api_endpoint=True),
        REST_API,
        {"disable_execute_api_endpoint": False},
    ),
    ("aws_api_gateway_rest_api", "endpoint_configuration.types"): (
        PRIVATE,
        REST_API,
        nested("endpoint_configuration", types=["REGIONAL"], vpc_endpoint_ids=["vpce-1"]),
    ),
    ("aws_api_gateway_rest_api", "endpoint_configuration.vpc_endpoint_ids"): (
        PRIVATE,
        REST_API,
        nested("endpoint_configuration", types=["PRIVATE"], vpc_endpoint_ids=["vpce-1", "vpce-2"]),
    ),
    ("aws_api_gateway_rest_api", "parameters"): (
        BODIED,
        REST_API,
        {"parameters": {"basepath": "prepend"}},
    ),
    ("aws_api_gateway_rest_api", "policy"): (
        but(doors.rest(), REST_API, policy=FROM_INSIDE),
        REST_API,
        {"policy": doors.policy(doors.ALLOW)},
    ),
    # What is put is told; by itself the way of putting opens nothing.
    ("aws_api_gateway_rest_api", "put_rest_api_mode"): None,
    ("aws_api_gateway_rest_api_policy", "policy"): (
        POLICED,
        "aws_api_gateway_rest_api_policy.p",
        {"policy": doors.policy(doors.ALLOW)},
    ),
    ("aws_api_gateway_rest_api_policy", "rest_api_id"): (
        POLICED,
        "aws_api_gateway_rest_api_policy.p",
        {"rest_api_id": "b"},
    ),
    ("aws_api_gateway_rest_api_put", "body"): (BODIED, "aws_api_gateway_rest_api_put.p", {"body": OPEN_BODY}),
    ("aws_api_gateway_rest_api_put", "parameters"): (
        BODIED,
        "aws_api_gateway_rest_api_put.p",
        {"parameters": {"basepath": "split"}},
    ),
    ("aws_api_gateway_rest_api_put", "rest_api_id"): None,
    ("aws_api_gateway_stage", "canary_settings.deployment_id"): (
        VARIED,
        "aws_api_gateway_stage.live",
        nested("canary_settings", percent_traffic=1, deployment_id="old", stage_variable_overrides={"a": "one"}),
    ),
    ("aws_api_gateway_stage", "canary_settings.stage_variable_overrides"): (
        VARIED,
        "aws_api_gateway_stage.live",
        nested("canary_settings", percent_traffic=1, deployment_id="d", stage_variable_overrides={"a": "two"}),
    ),
    ("aws_api_gateway_stage", "deployment_id"): (VARIED, "aws_api_gateway_stage.live", {"deployment_id": "old"}),
    ("aws_api_gateway_stage", "rest_api_id"): None,
    ("aws_api_gateway_stage", "stage_name"): None,
    ("aws_api_gateway_stage", "variables"): (VARIED, "aws_api_gateway_stage.live", {"variables": {"a": "two"}}),
    ("aws_api_gateway_deployment", "canary_settings.stage_variable_overrides"): (
        DEPLOYED,
        "aws_api_gateway_deployment.d",
        nested("canary_settings", stage_variable_overrides={"a": "2"}),
    ),
    ("aws_api_gateway_deployment", "rest_api_id"): None,
    ("aws_api_gateway_deployment", "stage_name"): (DEPLOYED, "aws_api_gateway_deployment.d", {"stage_name": "beta"}),
    ("aws_api_gateway_deployment", "variables"): (DEPLOYED, "aws_api_gateway_deployment.d", {"variables": {"a": "2"}}),
    ("aws_apigatewayv2_api", "body"): (
        {
            HTTP_API: {
                "id": "h",
                "name": "n",
                "protocol_type": "HTTP",
                "body": OPEN_BODY.replace("/x", "/y"),
            }
        },
        HTTP_API,
        {"body": OPEN_BODY},
    ),
    ("aws_apigatewayv2_api", "disable_execute_api_endpoint"): (
        but(doors.http(), HTTP_API, disable_execute_api_endpoint=True),
        HTTP_API,
        {"disable_execute_api_endpoint": False},
    ),
    ("aws_apigatewayv2_api", "protocol_type"): None,
    ("aws_apigatewayv2_api", "route_key"): (
        {
            HTTP_API: {
                "id": "h",
                "name": "n",
                "protocol_type": "HTTP",
                "target": LAMBDA,
                "route_key": "GET /a",
            }
        },
        HTTP_API,
        {"route_key": "$default"},
    ),
    ("aws_apigatewayv2_api", "target"): (doors.http(), HTTP_API, {"target": LAMBDA}),
    ("aws_apigatewayv2_api_mapping", "api_id"): (V2_DOMAIN, "aws_apigatewayv2_api_mapping.m", {"api_id": "o"}),
    ("aws_apigatewayv2_api_mapping", "api_mapping_key"): None,
    ("aws_apigatewayv2_api_mapping", "domain_name"): None,
    ("aws_apigatewayv2_api_mapping", "stage"): None,
    ("aws_apigatewayv2_authorizer", "api_id"): None,
    ("aws_apigatewayv2_authorizer", "authorizer_result_ttl_in_seconds"): (
        V2_STAGED,
        "aws_apigatewayv2_authorizer.j",
        {"authorizer_result_ttl_in_seconds": 300},
    ),
    ("aws_apigatewayv2_authorizer", "identity_sources"): (
        V2_KEEPING,
        "aws_apigatewayv2_authorizer.j",
        {"identity_sources": ["$request.querystring.tenant"]},
    ),
    ("aws_apigatewayv2_authorizer", "authorizer_type"): (
        doors.http(),
        "aws_apigatewayv2_authorizer.j",
        {"authorizer_type": "REQUEST", "authorizer_uri": OTHER},
    ),
    ("aws_apigatewayv2_authorizer", "authorizer_uri"): (
        V2_STAGED,
        "aws_apigatewayv2_authorizer.j",
        {"authorizer_uri": OTHER},
    ),
    ("aws_apigatewayv2_authorizer", "jwt_configuration.audience"): (
        doors.http(),
        "aws_apigatewayv2_authorizer.j",
        nested("jwt_configuration", issuer="https://i.example.com", audience=["web", "any"]),
    ),
    ("aws_apigatewayv2_authorizer", "jwt_configuration.issuer"): (
        doors.http(),
        "aws_apigatewayv2_authorizer.j",
        nested("jwt_configuration", issuer="https://other", audience=["web"]),
    ),
    ("aws_apigatewayv2_domain_name", "domain_name"): None,
    # An HTTP API has no private endpoint: every value is the internet.
    ("aws_apigatewayv2_domain_name", "domain_name_configuration.endpoint_type"): None,
    ("aws_apigatewayv2_domain_name", "mutual_tls_authentication.truststore_uri"): (
        V2_DOMAIN,
        "aws_apigatewayv2_domain_name.d",
        nested("mutual_tls_authentication", truststore_uri="s3://b/x", truststore_version="1"),
    ),
    ("aws_apigatewayv2_domain_name", "mutual_tls_authentication.truststore_version"): (
        V2_DOMAIN,
        "aws_apigatewayv2_domain_name.d",
        nested("mutual_tls_authentication", truststore_uri="s3://b/ca", truststore_version="2"),
    ),
    ("aws_apigatewayv2_route", "api_id"): None,
    ("aws_apigatewayv2_route", "api_key_required"): (
        doors.http(authorization_type="NONE", api_key_required=True),
        "aws_apigatewayv2_route.r",
        {"api_key_required": False},
    ),
    ("aws_apigatewayv2_route", "authorization_scopes"): (
        doors.http(),
        "aws_apigatewayv2_route.r",
        {"authorization_scopes": []},
    ),
    ("aws_apigatewayv2_route", "authorization_type"): (
        doors.http(),
        "aws_apigatewayv2_route.r",
        {"authorization_type": "NONE"},
    ),
    ("aws_apigatewayv2_route", "authorizer_id"): (doors.http(), "aws_apigatewayv2_route.r", {"authorizer_id": "x"}),
    ("aws_apigatewayv2_route", "route_key"): (
        doors.http(authorization_type="NONE"),
        "aws_apigatewayv2_route.r",
        {"route_key": "ANY /{proxy+}"},
    ),
    ("aws_apigatewayv2_stage", "api_id"): None,
    ("aws_apigatewayv2_stage", "deployment_id"): (V2_STAGED, "aws_apigatewayv2_stage.s", {"deployment_id": "old"}),
    ("aws_apigatewayv2_stage", "name"): None,
    ("aws_apigatewayv2_stage", "stage_variables"): (
        V2_STAGED,
        "aws_apigatewayv2_stage.s",
        {"stage_variables": {"a": "two"}},
    ),
    ("aws_lambda_alias", "function_name"): None,
    ("aws_lambda_alias", "function_version"): (STEPS, "aws_lambda_alias.r", {"function_version": "3"}),
    ("aws_lambda_alias", "name"): None,
    ("aws_lambda_alias", "routing_config.additional_version_weights"): (
        STEPS,
        "aws_lambda_alias.r",
        nested("routing_config", additional_version_weights={"3": 0.5}),
    ),
    ("aws_lambda_function", "environment.variables"): (
        STEPS,
        FUNCTION,
        {"environment": doors.configured({"r": {}})},
    ),
    ("aws_lambda_function", "file_system_config.arn"): (
        doors.rest(),
        FUNCTION,
        nested("file_system_config", arn=FILES, local_mount_path="/mnt/a"),
    ),
    ("aws_lambda_function", "file_system_config.local_mount_path"): (
        but(doors.rest(), FUNCTION, file_system_config=[{"arn": FILES, "local_mount_path": "/mnt/a"}]),
        FUNCTION,
        nested("file_system_config", arn=FILES, local_mount_path="/mnt/b"),
    ),
    ("aws_lambda_function", "function_name"): None,
    ("aws_lambda_function", "handler"): (doors.rest(), FUNCTION, {"handler": "x.y"}),
    **{
        ("aws_lambda_function", f"image_config.{name}"): (
            doors.rest(),
            FUNCTION,
            nested("image_config", **{name: value}),
        )
        for name, value in (("command", ["x"]), ("entry_point", ["x"]), ("working_directory", "/x"))
    },
    ("aws_lambda_function", "image_uri"): (
        but(doors.rest(), FUNCTION, image_uri="1.dkr.ecr.e.amazonaws.com/auth:1"),
        FUNCTION,
        {"image_uri": "2.dkr.ecr.e.amazonaws.com/auth:1"},
    ),
    ("aws_lambda_function", "layers"): (
        doors.rest(),
        FUNCTION,
        {"layers": ["arn:aws:lambda:eu-west-1:222222222222:layer:x:1"]},
    ),
    ("aws_lambda_function", "package_type"): (doors.rest(), FUNCTION, {"package_type": "Image"}),
    ("aws_lambda_function_url", "authorization_type"): (
        URL,
        "aws_lambda_function_url.u",
        {"authorization_type": "NONE"},
    ),
    ("aws_lambda_function_url", "function_name"): None,
    ("aws_lambda_function_url", "qualifier"): None,
    ("aws_lambda_permission", "function_name"): None,
    **{
        ("aws_lambda_permission", name): (PERMITTED, "aws_lambda_permission.p", {name: value})
        for name, value in {
            "action": "lambda:*",
            "event_source_token": None,
            "function_url_auth_type": "NONE",
            "principal": "*",
            "principal_org_id": None,
            "qualifier": None,
            "source_account": None,
            "source_arn": None,
        }.items()
    },
    ("aws_wafregional_web_acl_association", "resource_arn"): (
        WALLED,
        "aws_wafregional_web_acl_association.w",
        {"resource_arn": "arn:aws:apigateway:eu-west-1::/restapis/b/stages/live"},
    ),
    ("aws_wafregional_web_acl_association", "web_acl_id"): (
        WALLED,
        "aws_wafregional_web_acl_association.w",
        {"web_acl_id": "other"},
    ),
    ("aws_wafv2_web_acl_association", "resource_arn"): (
        WALLED,
        "aws_wafv2_web_acl_association.w",
        {"resource_arn": "arn:aws:apigateway:eu-west-1::/restapis/b/stages/live"},
    ),
    ("aws_wafv2_web_acl_association", "web_acl_arn"): (
        WALLED,
        "aws_wafv2_web_acl_association.w",
        {"web_acl_arn": f"{ACL}2"},
    ),
}
