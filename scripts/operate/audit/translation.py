"""What AWS answers, as the values of Terraform's resources: for each type, where AWS keeps each of its attributes.

The attributes are those that say who may call (``review_plan.access.attributes.DECIDES``), and a few that people read
beside them. A block of Terraform that is there once is written with a dot: ``endpoint_configuration.types``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from scripts.lib.program import UsageError
from scripts.review_plan.access.functions import function_in
from scripts.review_plan.plan.values import is_empty, items, mapping

Source = str | Callable[[Mapping[str, Any]], Any]
Values = dict[str, Any]


NOT_COMPARED: Final = object()
"""Stands for a value that changes by itself."""


@dataclass(frozen=True)
class Kind:
    """A type of Terraform's resources: by which attributes one is found again in AWS, and where AWS keeps the others.

    ``identity`` are attributes that the reader of AWS gives beside the answer. ``sources`` are paths in the answer,
    with dots, or functions that compute the value from it.
    """

    identity: tuple[str, ...]
    sources: Mapping[str, Source] = field(default_factory=dict)


def policy_text(value: Any) -> Any:
    """A policy as JSON: API Gateway escapes it as in a JSON string, and IAM as in a URL; boto3 may have read it."""
    if isinstance(value, Mapping):
        return json.dumps(value)
    if not isinstance(value, str) or not value.strip():
        return None
    for text in (value, value.replace('\\"', '"').replace("\\/", "/"), unquote(value)):
        try:
            return json.dumps(json.loads(text))
        except ValueError:
            continue
    return value


def in_the_spelling_of(state: Any, live: Any, api: str) -> Any:
    """A live policy with the API's own ARN as the state writes it: API Gateway writes out ``execute-api:/``."""
    if not isinstance(state, str) or not isinstance(live, str) or '"execute-api:/' not in state:
        return live
    return re.sub(rf"arn:[^:\"]*:execute-api:[^:\"]*:[^:\"]*:{re.escape(api)}/", "execute-api:/", live)


def _policy(name: str) -> Source:
    return lambda answer: policy_text(answer.get(name))


def _members(name: str, of: str) -> Source:
    return lambda answer: [each[of] for each in answer.get(name) or ()]


def _first(path: str) -> Source:
    block, _, name = path.partition(".")
    return lambda answer: next((each.get(name) for each in answer.get(block) or ()), None)


def _flag(name: str) -> Source:
    return lambda answer: answer.get(name) is True


_MUTUAL_TLS: Final[Mapping[str, str]] = {
    "mutual_tls_authentication.truststore_uri": "truststoreUri",
    "mutual_tls_authentication.truststore_version": "truststoreVersion",
}

