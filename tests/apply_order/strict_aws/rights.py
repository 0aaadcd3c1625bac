"""API Gateway invokes a Lambda function only with a right to, read at the moment of the call.

An authorizer names a role whose policies must allow ``lambda:InvokeFunction`` on exactly the ARN in its URI. Without a
role, and for an integration, a permission of the function must cover the source ARN.
https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from typing import Any

API_GATEWAY = "apigateway.amazonaws.com"
INVOKE = "lambda:InvokeFunction"
CONFIGURATION_ERROR = {"statusCode": 500, "body": ""}
"""How an integration of a WebSocket API answers when the function may not be invoked."""


def enforce() -> None:
    """Let REST, HTTP and WebSocket APIs check their rights before each call of a function."""
    from ministack.services import apigateway, apigateway_v1

    apigateway_v1._invoke_authorizer_lambda = _checked_authorizer(
        apigateway_v1._invoke_authorizer_lambda, "authorizerCredentials"
    )
    apigateway._invoke_request_authorizer_lambda = _checked_authorizer(
        apigateway._invoke_request_authorizer_lambda, "authorizerCredentialsArn"
    )
    _check_rest_integrations(apigateway_v1)
    _check_http_integrations(apigateway)
    _check_websocket_integrations(apigateway)


def may_invoke_by_role(role_arn: str, function_arn: str) -> bool:
    """Whether API Gateway may assume the role, and the role's policies allow invoking exactly this ARN."""
    from ministack.core import iam_evaluator
    from ministack.services import iam

    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    role = iam._roles.get_scoped(account, None, name)
    if role is None or role["Arn"] != role_arn or not _is_trusted(role):
        return False
    policies = iam_evaluator._gather_role_policies(name, account)
    limits = iam_evaluator._permissions_boundary(iam._roles, name, account)
    context = _context(role_arn, "AssumedRole", account, function_arn)
    return bool(iam_evaluator.evaluate(context, policies, *limits).decision == "Allow")


def may_invoke_by_permission(function_arn: str, source_arn: str) -> bool:
    """Whether a permission on exactly this function, version or alias covers a call from the source ARN."""
    from ministack.core import iam_evaluator
    from ministack.services import lambda_svc

    _, _, _, region, account, _, name, *_ = function_arn.split(":")
    function = lambda_svc._functions.get_scoped(account, region, name)
    if function is None:
        return False
    context = _context(API_GATEWAY, "Service", account, function_arn)
    context.service_context = {"aws:sourcearn": source_arn, "aws:sourceaccount": account}
    answer = iam_evaluator.evaluate_resource_policy(function["policy"], context, service=API_GATEWAY)
    return bool(answer.decision == "Allow")


def _is_trusted(role: dict[str, Any]) -> bool:
    """Whether the role's trust policy lets API Gateway assume it."""
    document = role["AssumeRolePolicyDocument"]
    trust = json.loads(document) if isinstance(document, str) else document
    return any(
        statement.get("Effect") == "Allow" and API_GATEWAY in _list(statement.get("Principal", {}).get("Service"))
        for statement in _list(trust.get("Statement"))
    )


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _context(principal: str, kind: str, account: str, function_arn: str) -> Any:
    from ministack.core.iam_evaluator import EvalContext

    return EvalContext(
        principal_arn=principal,
        principal_type=kind,
        principal_account=account,
        action=INVOKE,
        resource_arn=function_arn,
        region=function_arn.split(":")[3],
    )


def _is_ready(function_arn: str) -> bool:
    """Whether the function, version or alias is there and Active."""
    from ministack.services import lambda_svc

    _, _, _, region, account, *_ = function_arn.split(":")
    _, config, _ = lambda_svc._get_func_record_for_ref_in_scope(function_arn, account_id=account, region=region)
    return config is not None and config.get("State") in (None, "", "Active")


