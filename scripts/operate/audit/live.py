"""What is live in AWS of one environment: the APIs, functions, roles and domains that its state names.

Of an API, a function, a role or a domain that the state owns all is read, so that what somebody added by hand is found.
Of one that is of elsewhere only what the state holds is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scripts.lib.program import UsageError
from scripts.operate.audit.calls import Calls
from scripts.operate.audit.state import TerraformState
from scripts.operate.audit.translation import Values, key, permission, policy_text, values
from scripts.review_plan.access.functions import function_in

REST: Final = "apigateway"
HTTP: Final = "apigatewayv2"
_LATEST: Final = "$LATEST"


@dataclass(frozen=True)
class Live:
    """One resource that is live; ``is_owned`` that the state owns what it is a part of."""

    type: str
    values: Values
    is_owned: bool = True


def read(calls: Calls, state: TerraformState) -> Iterator[Live | str]:
    """Everything that is live of an environment; and a sentence for what is live and is no resource of Terraform.

    Raises:
        UsageError: a call failed, or AWS answered something that nothing here can read.
    """
    yield from _rest_apis(calls, state)
    yield from _http_apis(calls, state)
    yield from _domains(calls, state)
    yield from _functions(calls, state)
    yield from _roles(calls, state)
    yield from _endpoints(calls, state)


def _rest_apis(calls: Calls, state: TerraformState) -> Iterator[Live | str]:
    owned = state.ids("aws_api_gateway_rest_api")
    named = {str(each["rest_api_id"]) for each in state.of(*_OF_REST) if each.get("rest_api_id")}
    for api in sorted({*owned, *named}):
        answer = calls.one(REST, "get_rest_api", restApiId=api)
        if answer is None:
            continue
        own = api in owned
        if own:
            yield Live("aws_api_gateway_rest_api", values("aws_api_gateway_rest_api", answer, id=api))
        if policy_text(answer.get("policy")) is not None:
            # The attribute of the API says it too, so that a policy without a resource of its own is no new one.
            yield Live(
                "aws_api_gateway_rest_api_policy",
                values("aws_api_gateway_rest_api_policy", answer, rest_api_id=api),
                False,
            )
        configured = {}
        for resource in calls.all(REST, "get_resources", "items", restApiId=api, embed=["methods"]):
            if resource.get("parentId"):
                of = {"rest_api_id": api, "id": resource["id"], "path": resource.get("path")}
                yield Live("aws_api_gateway_resource", values("aws_api_gateway_resource", resource, **of), own)
            for verb, method in (resource.get("resourceMethods") or {}).items():
                of = {"rest_api_id": api, "resource_id": resource["id"], "http_method": verb}
                configured[resource.get("path"), verb] = method
                yield Live("aws_api_gateway_method", values("aws_api_gateway_method", method, **of), own)
                if integration := method.get("methodIntegration"):
                    found = values("aws_api_gateway_integration", integration, **of)
                    yield Live("aws_api_gateway_integration", found, own)
        for authorizer in calls.all(REST, "get_authorizers", "items", restApiId=api):
            of = {"rest_api_id": api, "id": authorizer["id"]}
            yield Live("aws_api_gateway_authorizer", values("aws_api_gateway_authorizer", authorizer, **of), own)
        for stage in calls.all(REST, "get_stages", "item", restApiId=api):
            yield from _rest_stage(state, answer, stage, own)
            if own:
                yield from _served(calls, api, answer, stage, configured)


_OF_REST: Final = (
    "aws_api_gateway_authorizer",
    "aws_api_gateway_integration",
    "aws_api_gateway_method",
    "aws_api_gateway_resource",
    "aws_api_gateway_rest_api_policy",
    "aws_api_gateway_stage",
)
_OF_HTTP: Final = (
    "aws_apigatewayv2_authorizer",
    "aws_apigatewayv2_integration",
    "aws_apigatewayv2_route",
    "aws_apigatewayv2_stage",
)


def _rest_stage(state: TerraformState, api: Mapping[str, Any], stage: Mapping[str, Any], own: bool) -> Iterator[Live]:
    of = {"rest_api_id": api["id"], "stage_name": stage["stageName"]}
    yield Live("aws_api_gateway_stage", values("aws_api_gateway_stage", stage, **of), own)
    if stage.get("webAclArn"):
        end = f"/restapis/{api['id']}/stages/{stage['stageName']}"
        associations = state.of("aws_api_gateway_stage", "aws_wafv2_web_acl_association")
        arns = (str(each.get("resource_arn") or each.get("arn")) for each in associations)
        arn = next((arn for arn in arns if arn.endswith(end)), end)
        yield Live(
            "aws_wafv2_web_acl_association", values("aws_wafv2_web_acl_association", stage, resource_arn=arn), own
        )


def _served(
    calls: Calls, api: str, answer: Mapping[str, Any], stage: Mapping[str, Any], configured: Mapping[Any, Any]
) -> Iterator[str]:
    """A sentence for each method that a stage serves otherwise than the API is configured.

    A deployment holds what was there when it was made, and tells of it the kind of authorization alone.
    """
    summary = _summary(calls, api, str(stage.get("deploymentId")))
    served = {(path, verb): method for path, methods in summary.items() for verb, method in methods.items()}
    for path, verb in sorted(served.keys() | configured.keys()):
        was, now = served.get((path, verb)), configured.get((path, verb))
        words = [
            "nothing" if method is None else f"authorization {method.get('authorizationType')}" for method in (was, now)
        ]
        if words[0] != words[1]:
            yield (
                f"the stage {stage['stageName']} of {answer.get('name')} serves {words[0]} at {verb} {path}, and "
                f"the API is configured with {words[1]}: deploy it again"
            )


def _summary(calls: Calls, api: str, deployment: str) -> Mapping[str, Mapping[str, Any]]:
    answer = calls.one(REST, "get_deployment", restApiId=api, deploymentId=deployment, embed=["apisummary"])
    if answer is None or "apiSummary" not in answer:
        raise UsageError(f"AWS does not say what the deployment {deployment} of the API {api} serves")
    summary: Mapping[str, Mapping[str, Any]] = answer["apiSummary"] or {}
    return summary


def _http_apis(calls: Calls, state: TerraformState) -> Iterator[Live]:
    owned = state.ids("aws_apigatewayv2_api")
    named = {str(each["api_id"]) for each in state.of(*_OF_HTTP) if each.get("api_id")}
    for api in sorted({*owned, *named}):
        answer = calls.one(HTTP, "get_api", ApiId=api)
        if answer is None:
            continue
        own = api in owned
        if own:
            yield Live("aws_apigatewayv2_api", values("aws_apigatewayv2_api", answer, id=api))
        for operation, type_, name, source in _LISTS:
            for each in calls.all(HTTP, operation, "Items", ApiId=api):
                of = {"api_id": api, name: each[source]}
                yield Live(type_, values(type_, each, **of), own)


_LISTS: Final = (
    ("get_authorizers", "aws_apigatewayv2_authorizer", "id", "AuthorizerId"),
    ("get_integrations", "aws_apigatewayv2_integration", "id", "IntegrationId"),
    ("get_routes", "aws_apigatewayv2_route", "route_key", "RouteKey"),
    ("get_stages", "aws_apigatewayv2_stage", "name", "StageName"),
)


def _domains(calls: Calls, state: TerraformState) -> Iterator[Live | str]:
    """Domain names of the state, and all mappings of the region that lead to an API of the state.

    API Gateway lists no mappings by API, so that each domain name of the region is asked for its own. Its second
    version tells of the first one's mappings too.
    """
    apis = {*state.ids("aws_api_gateway_rest_api"), *state.ids("aws_apigatewayv2_api")}
    found: dict[tuple[str, ...], Live] = {}
    for one in (*_domains_1(calls, state, apis), *_domains_2(calls, state, apis)):
        if isinstance(one, str):
            yield one
        elif (place := key(one.type, one.values)) not in found or place in _keys(state, one.type):
            found[place] = one
    yield from found.values()


def _keys(state: TerraformState, type_: str) -> set[tuple[str, ...]]:
    return {key(type_, known) for known in state.of(type_)}


def _domains_1(calls: Calls, state: TerraformState, apis: set[str]) -> Iterator[Live]:
    type_, of_state = "aws_api_gateway_base_path_mapping", state.ids("aws_api_gateway_domain_name", "domain_name")
    for domain in calls.all(REST, "get_domain_names", "items"):
        name = str(domain["domainName"])
        id_ = {"domainNameId": domain["domainNameId"]} if domain.get("domainNameId") else {}
        mappings = []
        for mapping in calls.all(REST, "get_base_path_mappings", "items", domainName=name, **id_):
            path = str(mapping.get("basePath") or "").replace("(none)", "")
            if mapping.get("restApiId") in apis or name in of_state:
                mappings.append(Live(type_, values(type_, mapping, domain_name=name, base_path=path)))
        if mappings or name in of_state:
            yield Live("aws_api_gateway_domain_name", values("aws_api_gateway_domain_name", domain, domain_name=name))
        yield from mappings


def _domains_2(calls: Calls, state: TerraformState, apis: set[str]) -> Iterator[Live | str]:
    type_, of_state = "aws_apigatewayv2_api_mapping", state.ids("aws_apigatewayv2_domain_name", "domain_name")
    for domain in calls.all(HTTP, "get_domain_names", "Items"):
        name = str(domain["DomainName"])
        mappings = []
        for mapping in calls.all(HTTP, "get_api_mappings", "Items", DomainName=name):
            path = str(mapping.get("ApiMappingKey") or "").replace("(none)", "")
            if mapping.get("ApiId") in apis or name in of_state:
                mappings.append(Live(type_, values(type_, mapping, domain_name=name, api_mapping_key=path)))
        if mappings or name in of_state:
            yield Live("aws_apigatewayv2_domain_name", values("aws_apigatewayv2_domain_name", domain, domain_name=name))
        yield from mappings
        if str(domain.get("RoutingMode") or _MAPPINGS_ONLY) != _MAPPINGS_ONLY:
            yield from _routing_rules(calls, name, apis)


_MAPPINGS_ONLY: Final = "API_MAPPING_ONLY"


def _routing_rules(calls: Calls, domain: str, apis: set[str]) -> Iterator[str]:
    """A sentence for each routing rule of a domain name that leads to an API of the state."""
    for rule in calls.all(HTTP, "list_routing_rules", "RoutingRules", DomainName=domain):
        invoked = {action.get("InvokeApi", {}).get("ApiId") for action in rule.get("Actions") or ()}
        for api in sorted(invoked & apis):
            yield f"a routing rule of {domain} leads to the API {api}, and no resource of Terraform says so"


def _functions(calls: Calls, state: TerraformState) -> Iterator[Live]:
    named = {str(each["function_name"]) for each in state.of(*_OF_FUNCTIONS) if each.get("function_name")}
    owned = set(state.ids("aws_lambda_function", "function_name"))
    for function in sorted(owned | {function_in(name)[0] or name for name in named}):
        latest = calls.one("lambda", "get_function_configuration", FunctionName=function)
        if latest is None:
            continue
        own = function in owned
        aliases = list(calls.all("lambda", "list_aliases", "Aliases", FunctionName=function))
        for alias in aliases:
            of = {"function_name": function, "name": alias["Name"], "arn": alias["AliasArn"]}
            yield Live("aws_lambda_alias", values("aws_lambda_alias", alias, **of), own)
        versions = calls.all("lambda", "list_versions_by_function", "Versions", FunctionName=function)
        published = sorted((str(each["Version"]) for each in versions if each["Version"] != _LATEST), key=int)
        if own:
            yield _function(calls, state, function, latest, published)
        for qualifier in ("", *sorted(alias["Name"] for alias in aliases), *published):
            of_qualifier = {"Qualifier": qualifier} if qualifier else {}
            policy = calls.one("lambda", "get_policy", FunctionName=function, **of_qualifier)
            for statement in json.loads(policy["Policy"])["Statement"] if policy else ():
                granted = function_in(statement.get("Resource"))[1] or ""
                yield Live("aws_lambda_permission", permission(function, granted, statement), own)
        for url in calls.all("lambda", "list_function_url_configs", "FunctionUrlConfigs", FunctionName=function):
            qualifier = function_in(url["FunctionArn"])[1] or ""
            of = {"function_name": function, "qualifier": qualifier}
            yield Live("aws_lambda_function_url", values("aws_lambda_function_url", url, **of), own)


_OF_FUNCTIONS: Final = ("aws_lambda_alias", "aws_lambda_function_url", "aws_lambda_permission")


def _function(
    calls: Calls, state: TerraformState, function: str, latest: Mapping[str, Any], published: list[str]
) -> Live:
    """A function as its newest version, where the state does not know that one; else as it would be published now.

    What is changed and not published answers nobody who calls an alias, and its version is then no number.
    """
    type_ = "aws_lambda_function"
    (known,) = (each for each in state.of(type_) if each.get("function_name") == function)
    arn = {"function_name": function, "arn": known.get("arn")}
    now = values(type_, latest, **arn)
    if not published or known.get("version") == _LATEST:
        return Live(type_, now)
    newest = calls.one("lambda", "get_function_configuration", FunctionName=function, Qualifier=published[-1])
    if newest is None:
        raise UsageError(f"version {published[-1]} of {function} went while it was read: start again")
    live = values(type_, newest, **arn)
    is_published = {**now, "version": ""} == {**live, "version": ""}
    return Live(type_, live if is_published or published[-1] != known.get("version") else now)


def _roles(calls: Calls, state: TerraformState) -> Iterator[Live]:
    owned = set(state.ids("aws_iam_role", "name"))
    named = {*state.ids("aws_iam_role_policy", "role"), *state.ids("aws_iam_role_policy_attachment", "role")}
    for role in sorted(owned | named):
        answer = calls.one("iam", "get_role", RoleName=role)
        if answer is None:
            continue
        own = role in owned
        if own:
            yield Live("aws_iam_role", values("aws_iam_role", answer["Role"], name=role))
        for name in calls.all("iam", "list_role_policies", "PolicyNames", RoleName=role):
            policy = calls.one("iam", "get_role_policy", RoleName=role, PolicyName=name) or {}
            yield Live("aws_iam_role_policy", values("aws_iam_role_policy", policy, role=role, name=name), own)
        for each in calls.all("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role):
            of = {"role": role, "policy_arn": each["PolicyArn"]}
            yield Live("aws_iam_role_policy_attachment", values("aws_iam_role_policy_attachment", {}, **of), own)
    for arn in state.ids("aws_iam_policy", "arn"):
        managed = calls.one("iam", "get_policy", PolicyArn=arn)
        if managed is not None:
            version = managed["Policy"]["DefaultVersionId"]
            found = calls.one("iam", "get_policy_version", PolicyArn=arn, VersionId=version) or {"PolicyVersion": {}}
            yield Live("aws_iam_policy", values("aws_iam_policy", found["PolicyVersion"], arn=arn))


def _endpoints(calls: Calls, state: TerraformState) -> Iterator[Live]:
    own, policies = state.ids("aws_vpc_endpoint"), state.ids("aws_vpc_endpoint_policy", "vpc_endpoint_id")
    if not (ids := sorted({*own, *policies})):
        return
    filters = [{"Name": "vpc-endpoint-id", "Values": ids}]
    for endpoint in calls.all("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=filters):
        id_ = endpoint["VpcEndpointId"]
        if id_ in own:
            yield Live("aws_vpc_endpoint", values("aws_vpc_endpoint", endpoint, id=id_))
        if id_ in policies:
            yield Live("aws_vpc_endpoint_policy", values("aws_vpc_endpoint_policy", endpoint, vpc_endpoint_id=id_))