KINDS: Final[Mapping[str, Kind]] = {
    "aws_api_gateway_authorizer": Kind(
        ("rest_api_id", "id"),
        {
            "authorizer_credentials": "authorizerCredentials",
            "authorizer_result_ttl_in_seconds": lambda answer: answer.get("authorizerResultTtlInSeconds", 300),
            "authorizer_uri": "authorizerUri",
            "identity_source": "identitySource",
            "identity_validation_expression": "identityValidationExpression",
            "name": "name",
            "provider_arns": "providerARNs",
            "type": "type",
        },
    ),
    "aws_api_gateway_base_path_mapping": Kind(
        ("domain_name", "base_path"), {"api_id": "restApiId", "stage_name": "stage"}
    ),
    "aws_api_gateway_domain_name": Kind(
        ("domain_name",),
        {
            "endpoint_configuration.types": "endpointConfiguration.types",
            "policy": _policy("policy"),
            **{name: f"mutualTlsAuthentication.{source}" for name, source in _MUTUAL_TLS.items()},
        },
    ),
    "aws_api_gateway_integration": Kind(
        ("rest_api_id", "resource_id", "http_method"), {"credentials": "credentials", "type": "type", "uri": "uri"}
    ),
    "aws_api_gateway_method": Kind(
        ("rest_api_id", "resource_id", "http_method"),
        {
            "api_key_required": _flag("apiKeyRequired"),
            "authorization": "authorizationType",
            "authorization_scopes": "authorizationScopes",
            "authorizer_id": "authorizerId",
        },
    ),
    "aws_api_gateway_resource": Kind(("rest_api_id", "id"), {"parent_id": "parentId", "path_part": "pathPart"}),
    "aws_api_gateway_rest_api": Kind(
        ("id",),
        {
            "disable_execute_api_endpoint": _flag("disableExecuteApiEndpoint"),
            "endpoint_configuration.types": "endpointConfiguration.types",
            "endpoint_configuration.vpc_endpoint_ids": "endpointConfiguration.vpcEndpointIds",
            "policy": _policy("policy"),
        },
    ),
    "aws_api_gateway_rest_api_policy": Kind(("rest_api_id",), {"policy": _policy("policy")}),
    "aws_api_gateway_stage": Kind(
        ("rest_api_id", "stage_name"),
        {
            "canary_settings.deployment_id": "canarySettings.deploymentId",
            "canary_settings.stage_variable_overrides": "canarySettings.stageVariableOverrides",
            "deployment_id": "deploymentId",
            "variables": "variables",
        },
    ),
    "aws_apigatewayv2_api": Kind(
        ("id",),
        {"disable_execute_api_endpoint": _flag("DisableExecuteApiEndpoint"), "protocol_type": "ProtocolType"},
    ),
    "aws_apigatewayv2_api_mapping": Kind(("domain_name", "api_mapping_key"), {"api_id": "ApiId", "stage": "Stage"}),
    "aws_apigatewayv2_authorizer": Kind(
        ("api_id", "id"),
        {
            "authorizer_credentials_arn": "AuthorizerCredentialsArn",
            "authorizer_result_ttl_in_seconds": lambda answer: answer.get("AuthorizerResultTtlInSeconds") or 0,
            "authorizer_type": "AuthorizerType",
            "authorizer_uri": "AuthorizerUri",
            "enable_simple_responses": _flag("EnableSimpleResponses"),
            "identity_sources": "IdentitySource",
            "jwt_configuration.audience": "JwtConfiguration.Audience",
            "jwt_configuration.issuer": "JwtConfiguration.Issuer",
            "name": "Name",
        },
    ),
    "aws_apigatewayv2_domain_name": Kind(
        ("domain_name",),
        {
            "domain_name_configuration.endpoint_type": _first("DomainNameConfigurations.EndpointType"),
            "mutual_tls_authentication.truststore_uri": "MutualTlsAuthentication.TruststoreUri",
            "mutual_tls_authentication.truststore_version": "MutualTlsAuthentication.TruststoreVersion",
        },
    ),
    "aws_apigatewayv2_integration": Kind(
        ("api_id", "id"), {"integration_type": "IntegrationType", "integration_uri": "IntegrationUri"}
    ),
    "aws_apigatewayv2_route": Kind(
        ("api_id", "route_key"),
        {
            "api_key_required": _flag("ApiKeyRequired"),
            "authorization_scopes": "AuthorizationScopes",
            "authorization_type": "AuthorizationType",
            "authorizer_id": "AuthorizerId",
            "target": "Target",
        },
    ),
    "aws_apigatewayv2_stage": Kind(
        ("api_id", "name"),
        {
            "auto_deploy": _flag("AutoDeploy"),
            # Where API Gateway deploys by itself, the deployment changes with every route.
            "deployment_id": lambda answer: NOT_COMPARED if answer.get("AutoDeploy") else answer.get("DeploymentId"),
            "stage_variables": "StageVariables",
        },
    ),
    "aws_iam_policy": Kind(("arn",), {"policy": _policy("Document")}),
    "aws_iam_role": Kind(
        ("name",),
        {
            "assume_role_policy": _policy("AssumeRolePolicyDocument"),
            "permissions_boundary": "PermissionsBoundary.PermissionsBoundaryArn",
        },
    ),
    "aws_iam_role_policy": Kind(("role", "name"), {"policy": _policy("PolicyDocument")}),
    "aws_iam_role_policy_attachment": Kind(("role", "policy_arn")),
    "aws_lambda_alias": Kind(
        ("function_name", "name"),
        {
            "function_version": "FunctionVersion",
            "routing_config.additional_version_weights": "RoutingConfig.AdditionalVersionWeights",
        },
    ),
    "aws_lambda_function": Kind(
        ("function_name",),
        {
            "code_sha256": "CodeSha256",
            "environment.variables": "Environment.Variables",
            "file_system_config.arn": _first("FileSystemConfigs.Arn"),
            "file_system_config.local_mount_path": _first("FileSystemConfigs.LocalMountPath"),
            "handler": "Handler",
            "image_config.command": "ImageConfigResponse.ImageConfig.Command",
            "image_config.entry_point": "ImageConfigResponse.ImageConfig.EntryPoint",
            "image_config.working_directory": "ImageConfigResponse.ImageConfig.WorkingDirectory",
            "layers": _members("Layers", "Arn"),
            "package_type": lambda answer: answer.get("PackageType") or "Zip",
            "role": "Role",
            "runtime": "Runtime",
            "version": "Version",
        },
    ),
    "aws_lambda_function_url": Kind(("function_name", "qualifier"), {"authorization_type": "AuthType"}),
    "aws_lambda_permission": Kind(
        ("function_name", "qualifier", "statement_id"),
        {
            name: name
            for name in (
                "action",
                "event_source_token",
                "function_url_auth_type",
                "principal",
                "principal_org_id",
                "source_account",
                "source_arn",
            )
        },
    ),
    "aws_vpc_endpoint": Kind(("id",), {"policy": _policy("PolicyDocument")}),
    "aws_vpc_endpoint_policy": Kind(("vpc_endpoint_id",), {"policy": _policy("PolicyDocument")}),
    "aws_wafv2_web_acl_association": Kind(("resource_arn",), {"web_acl_arn": "webAclArn"}),
}

