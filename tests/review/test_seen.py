"""Changes of access that were once told wrongly, each beside a harmless twin that must not stop the gate."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import yaml

from scripts.review_plan.render import markdown, sarif
from scripts.review_plan.render.json_report import plain
from tests.review import doors
from tests.review.doors import (
    ACCOUNT,
    ALLOW,
    ARN,
    AUTH,
    State,
    but,
    domain,
    function,
    http,
    invoke,
    only_from,
    ours,
    policy,
    rest,
    reviewed,
    stops,
    table,
    why,
    without,
)

GET = "GET /orders"
EXTENSION = "x-amazon-apigateway-"
OTHERS = ARN.format(account="222222222222", name="{}")
GATEWAY = "apigateway.amazonaws.com"
HEADER = "method.request.header.Authorization"
Case = tuple[State, State]


def body(kind: str, **more: Any) -> dict[str, Any]:
    """An OpenAPI document with one guarded operation."""
    lambda_ = {"type": "token", "authorizerUri": invoke(AUTH)}
    jwt = {"type": "jwt", "jwtConfiguration": {"issuer": "https://i.example.com", "audience": ["web"]}}
    cognito = {"type": "cognito_user_pools", "providerARNs": ["arn:aws:cognito-idp:e:1:userpool/one"]}
    scheme = {"lambda": lambda_, "jwt": jwt, "cognito": cognito}[kind]
    return {
        "openapi": "3.0.1",
        "info": {"title": "t", "version": "1"},
        "components": {
            "securitySchemes": {"guard": {"type": "oauth2", "x-amazon-apigateway-authorizer": scheme}},
        },
        "paths": {"/orders": {"get": {"security": [{"guard": ["orders:read"] if kind == "jwt" else []}]}}},
        **more,
    }


def with_body(text: str, *, rest_api: bool = True) -> State:
    address = "aws_api_gateway_rest_api.a" if rest_api else "aws_apigatewayv2_api.a"
    more = {} if rest_api else {"protocol_type": "HTTP"}
    return {address: {"id": "a", "name": "orders", "body": text, **more}, "aws_lambda_function.auth": function()}


def bodies(
    edit: Callable[[dict[str, Any]], Any], kind: str = "lambda", *, rest_api: bool = True, dump: Any = json.dumps
) -> Case:
    """An API by a body, and the same after an edit of it."""
    before, after = body(kind), deepcopy(body(kind))
    edit(after)
    return with_body(dump(before), rest_api=rest_api), with_body(dump(after), rest_api=rest_api)


def operation(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/orders"]["get"]
    return found


def scheme(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["securitySchemes"]["guard"]["x-amazon-apigateway-authorizer"]
    return found


def opened_for_all(document: dict[str, Any]) -> None:
    operation(document).pop("security")


def put(document: dict[str, Any]) -> State:
    api = {"id": "a", "name": "orders"}
    return {
        "aws_api_gateway_rest_api.a": api,
        "aws_api_gateway_rest_api_put.p": {"rest_api_id": "a", "body": json.dumps(document)},
        "aws_lambda_function.auth": function(),
    }


def opened_put() -> Case:
    document = body("lambda")
    opened_for_all(document)
    return put(body("lambda")), put(document)


def policed(*statements: dict[str, Any]) -> State:
    return {
        **rest(authorization="NONE", authorizer_id=None),
        "aws_api_gateway_rest_api_policy.p": {"id": "a", "rest_api_id": "a", "policy": policy(*statements)},
    }


def keeping(seconds: int, sources: str = HEADER) -> State:
    """A REST API whose function sees the whole request, and whose answers are kept by some of it."""
    return but(
        rest(),
        "aws_api_gateway_authorizer.z",
        type="REQUEST",
        identity_source=sources,
        authorizer_result_ttl_in_seconds=seconds,
    )


def kept_by_rule(rule: dict[str, Any], seconds: int) -> State:
    return but(ours({"r": rule}), "aws_api_gateway_authorizer.z", authorizer_result_ttl_in_seconds=seconds)


def resource_policy(*statements: dict[str, Any]) -> State:
    return {"aws_api_gateway_rest_api_policy.p": {"id": "a", "rest_api_id": "a", "policy": policy(*statements)}}


def permitted(**values: Any) -> State:
    given = {"id": "p", "action": "lambda:InvokeFunction", "function_name": "auth", "principal": GATEWAY}
    return {"aws_lambda_permission.p": {**given, **values}}


def endpoint(*statements: dict[str, Any], service_name: str = "com.amazonaws.eu-west-1.execute-api") -> State:
    return {"aws_vpc_endpoint.v": {"id": "v", "service_name": service_name, "policy": policy(*statements)}}


def new_behind(*statements: Any) -> Case:
    """An API with a resource policy, and the same with a route that asks for nothing."""
    text = policy(*statements) if statements != ("?",) else "{{ policy }}"
    after = but(policed(), "aws_api_gateway_rest_api_policy.p", policy=text)
    return without(after, METHOD), after


def allowed_if(operator: str, key: str, *values: str) -> dict[str, Any]:
    return {**ALLOW, "Condition": {operator: {key: list(values)}}}


def denied_unless_also(operator: str, key: str, *values: str) -> dict[str, Any]:
    denied = only_from("10.0.0.0/8")
    return {**denied, "Condition": {**denied["Condition"], operator: {key: list(values)}}}


def private(case: Case) -> Case:
    """The same for an API that VPC endpoints alone reach."""
    endpoints = [{"types": ["PRIVATE"], "vpc_endpoint_ids": ["vpce-1"]}]
    before, after = (but(state, "aws_api_gateway_rest_api.a", endpoint_configuration=endpoints) for state in case)
    return before, after


METHOD = "aws_api_gateway_method.m"
API_ARN = f"arn:aws:execute-api:eu-west-1:{ACCOUNT}"
OPEN = rest(authorization="NONE", authorizer_id=None)
CERTIFIED = but({**OPEN, **domain()}, "aws_api_gateway_rest_api.a", disable_execute_api_endpoint=True)
FROM_VPC = {**ALLOW, "Condition": {"StringEquals": {"aws:SourceVpce": ["vpce-1"]}}}
NARROW = policed(ALLOW, only_from("203.0.113.0/24"))
OWN_NARROW = but(NARROW, "aws_api_gateway_rest_api.a", policy=policy(ALLOW, only_from("203.0.113.0/24")))
TWO_APIS = {
    **rest(),
    **domain(mutual_tls_authentication=[]),
    "aws_api_gateway_rest_api.b": {"id": "b", "name": "open", "root_resource_id": "root-b"},
    "aws_api_gateway_resource.b": {"id": "rb", "rest_api_id": "b", "parent_id": "root-b", "path": "/orders"},
    "aws_api_gateway_method.b": {
        "id": "mb",
        "rest_api_id": "b",
        "resource_id": "rb",
        "http_method": "GET",
        "authorization": "NONE",
    },
}
RULE = {"r": {"claims": {"member": ["true"], "level": ["7"]}}}
STAGED = but(
    but(rest(), "aws_api_gateway_authorizer.z", authorizer_uri=invoke(f"{AUTH}:${{stageVariables.alias}}")),
    "aws_api_gateway_stage.live",
    variables={"alias": "strict", "colour": "red"},
)
STAGED_DOMAIN = {
    **but(STAGED, "aws_api_gateway_rest_api.a", disable_execute_api_endpoint=True),
    **domain(),
    **{
        f"aws_api_gateway_stage.{name}": {
            "id": name,
            "rest_api_id": "a",
            "stage_name": name,
            "deployment_id": deployment,
            "variables": {"alias": alias, "colour": name},
        }
        for name, deployment, alias in (("beta", "e", "strict"), ("lax", "d", "lax"), ("same", "d", "strict"))
    },
}
REVOKING = ours({"r": {}}, revocation={"table": "t", "on_failure": "refuse"})
FIREWALLED = {
    **rest(),
    "aws_wafv2_web_acl_association.w": {
        "id": "w",
        "resource_arn": "arn:aws:apigateway:eu-west-1::/restapis/a/stages/live",
        "web_acl_arn": "acl",
    },
}


def configured(rules: Any, **more: Any) -> State:
    return but(ours({}), "aws_lambda_function.auth", environment=doors.configured(rules, **more))


def called(uri: str) -> State:
    return but(rest(), "aws_api_gateway_authorizer.z", authorizer_uri=uri)


def decided(**values: Any) -> State:
    return but(rest(), "aws_lambda_function.auth", **values)


def variables(**values: str) -> State:
    return decided(environment=[{"variables": values}])


def only(state: State, part: str) -> State:
    """The resources of a state that have a word in their type."""
    return {address: values for address, values in state.items() if part in address}


def with_a_new_key_of_the_issuer() -> Any:
    text = json.dumps(doors.configured({"r": {}}))
    return json.loads(text.replace('\\"issuer\\"', '\\"new\\": 1, \\"issuer\\"'))


def stack(template: Any) -> State:
    return {"aws_cloudformation_stack.s": {"id": "s", "template_body": template}}


API_TEMPLATE = '{"Resources": {"M": {"Type": "AWS::ApiGateway::Method", "Properties": {"AuthorizationType": "%s"}}}}'

# Name => before and after, and what the gate stops at: (status, route).
OPENING: dict[str, tuple[Case, list[tuple[str, str]]]] = {
    "a YAML body loses security": (bodies(opened_for_all, dump=yaml.safe_dump), [("OPENED", GET)]),
    "a put body loses security": (opened_put(), [("OPENED", GET)]),
    "a body that cannot be read becomes another": (
        (with_body("{{ one }}"), with_body("{{ two }}")),
        [("UNREAD", "(routes of an OpenAPI body)")],
    ),
    "another JWT issuer": (
        bodies(lambda d: scheme(d)["jwtConfiguration"].update(issuer="https://x"), "jwt", rest_api=False),
        [("LOOSENED", GET)],
    ),
    "one JWT audience more": (
        bodies(lambda d: scheme(d)["jwtConfiguration"].update(audience=["web", "x"]), "jwt", rest_api=False),
        [("LOOSENED", GET)],
    ),
    "no JWT scope": (
        bodies(lambda d: operation(d).update(security=[{"guard": []}]), "jwt", rest_api=False),
        [("LOOSENED", GET)],
    ),
    "another Cognito pool": (
        bodies(lambda d: scheme(d).update(providerARNs=["arn:aws:cognito-idp:e:1:userpool/two"]), "cognito"),
        [("LOOSENED", GET)],
    ),
    "security moves to the root of a REST API": (
        bodies(lambda d: d.update(security=operation(d).pop("security"))),
        [("OPENED", GET)],
    ),
    "an empty alternative": (
        bodies(lambda d: operation(d)["security"].append({})),
        [("UNREAD", GET)],
    ),
    "an extension that nobody knows": (
        bodies(lambda d: operation(d).update({"x-amazon-apigateway-new": 1})),
        [("UNREAD", "aws_api_gateway_rest_api.a")],
    ),
    "a policy in the body goes": (
        (
            with_body(json.dumps(body("lambda", **{"x-amazon-apigateway-policy": json.loads(policy(FROM_VPC))}))),
            with_body(json.dumps(body("lambda"))),
        ),
        [("LOOSENED", GET)],
    ),
    "the endpoint is switched on in the body": (
        (
            with_body(
                json.dumps(
                    body("lambda", **{f"{EXTENSION}endpoint-configuration": {"disableExecuteApiEndpoint": True}})
                )
            ),
            with_body(json.dumps(body("lambda"))),
        ),
        [("LOOSENED", GET)],
    ),
    "an authorizer of another account": (
        (rest(), called(invoke(OTHERS.format("auth")))),
        [("LOOSENED", GET)],
    ),
    "an authorizer of another region": (
        (rest(), called(invoke(AUTH.replace("eu-west-1", "us-east-1")))),
        [("LOOSENED", GET)],
    ),
    "an integration of another account": (
        (
            rest(),
            but(rest(), "aws_api_gateway_integration.m", uri=invoke(OTHERS.format("backend"))),
        ),
        [("LOOSENED", GET)],
    ),
    "an alias of an old version": (
        (ours({"r": {}}), but(ours({"r": {}}), "aws_lambda_alias.r", function_version="3")),
        [("UNREAD", GET)],
    ),
    "a weight on an old version": (
        (
            ours({"r": {}}),
            but(ours({"r": {}}), "aws_lambda_alias.r", routing_config=[{"additional_version_weights": {"3": 0.1}}]),
        ),
        [("UNREAD", GET)],
    ),
    "a stage variable of the authorizer's URI": (
        (STAGED, but(STAGED, "aws_api_gateway_stage.live", variables={"alias": "lax", "colour": "red"})),
        [("UNREAD", GET)],
    ),
    "quick create": (
        ({}, {"aws_apigatewayv2_api.q": {"id": "q", "name": "q", "protocol_type": "HTTP", "target": AUTH}}),
        [("NEW", "$default")],
    ),
    "the only guard is destroyed": ((NARROW, without(NARROW, "aws_api_gateway_rest_api_policy.p")), [("OPENED", GET)]),
    "the only guard loses its networks": ((NARROW, policed(ALLOW)), [("OPENED", GET)]),
    "the only guard takes a wider network": (
        (NARROW, policed(ALLOW, only_from("203.0.112.0/20"))),
        [("LOOSENED", GET)],
    ),
    "the only guard loses its VPC": ((policed(FROM_VPC), policed(ALLOW)), [("OPENED", GET)]),
    "mutual TLS is dropped": (
        ({**rest(), **domain()}, {**rest(), **domain(mutual_tls_authentication=[])}),
        [("LOOSENED", GET)],
    ),
    "another trust store": (
        (
            {**rest(), **domain()},
            {**rest(), **domain(mutual_tls_authentication=[{"truststore_uri": "s3://b/x", "truststore_version": "1"}])},
        ),
        [("LOOSENED", GET)],
    ),
    "a domain leads to an open API": (
        (TWO_APIS, but(TWO_APIS, "aws_api_gateway_base_path_mapping.m", api_id="b")),
        [("OPENED", GET)],
    ),
    "the default endpoint is switched on": (
        (but(rest(), "aws_api_gateway_rest_api.a", disable_execute_api_endpoint=True), rest()),
        [("LOOSENED", GET)],
    ),
    "a web ACL is taken away": ((FIREWALLED, rest()), [("LOOSENED", GET)]),
    "a resource of API Gateway that this release does not know": (
        ({}, {"aws_apigatewayv2_routing_rule.r": {"id": "r", "priority": 1}}),
        [("UNREAD", "aws_apigatewayv2_routing_rule.r")],
    ),
    "an awscc method": (
        ({"awscc_apigateway_method.m": {"id": "m"}}, {"awscc_apigateway_method.m": {"id": "m", "x": "NONE"}}),
        [("UNREAD", "awscc_apigateway_method.m")],
    ),
    "a stack with a method": (
        (stack(API_TEMPLATE % "AWS_IAM"), stack(API_TEMPLATE % "NONE")),
        [("UNREAD", "aws_cloudformation_stack.s")],
    ),
    "a stack by a URL": (
        (
            {"aws_cloudformation_stack.s": {"id": "s", "template_url": "https://a"}},
            {"aws_cloudformation_stack.s": {"id": "s", "template_url": "https://b"}},
        ),
        [("UNREAD", "aws_cloudformation_stack.s")],
    ),
    "a layer is added": ((rest(), decided(layers=["arn:aws:lambda:e:9:layer:theirs:1"])), [("LOOSENED", GET)]),
    "a wrapper is added": ((rest(), variables(AWS_LAMBDA_EXEC_WRAPPER="/opt/x")), [("LOOSENED", GET)]),
    "another endpoint": ((rest(), variables(AWS_ENDPOINT_URL_DYNAMODB="https://x")), [("LOOSENED", GET)]),
    "another handler": ((rest(), decided(handler="other.handler")), [("LOOSENED", GET)]),
    "a claim's text becomes a literal": (
        (ours(RULE), configured({"r": {"claims": {"member": [True], "level": ["7"]}}})),
        [("LOOSENED", GET)],
    ),
    "a claim's text becomes a number": (
        (ours(RULE), configured({"r": {"claims": {"member": ["true"], "level": [7]}}})),
        [("LOOSENED", GET)],
    ),
    "a claim's number becomes a fraction": (
        (ours({"r": {"claims": {"n": [1]}}}), configured({"r": {"claims": {"n": [1.0]}}})),
        [("LOOSENED", GET)],
    ),
    "revoked tokens pass while the table is down": (
        (REVOKING, configured({"r": {}}, revocation={"table": "t", "on_failure": "allow"})),
        [("LOOSENED", GET)],
    ),
    "revocation goes": ((REVOKING, configured({"r": {}})), [("LOOSENED", GET)]),
    "an answer is kept": (
        (ours({"r": {"cache_seconds": 0}}), configured({"r": {"cache_seconds": 3600}})),
        [("LOOSENED", GET)],
    ),
    "rules become a list": ((ours({"r": {"scopes": ["a"]}}), configured([{"r": {}}])), [("UNREAD", GET)]),
    "a key of the configuration that nobody knows": (
        (ours({"r": {}}), configured({"r": {}}, open_door=True)),
        [("UNREAD", GET)],
    ),
    "a key of a rule that nobody knows": ((ours({"r": {}}), configured({"r": {"later": 1}})), [("UNREAD", GET)]),
    "a key of an issuer that nobody knows": (
        (
            ours({"r": {}}),
            but(
                ours({"r": {}}),
                "aws_lambda_function.auth",
                environment=with_a_new_key_of_the_issuer(),
            ),
        ),
        [("UNREAD", GET)],
    ),
    "a permission for another source": (
        (
            {
                "aws_lambda_permission.p": {
                    "id": "p",
                    "principal": GATEWAY,
                    "source_arn": "arn:x/*/GET/a",
                }
            },
            {"aws_lambda_permission.p": {"id": "p", "principal": GATEWAY, "source_arn": "arn:x/*"}},
        ),
        [("LOOSENED", "aws_lambda_permission.p")],
    ),
    "an authorizer whose routes are elsewhere": (
        (
            only(http(), "authorizer"),
            but(only(http(), "authorizer"), "aws_apigatewayv2_authorizer.j", jwt_configuration=[{}]),
        ),
        [("LOOSENED", "aws_apigatewayv2_authorizer.j")],
    ),
    "our function whose authorizers are elsewhere": (
        (
            only(ours({"r": {"scopes": ["a"]}}), "lambda"),
            only(configured({"r": {}}), "lambda"),
        ),
        [("LOOSENED", "rule r of aws_lambda_function.auth")],
    ),
    "an alias of our function whose authorizers are elsewhere": (
        (
            only(ours({"r": {}}), "lambda"),
            but(only(ours({"r": {}}), "lambda"), "aws_lambda_alias.r", function_version="2"),
        ),
        [("UNREAD", "rule r of aws_lambda_function.auth")],
    ),
    "the policy of an API elsewhere goes": (
        (only(NARROW, "policy"), {}),
        [("LOOSENED", "a")],
    ),
    "mutual TLS of a domain whose API is elsewhere": (
        (only(domain(), "domain_name"), only(domain(mutual_tls_authentication=[]), "domain_name")),
        [("LOOSENED", "api.example.com")],
    ),
    "the endpoint of an API whose routes are elsewhere": (
        (
            but(only(rest(), "rest_api"), "aws_api_gateway_rest_api.a", disable_execute_api_endpoint=True),
            only(rest(), "rest_api"),
        ),
        [("LOOSENED", "aws_api_gateway_rest_api.a")],
    ),
    "a web ACL of an API elsewhere goes": ((only(FIREWALLED, "web_acl"), {}), [("LOOSENED", "a")]),
    "a domain for an API elsewhere": (({}, domain()), [("UNREAD", "api.example.com")]),
    "an attribute that nobody knows": (
        (rest(), but(rest(), "aws_api_gateway_method.m", bypass=True)),
        [("UNREAD", "aws_api_gateway_method.m")],
    ),
    "a stage turns to an old deployment": (
        (rest(), but(rest(), "aws_api_gateway_stage.live", deployment_id="old")),
        [("UNREAD", "aws_api_gateway_stage.live")],
    ),
    "a policy comes to a route that another's function guards": (
        (rest(), {**rest(), **resource_policy(ALLOW)}),
        [("LOOSENED", GET)],
    ),
    "the API's own policy opens beside a resource's": (
        (OWN_NARROW, but(OWN_NARROW, "aws_api_gateway_rest_api.a", policy=policy(ALLOW))),
        [("OPENED", GET)],
    ),
    "a second resource with a policy": (
        (
            NARROW,
            {
                **NARROW,
                "aws_api_gateway_rest_api_policy.first": {"id": "a", "rest_api_id": "a", "policy": policy(ALLOW)},
            },
        ),
        [("OPENED", GET)],
    ),
    "a policy in the body beside a resource's": (
        (
            {**with_body(json.dumps(body("lambda"))), **resource_policy(FROM_VPC)},
            {
                **with_body(json.dumps(body("lambda", **{f"{EXTENSION}policy": json.loads(policy(ALLOW))}))),
                **resource_policy(FROM_VPC),
            },
        ),
        [("LOOSENED", GET)],
    ),
    "an operation without authorization beside security": (
        bodies(lambda d: operation(d).update({f"{EXTENSION}auth": {"type": "NONE"}})),
        [("UNREAD", GET)],
    ),
    "an operation of a type of authorization that nobody knows": (
        bodies(lambda d: operation(d).update({f"{EXTENSION}auth": {"type": "JWT"}})),
        [("UNREAD", GET)],
    ),
    "an identity source goes from answers that are kept": (
        (keeping(300, f"{HEADER},method.request.querystring.tenant"), keeping(300)),
        [("LOOSENED", GET)],
    ),
    "answers are kept": ((keeping(0), keeping(300)), [("LOOSENED", GET)]),
    "answers of a rule that goes by the path are kept": (
        (kept_by_rule({"path_equals": {"id": "sub"}}, 0), kept_by_rule({"path_equals": {"id": "sub"}}, 300)),
        [("LOOSENED", GET)],
    ),
    "answers are kept by less than the token": (
        (rest(), keeping(300, "method.request.querystring.tenant")),
        [("LOOSENED", GET)],
    ),
    "answers are kept in a body": (
        bodies(
            lambda d: scheme(d).update(type="request", identitySource="method.request.querystring.tenant"),
        ),
        [("LOOSENED", GET)],
    ),
    "a permission for another account": (
        (rest(), {**rest(), **permitted(principal="222222222222")}),
        [("LOOSENED", "aws_lambda_permission.p")],
    ),
    "a permission for every API": (
        (rest(), {**rest(), **permitted()}),
        [("LOOSENED", "aws_lambda_permission.p")],
    ),
    "a permission that makes a function's URL public": (
        (rest(), {**rest(), **permitted(principal="*", function_url_auth_type="NONE")}),
        [("LOOSENED", "aws_lambda_permission.p")],
    ),
    "a stage more of an old deployment": (
        (
            rest(),
            {
                **rest(),
                "aws_api_gateway_stage.old": {
                    "id": "o",
                    "rest_api_id": "a",
                    "stage_name": "old",
                    "deployment_id": "old",
                },
            },
        ),
        [("UNREAD", "aws_api_gateway_stage.old")],
    ),
    "a domain leads to a stage of another deployment": (
        (STAGED_DOMAIN, but(STAGED_DOMAIN, "aws_api_gateway_base_path_mapping.m", stage_name="beta")),
        [("UNREAD", "api.example.com")],
    ),
    "a domain leads to a stage of other variables": (
        (STAGED_DOMAIN, but(STAGED_DOMAIN, "aws_api_gateway_base_path_mapping.m", stage_name="lax")),
        [("UNREAD", "api.example.com")],
    ),
    "the policy of a VPC endpoint lets more through": (
        (endpoint(FROM_VPC), endpoint(ALLOW)),
        [("LOOSENED", "aws_vpc_endpoint.v")],
    ),
    "the policy of a VPC endpoint goes": (
        (
            {
                **endpoint(ALLOW),
                "aws_vpc_endpoint_policy.p": {"id": "v", "vpc_endpoint_id": "v", "policy": policy(FROM_VPC)},
            },
            endpoint(ALLOW),
        ),
        [("LOOSENED", "aws_vpc_endpoint_policy.p")],
    ),
    "a public route beside a Deny for another route": (
        new_behind(ALLOW, {**only_from("203.0.113.0/24"), "Resource": "execute-api:/live/GET/admin"}),
        [("NEW", GET)],
    ),
    "a public route behind a policy that cannot be read": (new_behind("?"), [("NEW", GET)]),
    "a public route of a private API whose policy asks nothing": (
        private(new_behind(ALLOW)),
        [("NEW", GET)],
    ),
    "a private API whose policy asks nothing becomes regional": (
        (private((policed(ALLOW), {}))[0], policed(ALLOW)),
        [("OPENED", GET)],
    ),
    "the policy of a private API lets every endpoint in": (
        private((policed(FROM_VPC), policed(ALLOW))),
        [("OPENED", GET)],
    ),
    **{
        f"a public route behind {name}": (new_behind(*statements), [("NEW", GET)])
        for name, statements in {
            "a condition that a missing key meets": [allowed_if("StringEqualsIfExists", "aws:SourceVpce", "vpce-1")],
            "a condition on all values of none": [allowed_if("ForAllValues:StringEquals", "aws:SourceVpce", "vpce-1")],
            "what any caller may write": [allowed_if("StringEquals", "aws:Referer", "https://app.example.com")],
            "a network that is the internet": [allowed_if("IpAddress", "aws:SourceIp", "0.0.0.0/0")],
            "two halves of the internet": [allowed_if("IpAddress", "aws:SourceIp", "0.0.0.0/1", "128.0.0.0/1")],
            "a pattern of every endpoint": [allowed_if("StringLike", "aws:SourceVpce", "vpce-*")],
            "a Deny of another action": [ALLOW, {**only_from("10.0.0.0/8"), "Action": "execute-api:ManageConnections"}],
            "a Deny of another API": [ALLOW, {**only_from("10.0.0.0/8"), "Resource": f"{API_ARN}:other/*"}],
            "a Deny of another stage": [ALLOW, {**only_from("10.0.0.0/8"), "Resource": "execute-api:/beta/*"}],
            "a Deny for some of the others": [ALLOW, denied_unless_also("StringEquals", "aws:UserAgent", "x")],
        }.items()
    },
}

HARMLESS: dict[str, Case] = {
    "a YAML body is written as JSON": (
        with_body(yaml.safe_dump(body("lambda"))),
        with_body(json.dumps(body("lambda"), indent=2)),
    ),
    "a body gets a summary": bodies(lambda d: operation(d).update(summary="All orders")),
    "a YAML body gets a description": bodies(lambda d: d["info"].update(description="x"), dump=yaml.safe_dump),
    "a put body gets a summary": (
        put(body("lambda")),
        put({**body("lambda"), "info": {"title": "t", "version": "2"}}),
    ),
    "a body that cannot be read stays": (
        with_body("{{ one }}"),
        but(with_body("{{ one }}"), "aws_api_gateway_rest_api.a", description="x"),
    ),
    "security moves to the root of an HTTP API": bodies(
        lambda d: d.update(security=operation(d).pop("security")), "jwt", rest_api=False
    ),
    "a policy in the body is written in another order": (
        with_body(json.dumps(body("lambda", **{"x-amazon-apigateway-policy": {"Statement": [ALLOW, FROM_VPC]}}))),
        with_body(json.dumps(body("lambda", **{"x-amazon-apigateway-policy": {"Statement": [FROM_VPC, ALLOW]}}))),
    ),
    "the code of the authorizer": (rest(), decided(source_code_hash="b", version="6")),
    "the runtime of the authorizer": (rest(), decided(runtime="python3.14")),
    "another variable": (rest(), variables(LOG_LEVEL="debug")),
    "another version of a layer": (
        decided(layers=["arn:aws:lambda:e:1:layer:tools:1"]),
        decided(layers=["arn:aws:lambda:e:1:layer:tools:2"]),
    ),
    "another stage variable": (
        STAGED,
        but(STAGED, "aws_api_gateway_stage.live", variables={"alias": "strict", "colour": "blue"}),
    ),
    "a policy with another Sid, in another order": (
        NARROW,
        policed({**only_from("203.0.113.0/24"), "Sid": "Office"}, {**ALLOW, "Sid": "All"}),
    ),
    "a policy takes a part of the network": (NARROW, policed(ALLOW, only_from("203.0.113.0/25"))),
    "a policy comes to a route that our own function guards": (
        ours({"r": {}}),
        {**ours({"r": {}}), **resource_policy(FROM_VPC)},
    ),
    "the API's own policy is filled in as a resource's": (
        NARROW,
        but(NARROW, "aws_api_gateway_rest_api.a", description="x", policy=None),
    ),
    "identity sources come to answers that are kept": (
        keeping(300, f"{HEADER},method.request.querystring.tenant"),
        keeping(300, f"{HEADER},method.request.querystring.tenant,method.request.header.Accept"),
    ),
    "answers of a rule that goes by the token are kept": (
        kept_by_rule({"scopes": ["a"]}, 0),
        kept_by_rule({"scopes": ["a"]}, 300),
    ),
    "answers are kept for longer": (keeping(60), keeping(3600)),
    "answers are kept no more": (keeping(60), keeping(0)),
    "a token comes in another header": (
        rest(),
        but(rest(), "aws_api_gateway_authorizer.z", identity_source="method.request.header.X-Token"),
    ),
    "an authorizer's credentials": (rest(), but(rest(), "aws_api_gateway_authorizer.z", authorizer_credentials="role")),
    "a permission for one API": (rest(), {**rest(), **permitted(source_arn="arn:aws:execute-api:e:1:a/*")}),
    "a permission for another service": (rest(), {**rest(), **permitted(principal="events.amazonaws.com")}),
    "a permission for another account's new function": (
        {},
        {"aws_lambda_function.auth": function(), **permitted(principal="222222222222")},
    ),
    "a stage more of the same deployment": (
        rest(),
        {
            **rest(),
            "aws_api_gateway_stage.beta": {"id": "b", "rest_api_id": "a", "stage_name": "beta", "deployment_id": "d"},
        },
    ),
    "a domain leads to another stage of the same deployment": (
        STAGED_DOMAIN,
        but(STAGED_DOMAIN, "aws_api_gateway_base_path_mapping.m", stage_name="same"),
    ),
    "a domain leads to a path below": (
        {**rest(), **domain()},
        but({**rest(), **domain()}, "aws_api_gateway_base_path_mapping.m", base_path="v1"),
    ),
    "the policy of a VPC endpoint lets fewer through": (endpoint(ALLOW), endpoint(FROM_VPC)),
    "the policy of another service's VPC endpoint": (
        endpoint(FROM_VPC, service_name="com.amazonaws.eu-west-1.s3"),
        endpoint(ALLOW, service_name="com.amazonaws.eu-west-1.s3"),
    ),
    "mutual TLS comes": ({**rest(), **domain(mutual_tls_authentication=[])}, {**rest(), **domain()}),
    "another certificate of the domain": (
        {**rest(), **domain()},
        {**rest(), **domain(regional_certificate_arn="new")},
    ),
    "the default endpoint is switched off": (
        rest(),
        but(rest(), "aws_api_gateway_rest_api.a", disable_execute_api_endpoint=True),
    ),
    "a web ACL comes": (rest(), FIREWALLED),
    "a domain of an API that is open anyway": (
        rest(authorization="NONE"),
        {**rest(authorization="NONE"), **domain(mutual_tls_authentication=[])},
    ),
    "an awscc bucket": (
        {"awscc_s3_bucket.b": {"id": "b"}},
        {"awscc_s3_bucket.b": {"id": "b", "acl": "x"}},
    ),
    "a stack without a door": (
        stack('{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}'),
        stack('{"Resources": {"B": {"Type": "AWS::SNS::Topic"}}}'),
    ),
    "an alternative that was there": (
        ours({"r": {"scopes": ["a"], "any_scope": ["a"]}}),
        configured({"r": {"any_scope": ["a"]}}),
    ),
    "values in another order": (
        ours({"r": {"claims": {"g": ["a", "b"]}}}),
        configured({"r": {"claims": {"g": ["b", "a"]}}}),
    ),
    "an answer is kept for less time": (ours({"r": {"cache_seconds": 60}}), configured({"r": {"cache_seconds": 0}})),
    "telemetry": (ours({"r": {}}), configured({"r": {}}, telemetry={"namespace": "N"})),
    "more claims for the backend": (ours({"r": {}}), configured({"r": {}}, context_claims=["email"])),
    "a description": (rest(), but(rest(), "aws_api_gateway_rest_api.a", description="new")),
    "a permission for less": (
        {"aws_lambda_permission.p": {"id": "p", "principal": GATEWAY, "source_arn": "arn:x/*"}},
        {
            "aws_lambda_permission.p": {
                "id": "p",
                "principal": GATEWAY,
                "source_arn": "arn:x/*/GET/a",
            }
        },
    ),
    "our function alone asks for more": (
        only(ours({"r": {}}), "lambda"),
        only(configured({"r": {"scopes": ["a"]}}), "lambda"),
    ),
    "a domain of an API elsewhere gets a certificate": (domain(), domain(regional_certificate_arn="new")),
    "a web ACL of a load balancer goes": (
        {
            "aws_wafv2_web_acl_association.w": {
                "id": "w",
                "resource_arn": "arn:aws:elasticloadbalancing:e:1:x",
                "web_acl_arn": "a",
            }
        },
        {},
    ),
    **{
        f"a public route behind {name}": new_behind(*statements)
        for name, statements in {
            "one network": [ALLOW, only_from("203.0.113.0/24")],
            "one network, for this API and stage": [
                ALLOW,
                {**only_from("203.0.113.0/24"), "Resource": f"{API_ARN}:a/live/*"},
            ],
            "one network, for this route": [
                ALLOW,
                {**only_from("203.0.113.0/24"), "Resource": "execute-api:/*/GET/orders"},
            ],
            "one endpoint": [FROM_VPC],
            "one organization": [allowed_if("StringEquals", "aws:PrincipalOrgID", "o-1")],
        }.items()
    },
    "a public route of a private API with one endpoint": private(new_behind(FROM_VPC)),
    "a public route behind client certificates alone": (
        without(CERTIFIED, METHOD),
        CERTIFIED,
    ),
    "a usage plan": (
        {"aws_api_gateway_usage_plan.p": {"id": "p", "name": "a"}},
        {"aws_api_gateway_usage_plan.p": {"id": "p", "name": "b"}},
    ),
}


@pytest.mark.parametrize("name", OPENING)
def test_the_gate_stops_at(name: str) -> None:
    (before, after), expected = OPENING[name]
    found = reviewed(before, after)
    assert stops(found) == expected, why(found)


@pytest.mark.parametrize("name", [name for name, ((before, _), _) in OPENING.items() if before])
def test_the_same_the_other_way_round_opens_nothing_or_cannot_be_read(name: str) -> None:
    (before, after), expected = OPENING[name]
    found = reviewed(after, before)
    assert not [each for each in stops(found) if each[0] == "OPENED"], (expected, why(found))


@pytest.mark.parametrize("name", HARMLESS)
def test_the_gate_does_not_stop_at(name: str) -> None:
    found = reviewed(*HARMLESS[name])
    assert stops(found) == [], why(found)


@pytest.mark.parametrize("name", [*OPENING, *HARMLESS])
def test_what_does_not_change_is_not_said_to_change(name: str) -> None:
    before, after = OPENING[name][0] if name in OPENING else HARMLESS[name]
    for state in (before, after):
        assert table(reviewed(state, state)) == []


def test_two_apis_whose_ids_come_through_a_local_are_not_taken_for_one() -> None:
    def api(key: str) -> dict[str, Any]:
        return {"key": key, "name": key, "protocol_type": "HTTP"}

    def route(key: str, kind: str) -> dict[str, Any]:
        return {"key": key, "route_key": GET, "authorization_type": kind}

    after = {
        'aws_apigatewayv2_api.a["in"]': api("in"),
        'aws_apigatewayv2_api.a["out"]': api("out"),
        'aws_apigatewayv2_route.r["in"]': route("in", "AWS_IAM"),
        'aws_apigatewayv2_route.r["out"]': route("out", "NONE"),
    }
    unknown = {address: {"api_id": True} if "route" in address else {"id": True} for address in after}
    for references in (["local.apis", "each.key"], ["aws_apigatewayv2_api.a", "each.key"]):
        found = reviewed({}, after, unknown=unknown, references={"aws_apigatewayv2_route.r": {"api_id": references}})
        assert sorted(table(found)) == [("NEW", GET), ("NEW", GET)]
        assert stops(found) == [("NEW", GET)]


def test_two_resources_whose_parents_come_through_a_local_are_both_shown() -> None:
    before = {"aws_api_gateway_rest_api.a": {"id": "a", "name": "n", "root_resource_id": "root"}}
    after = dict(before)
    unknown: dict[str, Any] = {}
    for name, kind in (("one", "AWS_IAM"), ("two", "NONE")):
        after[f"aws_api_gateway_resource.{name}"] = {"rest_api_id": "a", "path_part": "users"}
        after[f"aws_api_gateway_method.{name}"] = {"rest_api_id": "a", "http_method": "GET", "authorization": kind}
        unknown[f"aws_api_gateway_resource.{name}"] = {"id": True, "parent_id": True, "path": True}
        unknown[f"aws_api_gateway_method.{name}"] = {"id": True, "resource_id": True}
    references = {
        f"aws_api_gateway_{kind}.{name}": {attribute: [reference.format(name)]}
        for name in ("one", "two")
        for kind, attribute, reference in (
            ("resource", "parent_id", "local.parents"),
            ("method", "resource_id", "aws_api_gateway_resource.{}.id"),
        )
    }
    found = reviewed(before, after, unknown=unknown, references=references)
    assert table(found) == [("NEW", "GET (path known after apply) …/users")] * 2
    assert [change.route.address for change in found.not_allowed] == ["aws_api_gateway_method.two"]


def test_an_equal_key_is_evidence_only_where_the_expression_is_the_key_itself() -> None:
    def authorizer(key: str, issuer: str) -> dict[str, Any]:
        settings = [{"issuer": issuer, "audience": ["a"]}]
        return {"key": key, "api_id": "h", "name": key, "authorizer_type": "JWT", "jwt_configuration": settings}

    before = {"aws_apigatewayv2_api.h": {"id": "h", "name": "n", "protocol_type": "HTTP"}}
    after = {
        **before,
        'aws_apigatewayv2_authorizer.z["own"]': authorizer("own", "https://own"),
        'aws_apigatewayv2_authorizer.z["any"]': authorizer("any", "https://any"),
        'aws_apigatewayv2_route.r["own"]': {
            "key": "own",
            "api_id": "h",
            "route_key": GET,
            "authorization_type": "JWT",
        },
    }
    unknown = {address: {"id": True} for address in after if "authorizer" in address}
    unknown['aws_apigatewayv2_route.r["own"]'] = {"id": True, "authorizer_id": True}

    def by(*references: str) -> list[tuple[str, str]]:
        named = {"aws_apigatewayv2_route.r": {"authorizer_id": list(references)}}
        return stops(reviewed(before, after, unknown=unknown, references=named))

    assert by("aws_apigatewayv2_authorizer.z", "each.key") == []
    assert by("aws_apigatewayv2_authorizer.z", "local.swap", "each.key") == [("NEW", GET)]
    assert by("local.authorizers", "each.key") == [("NEW", GET)]


@pytest.mark.parametrize(
    ("carrier", "attribute", "stopped"),
    [
        ("terraform_data.x", "output", True),
        ("restapi_object.x", "id", True),
        ("aws_ssm_parameter.x", "value", True),
        ("aws_servicecatalog_provisioned_product.x", "outputs", True),
        ("terraform_data.x", "id", False),
        ("random_id.x", "hex", False),
        ("aws_sqs_queue.x", "arn", False),
    ],
)
def test_an_authorizer_whose_id_somebody_may_have_written_is_not_the_only_one_of_the_plan(
    carrier: str, attribute: str, stopped: bool
) -> None:
    before = {**rest(), carrier: {"name": "x"}}
    unknown = {
        METHOD: {"authorizer_id": True},
        carrier: {attribute: True},
        "aws_api_gateway_authorizer.z": {"id": True},
    }
    references = {METHOD: {"authorizer_id": ["local.authorizer"]}}
    found = reviewed(before, but(before, carrier, name="y"), unknown=unknown, references=references)
    assert stops(found) == ([("UNREAD", GET)] if stopped else [])


def test_a_new_route_that_one_of_several_known_authorizers_guards_passes_with_all_of_them() -> None:
    def authorizer(key: str) -> dict[str, Any]:
        settings = [{"issuer": f"https://{key}", "audience": ["a"]}]
        return {"key": key, "api_id": "h", "name": key, "authorizer_type": "JWT", "jwt_configuration": settings}

    api = {"aws_apigatewayv2_api.h": {"id": "h", "name": "n", "protocol_type": "HTTP"}}
    after = {
        **api,
        'aws_apigatewayv2_authorizer.z["own"]': authorizer("own"),
        'aws_apigatewayv2_authorizer.z["any"]': authorizer("any"),
        "aws_apigatewayv2_route.r": {"api_id": "h", "route_key": GET, "authorization_type": "JWT"},
        "aws_lambda_function.f": {"function_name": "f"},
    }
    unknown = {address: {"id": True} for address in after if "authorizer" in address}
    unknown["aws_apigatewayv2_route.r"] = {"id": True, "authorizer_id": True}
    unknown["aws_lambda_function.f"] = {"arn": True}

    def by(*more: str) -> Any:
        references = ["aws_apigatewayv2_authorizer.z", *more]
        return reviewed(
            api, after, unknown=unknown, references={"aws_apigatewayv2_route.r": {"authorizer_id": references}}
        )

    for found in (by(), by("aws_lambda_function.f.arn", "aws_lambda_function.f")):
        assert (table(found), stops(found)) == ([("NEW", GET)], [])
        assert "issuer https://any" in why(found)
        assert "issuer https://own" in why(found)
    assert stops(by("local.x")) == [("NEW", GET)]


def test_a_permission_for_a_principal_that_is_known_after_apply_stops_the_gate() -> None:
    after = {**rest(), **permitted()}
    found = reviewed(rest(), after, unknown={"aws_lambda_permission.p": {"principal": True}})
    assert stops(found) == [("LOOSENED", "aws_lambda_permission.p")]


def test_a_uri_without_an_alias_lets_nobody_in() -> None:
    found = reviewed(ours({"r": {}}), but(ours({"r": {}}), "aws_api_gateway_authorizer.z", authorizer_uri=invoke(AUTH)))
    assert (table(found), stops(found)) == ([("TIGHTENED", GET)], [])
    assert "is called by no alias, so that every call fails" in why(found)


def test_a_deployment_of_the_code_by_a_qualified_arn_is_no_other_function() -> None:
    before = called(invoke(f"{AUTH}:5"))
    unknown = {
        "aws_lambda_function.auth": {"version": True, "qualified_arn": True, "qualified_invoke_arn": True},
        "aws_api_gateway_authorizer.z": {"authorizer_uri": True},
    }
    references = {
        "aws_api_gateway_authorizer.z": {
            "authorizer_uri": ["aws_lambda_function.auth.qualified_invoke_arn", "aws_lambda_function.auth"]
        }
    }
    after = but(before, "aws_lambda_function.auth", source_code_hash="new")
    assert stops(reviewed(before, after, unknown=unknown, references=references)) == []
    through_a_local = {"aws_api_gateway_authorizer.z": {"authorizer_uri": ["local.uri"]}}
    more = {
        **after,
        "aws_lambda_function.weak": function(function_name="weak", arn=ARN.format(account=ACCOUNT, name="weak")),
    }
    unknown["aws_lambda_function.weak"] = {"invoke_arn": True}
    assert stops(reviewed(before, more, unknown=unknown, references=through_a_local)) == [("LOOSENED", GET)]


def test_an_alias_that_follows_what_the_plan_publishes_has_the_planned_configuration() -> None:
    before = ours({"r": {"scopes": ["a"]}})
    references = {
        "aws_lambda_alias.r": {"function_version": ["aws_lambda_function.auth.version", "aws_lambda_function.auth"]}
    }
    unknown = {"aws_lambda_function.auth": {"version": True}, "aws_lambda_alias.r": {"function_version": True}}

    def to(rule: dict[str, Any]) -> list[tuple[str, str]]:
        environment = doors.configured({"r": rule})
        after = but(before, "aws_lambda_function.auth", environment=environment)
        return stops(reviewed(before, after, unknown=unknown, references=references))

    assert to({"scopes": ["a", "b"]}) == []
    assert to({}) == [("LOOSENED", GET)]
    # An alias that stays behind keeps what its version had.
    stays = but(before, "aws_lambda_function.auth", environment=doors.configured({"r": {}}))
    assert table(reviewed(before, stays, unknown={"aws_lambda_function.auth": {"version": True}})) == []


def test_a_function_that_is_made_anew_has_none_of_its_old_versions() -> None:
    before = ours({"r": {"scopes": ["a"]}})
    anew = {"version": True, "qualified_arn": True, "qualified_invoke_arn": True}
    found = reviewed(
        before,
        but(before, "aws_lambda_function.auth", environment=doors.configured({"r": {}})),
        unknown={"aws_lambda_function.auth": anew},
        actions={"aws_lambda_function.auth": ["delete", "create"]},
    )
    assert stops(found) == [("UNREAD", GET)]


def test_what_is_forgotten_lives_on_and_is_said_to() -> None:
    before = rest(authorization="NONE", authorizer_id=None)
    found = _forgotten(before, "aws_api_gateway_method.m")
    assert (table(found), stops(found)) == ([("FORGOTTEN", GET)], [])
    assert "public, and it lives on in AWS without Terraform" in why(found)


def _forgotten(before: State, address: str) -> Any:
    from scripts.review_plan import review
    from scripts.review_plan.gate import AllowList
    from scripts.review_plan.plan import document
    from tests.review.generated import change, plan

    entries = [
        change(name, values, None, actions=["forget"]) if name == address else change(name, values, values)
        for name, values in before.items()
    ]
    return review.review_plan(document.read(plan(*entries)), AllowList())


def test_a_route_that_stays_in_a_merged_api_is_not_gone() -> None:
    def api(document: dict[str, Any]) -> State:
        return but(with_body(json.dumps(document)), "aws_api_gateway_rest_api.a", put_rest_api_mode="merge")

    found = reviewed(api(body("lambda")), api(body("lambda", paths={})))
    assert table(found) == [("FORGOTTEN", GET)]


def test_a_body_beside_a_policy_of_its_own_is_warned_of() -> None:
    own = {"aws_api_gateway_rest_api_policy.p": {"id": "a", "rest_api_id": "a", "policy": policy(FROM_VPC)}}
    before, after = bodies(lambda d: operation(d).update(summary="x"))
    found = reviewed({**before, **own}, {**after, **own})
    said = [plain(found, finding.text) for finding in found.findings["not_live"] if finding.rule_id == "policy-wiped"]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("actions", "level", "said"),
    [
        ((), "danger", "goes, and is served until the next deployment"),
        (("create", "delete"), "notice", "holds it still: make it anew once more after the apply"),
    ],
)
def test_a_route_that_goes_and_is_served_all_the_same_is_warned_of(
    actions: tuple[str, ...], level: str, said: str
) -> None:
    deployment = "aws_api_gateway_deployment.d"
    before = {**OPEN, deployment: {"id": "d", "rest_api_id": "a", "triggers": {"x": "1"}}}
    unknown = {deployment: {"id": True}, "aws_api_gateway_stage.live": {"deployment_id": True}} if actions else {}
    after = without(without(before, METHOD), "aws_api_gateway_integration.m")
    found = reviewed(before, after, unknown=unknown, actions={deployment: list(actions)} if actions else {})
    assert (table(found), stops(found)) == ([("GONE", GET)], [])
    (finding,) = found.findings["not_live"]
    assert (finding.rule_id, finding.level.value) == ("still-served", level)
    assert said in plain(found, finding.text)


def test_a_route_of_an_http_api_that_deploys_by_itself_goes_at_once() -> None:
    found = reviewed(http(), without(http(), "aws_apigatewayv2_route.r"))
    assert (table(found), found.findings["not_live"]) == ([("GONE", GET)], ())


def test_all_claims_for_the_backend_are_a_danger() -> None:
    found = reviewed(ours({"r": {}}, context_claims=["email"]), configured({"r": {}}, context_claims=["*"]))
    said = [(finding.level.value, plain(found, finding.text)) for finding in found.findings["settings"]]
    assert said == [("danger", "context_claims: email → *")]


def test_findings_about_code_are_in_sarif_too() -> None:
    found = reviewed(rest(), decided(source_code_hash="new"))
    rules = {result["ruleId"] for result in json.loads(sarif.render(found))["runs"][0]["results"]}
    assert "code" in rules


def test_a_sensitive_text_does_not_hide_which_route_opens() -> None:
    before = {**rest(), "terraform_data.s": {"input": GET}}
    after = {**rest(authorization="NONE", authorizer_id=None), "terraform_data.s": {"input": GET, "x": 1}}
    found = reviewed(before, after, sensitive={"terraform_data.s": {"input": True}})
    assert f"> - `{GET}`" in markdown.render(found)