def _checked_authorizer(invoke: Callable[..., Any], role_member: str) -> Callable[..., Any]:
    from ministack.services.apigateway_v1 import _extract_lambda_ref_from_integration_uri as function_of

    @functools.wraps(invoke)
    async def invoke_with_rights(authorizer: dict[str, Any], event: Any, account: str, region: str) -> Any:
        function_arn = function_of(authorizer.get("authorizerUri", ""))
        role_arn = authorizer.get(role_member)
        api, identity = _api_of(event), authorizer.get("id") or authorizer.get("authorizerId")
        source_arn = f"arn:aws:execute-api:{region}:{account}:{api}/authorizers/{identity}"
        allowed = (
            may_invoke_by_role(role_arn, function_arn)
            if role_arn
            else may_invoke_by_permission(function_arn, source_arn)
        )
        if not allowed or not _is_ready(function_arn):
            return None  # API Gateway answers 500, as for a function that is not there
        return await invoke(authorizer, event, account, region)

    return invoke_with_rights


def _api_of(event: dict[str, Any]) -> str:
    """The id of the API in an authorizer's event, which every format names in its ARN."""
    arn = str(event.get("methodArn") or event.get("routeArn"))
    return arn.split(":", 5)[5].split("/")[0]


def _check_rest_integrations(module: Any) -> None:
    invoke = module._invoke_lambda_proxy_v1

    @functools.wraps(invoke)
    async def invoke_with_rights(
        integration: Any,
        api: str,
        stage: str,
        settings: Any,
        resource: Any,
        path: str,
        method: str,
        *rest: Any,
        **more: Any,
    ) -> Any:
        function_arn = module._extract_lambda_ref_from_integration_uri(integration.get("uri", ""))
        place = re.sub(r"\{[^}]+\}", "*", resource["path"]).lstrip("/")
        source_arn = (
            f"arn:aws:execute-api:{more['owner_region']}:{more['owner_account_id']}:{api}/{stage}/{method}/{place}"
        )
        if not may_invoke_by_permission(function_arn, source_arn):
            return module._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
        if not _is_ready(function_arn):
            return module._gw_error("INTEGRATION_FAILURE", "Internal server error")
        return await invoke(integration, api, stage, settings, resource, path, method, *rest, **more)

    module._invoke_lambda_proxy_v1 = invoke_with_rights


def _check_http_integrations(module: Any) -> None:
    invoke = module._invoke_lambda_proxy

    @functools.wraps(invoke)
    async def invoke_with_rights(
        integration: Any,
        api: str,
        stage: str,
        path: str,
        method: str,
        headers: Any,
        body: Any,
        query: Any,
        route_key: str = "$default",
        *rest: Any,
        **more: Any,
    ) -> Any:
        function_arn = module._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", ""))
        source = f"{api}/{stage}/{re.sub(r'{[^}]+}', '*', route_key).replace(' ', '')}"
        source_arn = f"arn:aws:execute-api:{more['owner_region']}:{more['owner_account_id']}:{source}"
        if not may_invoke_by_permission(function_arn, source_arn) or not _is_ready(function_arn):
            return 500, {"Content-Type": "application/json"}, b'{"message":"Internal Server Error"}'
        return await invoke(integration, api, stage, path, method, headers, body, query, route_key, *rest, **more)

    module._invoke_lambda_proxy = invoke_with_rights


def _check_websocket_integrations(module: Any) -> None:
    invoke = module._invoke_ws_lambda

    @functools.wraps(invoke)
    async def invoke_with_rights(
        api: str, account: str, region: str, route: dict[str, Any], stage: str, *rest: Any, **more: Any
    ) -> Any:
        integration = module._integrations.get(api, {}).get(route.get("target", "").rpartition("/")[2], {})
        function_arn = module._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", ""))
        source_arn = f"arn:aws:execute-api:{region}:{account}:{api}/{stage}/{route['routeKey']}"
        if not function_arn or not may_invoke_by_permission(function_arn, source_arn) or not _is_ready(function_arn):
            return CONFIGURATION_ERROR
        return await invoke(api, account, region, route, stage, *rest, **more)

    module._invoke_ws_lambda = invoke_with_rights