_DOCUMENT: Final = "API Gateway keeps the routes of a document and not the document; the routes are compared"
NOT_KEPT: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_api_gateway_base_path_mapping": {"domain_name_id": "an id of the domain, which is read by its name"},
    "aws_api_gateway_deployment": dict.fromkeys(
        ("canary_settings.stage_variable_overrides", "rest_api_id", "stage_name", "variables"),
        "what a deployment writes into its stage; the stage is compared, with the deployment that it serves",
    ),
    "aws_api_gateway_rest_api": dict.fromkeys(("body", "parameters", "put_rest_api_mode"), _DOCUMENT),
    "aws_api_gateway_rest_api_put": dict.fromkeys(("body", "parameters", "rest_api_id"), _DOCUMENT),
    "aws_apigatewayv2_api": dict.fromkeys(("body", "route_key", "target"), _DOCUMENT),
    "aws_lambda_function": {"image_uri": "the image's digest is compared, as the code is"},
}
"""Attributes that say who may call and that AWS keeps nowhere, or elsewhere: why each is not read."""

NOT_READ: Final[Mapping[str, str]] = {
    "aws_api_gateway_domain_name_access_association": "from which VPC endpoints a private domain name is reached",
    "aws_wafregional_web_acl_association": "a web ACL of WAF Classic",
}
"""Types that say who may call and that the audit does not read: one of them in the state ends it."""


def values(type_: str, answer: Mapping[str, Any], **identity: Any) -> Values:
    """The values of a resource of a type: its identity, and what AWS answers of each attribute."""
    found = {name: _at(answer, source) for name, source in KINDS[type_].sources.items()}
    return {**{name: value for name, value in found.items() if value is not NOT_COMPARED}, **identity}


def key(type_: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    """By what a resource of a type is found again; a function is named by its name or by its ARN."""
    found = [str(given.get(name) or "") for name in KINDS[type_].identity]
    if KINDS[type_].identity[0] == "function_name":
        found[0] = function_in(found[0])[0] or found[0]
    return tuple(found)


def _at(answer: Mapping[str, Any], source: Source) -> Any:
    if not isinstance(source, str):
        return source(answer)
    value: Any = answer
    for step in source.split("."):
        value = mapping(value).get(step)
    return value


_STATEMENT: Final = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
_CONDITIONS: Final[Mapping[tuple[str, str], str]] = {
    ("arnlike", "aws:sourcearn"): "source_arn",
    ("stringequals", "aws:sourceaccount"): "source_account",
    ("stringequals", "aws:principalorgid"): "principal_org_id",
    ("stringequals", "lambda:eventsourcetoken"): "event_source_token",
    ("stringequals", "lambda:functionurlauthtype"): "function_url_auth_type",
    ("bool", "lambda:invokedviafunctionurl"): "invoked_via_function_url",
}
"""Operator and key of the conditions that AddPermission writes => Terraform's attribute."""


def permission(function: str, qualifier: str, statement: Mapping[str, Any]) -> Values:
    """A statement of a function's policy as ``aws_lambda_permission`` writes it.

    Raises:
        UsageError: it is of a form that Lambda's AddPermission does not make, which nothing here can read.
    """
    found: Values = {"action": statement.get("Action"), "principal": _principal(statement.get("Principal"))}
    for operator, tests in mapping(statement.get("Condition")).items():
        for name, value in mapping(tests).items():
            found[_CONDITIONS.get((operator.lower(), name.lower()), "?")] = value
    sid = str(statement.get("Sid", ""))
    is_read = not statement.keys() - _STATEMENT and statement.get("Effect") == "Allow" and "?" not in found
    if not is_read or not all(isinstance(value, str) for value in found.values()):
        raise UsageError(
            f"the statement {sid} of the policy of {function}{qualifier and f':{qualifier}'} is of a form that is not "
            "read: remove it, or write it by Lambda's AddPermission"
        )
    return values("aws_lambda_permission", found, function_name=function, qualifier=qualifier, statement_id=sid)


def _principal(value: Any) -> Any:
    """A principal as Terraform writes it: a service, an account's ARN, or anybody."""
    return next(iter(value.values()), None) if isinstance(value, Mapping) and len(value) == 1 else value


_ROOT: Final = re.compile(r"arn:[^:]+:iam::([0-9]{12}):root")
_ORDERED: Final = ("layers", "image_config.command", "image_config.entry_point")


def is_same(name: str, state: Any, live: Any) -> bool:
    """Whether two values of an attribute mean the same; AWS leaves out what is empty, and orders no set."""
    if _is_nothing(state) and _is_nothing(live):
        return True
    if name.rpartition(".")[2] in ("policy", "assume_role_policy"):
        return bool(_statements(state) == _statements(live))
    if isinstance(state, list) and isinstance(live, list) and name not in _ORDERED:
        return sorted(map(str, state)) == sorted(map(str, live))
    if name == "principal":
        # Lambda writes the root of an account where Terraform wrote its number.
        state, live = (_ROOT.sub(r"\1", str(principal)) for principal in (state, live))
    return bool(state == live) or (not isinstance(state, (dict, list)) and str(state) == str(live))


def _is_nothing(value: Any) -> bool:
    return is_empty(value) or value == 0


def _statements(value: Any) -> Any:
    """A policy with each list in order, and one value as the list of that one; a text where it is none."""
    try:
        return _in_order(json.loads(value)) if isinstance(value, str) else value
    except ValueError:
        return value


def _in_order(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    found = {name: [_in_order(part) for part in items(member)] for name, member in value.items()}
    return {name: sorted(parts, key=lambda part: json.dumps(part, sort_keys=True)) for name, parts in found.items()}
