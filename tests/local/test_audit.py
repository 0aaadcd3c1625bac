"""What somebody changes by hand on the local AWS, which the audit finds: each change is undone after it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from scripts.lib import local_stack
from scripts.lib.local_stack import StackInfo
from scripts.local_aws.stack import Stack
from scripts.operate.audit import __main__ as command
from scripts.operate.audit.calls import Calls
from scripts.operate.audit.live import read
from scripts.operate.audit.report import Audit, audit
from scripts.operate.audit.state import TerraformState
from scripts.review_plan.gate import AllowList, Entry
from tests.local.conftest import Applied

ALLOW_ALL = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}
POLICY = {"Version": "2012-10-17", "Statement": [ALLOW_ALL]}


@dataclass
class Aws:
    """The clients of the local AWS, and what its state says of the things that are changed."""

    info: StackInfo
    state: TerraformState

    def __getattr__(self, service: str) -> Any:
        client = self.info.client(
            {"functions": "lambda", "rest": "apigateway", "http": "apigatewayv2"}.get(service, service)
        )
        setattr(self, service, client)
        return client

    def values(self, address: str) -> dict[str, Any]:
        """What the state says of a resource."""
        found: dict[str, Any]
        (found,) = (one["values"] for one in self.state.resources if one["address"] == address)
        return found

    @property
    def api(self) -> str:
        return self.info.rest_api_id

    def patch_api(self, path: str, value: str) -> None:
        change = {"op": "replace", "path": path, "value": value}
        self.rest.update_rest_api(restApiId=self.api, patchOperations=[change])

    def audit(self, allow: AllowList | None = None) -> Audit:
        return audit(self.state, read(Calls(self.info.client), self.state), allow or AllowList(), None)


def method_of(aws: Aws, route: str) -> dict[str, str]:
    values = aws.values(f'module.api.aws_api_gateway_method.this["{route}"]')
    return {"restApiId": aws.api, "resourceId": values["resource_id"], "httpMethod": values["http_method"]}


API = "module.api.aws_api_gateway_rest_api.this"
AUTHORIZER = 'module.rest_authorizer.aws_api_gateway_authorizer.rule["signed-in"]'
FUNCTION = "module.authorizer.module.function.aws_lambda_function.this"
ALIAS = 'module.authorizer.module.function.aws_lambda_alias.this["signed-in"]'
ROLE_POLICY = "module.rest_authorizer.module.invoke_role.aws_iam_role_policy.this"


@contextmanager
def a_method_made_by_hand(aws: Aws) -> Iterator[None]:
    place = {**method_of(aws, "GET /hello"), "httpMethod": "POST"}
    aws.rest.put_method(**place, authorizationType="NONE")
    aws.rest.put_integration(**place, type="MOCK")
    yield
    aws.rest.delete_method(**place)


@contextmanager
def a_method_opened_by_hand(aws: Aws) -> Iterator[None]:
    place, authorizer = method_of(aws, "GET /me"), aws.values(AUTHORIZER)["id"]
    change = {"op": "replace", "path": "/authorizationType"}
    aws.rest.update_method(**place, patchOperations=[{**change, "value": "NONE"}])
    yield
    back = {"op": "replace", "path": "/authorizerId", "value": authorizer}
    aws.rest.update_method(**place, patchOperations=[{**change, "value": "CUSTOM"}, back])


@contextmanager
def an_authorizer_swapped(aws: Aws) -> Iterator[None]:
    place, own = method_of(aws, "GET /me"), aws.values(AUTHORIZER)
    other = aws.rest.create_authorizer(
        restApiId=aws.api,
        name="mine",
        type="TOKEN",
        authorizerUri=own["authorizer_uri"].replace("authorizer:signed-in", "elsewhere"),
        identitySource=own["identity_source"],
    )["id"]
    change = {"op": "replace", "path": "/authorizerId"}
    aws.rest.update_method(**place, patchOperations=[{**change, "value": other}])
    yield
    aws.rest.update_method(**place, patchOperations=[{**change, "value": own["id"]}])
    aws.rest.delete_authorizer(restApiId=aws.api, authorizerId=other)


@contextmanager
def a_stage_turned_to_another_deployment(aws: Aws) -> Iterator[None]:
    stage = {"restApiId": aws.api, "stageName": aws.info.stage_name}
    own = aws.rest.get_stage(**stage)["deploymentId"]
    other = aws.rest.create_deployment(restApiId=aws.api)["id"]
    change = {"op": "replace", "path": "/deploymentId"}
    aws.rest.update_stage(**stage, patchOperations=[{**change, "value": other}])
    yield
    aws.rest.update_stage(**stage, patchOperations=[{**change, "value": own}])
    aws.rest.delete_deployment(restApiId=aws.api, deploymentId=other)


@contextmanager
def a_resource_policy_wiped(aws: Aws) -> Iterator[None]:
    aws.patch_api("/policy", "")
    yield
    aws.patch_api("/policy", json.dumps(NARROW))


@contextmanager
def a_default_endpoint_switched_on(aws: Aws) -> Iterator[None]:
    # The state says that it is off, as it would be said of an API behind a domain name.
    values = aws.values(API)
    values["disable_execute_api_endpoint"] = True
    yield
    values["disable_execute_api_endpoint"] = False


@contextmanager
def an_alias_moved(aws: Aws) -> Iterator[None]:
    values = aws.values(FUNCTION)
    of = {"FunctionName": values["function_name"]}
    variables = {name: value.replace("local", "elsewhere") for name, value in variables_of(values).items()}
    aws.functions.update_function_configuration(**of, Environment={"Variables": variables})
    version = aws.functions.publish_version(**of)["Version"]
    aws.functions.update_alias(**of, Name="signed-in", FunctionVersion=version)
    yield
    aws.functions.update_alias(**of, Name="signed-in", FunctionVersion=aws.values(ALIAS)["function_version"])
    aws.functions.delete_function(**of, Qualifier=version)
    aws.functions.update_function_configuration(**of, Environment={"Variables": variables_of(values)})


@contextmanager
def a_configuration_changed_by_hand(aws: Aws) -> Iterator[None]:
    values = aws.values(FUNCTION)
    of = {"FunctionName": values["function_name"]}
    variables = {name: value.replace("local", "elsewhere") for name, value in variables_of(values).items()}
    aws.functions.update_function_configuration(**of, Environment={"Variables": variables})
    yield
    aws.functions.update_function_configuration(**of, Environment={"Variables": variables_of(values)})


@contextmanager
def a_permission_for_anybody(aws: Aws) -> Iterator[None]:
    of = {"FunctionName": aws.values(FUNCTION)["function_name"], "StatementId": "mine"}
    aws.functions.add_permission(**of, Action="lambda:InvokeFunction", Principal="*", Qualifier="signed-in")
    yield
    aws.functions.remove_permission(**of, Qualifier="signed-in")


@contextmanager
def a_function_url(aws: Aws) -> Iterator[None]:
    of = {"FunctionName": "jwt-api-local-backend"}
    aws.functions.create_function_url_config(**of, AuthType="NONE")
    yield
    aws.functions.delete_function_url_config(**of)


@contextmanager
def a_domain_mapping(aws: Aws) -> Iterator[None]:
    name = "mine.example.com"
    certificate = f"arn:aws:acm:{aws.info.region}:000000000000:certificate/mine"
    aws.rest.create_domain_name(domainName=name, regionalCertificateArn=certificate)
    aws.rest.create_base_path_mapping(domainName=name, basePath="v1", restApiId=aws.api, stage=aws.info.stage_name)
    yield
    aws.rest.delete_base_path_mapping(domainName=name, basePath="v1")
    aws.rest.delete_domain_name(domainName=name)


@contextmanager
def an_answer_kept_longer(aws: Aws) -> Iterator[None]:
    of = {"restApiId": aws.api, "authorizerId": aws.values(AUTHORIZER)["id"]}
    change = {"op": "replace", "path": "/authorizerResultTtlInSeconds"}
    aws.rest.update_authorizer(**of, patchOperations=[{**change, "value": "3600"}])
    yield
    aws.rest.update_authorizer(**of, patchOperations=[{**change, "value": "300"}])


@contextmanager
def an_invoke_role_widened(aws: Aws) -> Iterator[None]:
    values = aws.values(ROLE_POLICY)
    wide = values["policy"].replace("jwt-api-local-authorizer:signed-in", "*")
    of = {"RoleName": values["role"], "PolicyName": values["name"]}
    aws.iam.put_role_policy(**of, PolicyDocument=wide)
    yield
    aws.iam.put_role_policy(**of, PolicyDocument=values["policy"])


@contextmanager
def a_handshake_opened(aws: Aws) -> Iterator[None]:
    values = aws.values('module.websocket_api[0].aws_apigatewayv2_route.this["$connect"]')
    of = {"ApiId": values["api_id"], "RouteId": values["id"]}
    aws.http.update_route(**of, AuthorizationType="NONE")
    yield
    aws.http.update_route(**of, AuthorizationType="CUSTOM", AuthorizerId=values["authorizer_id"])


def variables_of(values: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = values["environment"][0]["variables"]
    return found


NARROW = {**POLICY, "Statement": [{**ALLOW_ALL, "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}}]}


CHANGES: dict[Callable[[Aws], AbstractContextManager[None]], str] = {
    a_method_made_by_hand: "NEW       POST /hello",
    a_method_opened_by_hand: "LOOSENED  GET /me",
    an_authorizer_swapped: "authorizer_id",
    a_stage_turned_to_another_deployment: "the stage turns to deployment",
    a_resource_policy_wiped: "the resource policy goes",
    a_default_endpoint_switched_on: "can also be called at execute-api",
    an_alias_moved: "tokens of elsewhere are accepted",
    a_configuration_changed_by_hand: "environment.variables: differs",
    a_permission_for_anybody: "anybody may invoke the function",
    a_function_url: "NEW       function URL of jwt-api-local-backend",
    a_domain_mapping: 'aws_api_gateway_base_path_mapping.not_in_the_state["mine.example.com/v1"]',
    an_answer_kept_longer: "authorizer_result_ttl_in_seconds: 300 → 3600",
    an_invoke_role_widened: "new wildcard",
    a_handshake_opened: "OPENED    $connect",
}
"""What is done, and what the audit then says."""


@pytest.fixture(scope="module")
def aws(stack: Stack, record: StackInfo) -> Iterator[Aws]:
    """The session's stack with a resource policy, of which the state says too."""
    process = stack.local_aws.running()
    assert process is not None
    result = Aws(record, TerraformState.read(stack.workspace(process).state()))
    result.patch_api("/policy", json.dumps(NARROW))
    result.values(API)["policy"] = json.dumps(NARROW)
    yield result
    result.patch_api("/policy", "")


def test_the_command_finds_nothing_on_an_untouched_stack(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(local_stack, "FOLDER", stack.folder)
    assert command.main([]) == 0
    said = capsys.readouterr().out
    assert "What each route answers whom" in said
    assert said.endswith("What is live is what the state says.\n")


def test_a_stack_with_a_resource_policy_is_clean(aws: Aws) -> None:
    found = aws.audit()
    assert found.is_clean, "\n".join(found.lines("local"))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_is_changed_by_hand_is_found(aws: Aws, change: Callable[[Aws], AbstractContextManager[None]]) -> None:
    with change(aws):
        found = aws.audit()
    text = "\n".join(found.lines("local"))
    assert not found.is_clean
    assert CHANGES[change] in text, text


def test_all_of_it_is_undone(aws: Aws) -> None:
    found = aws.audit()
    assert found.is_clean, "\n".join(found.lines("local"))


@pytest.mark.parametrize("name", ["existing-api", "http-api"])
def test_an_example_that_is_applied_is_clean(applied: dict[str, Applied], record: StackInfo, name: str) -> None:
    example = Aws(record, TerraformState.read(applied[name].workspace.state()))
    found = example.audit()
    assert found.is_clean, "\n".join(found.lines(name))


def test_what_the_allow_list_names_may_differ(aws: Aws) -> None:
    with an_answer_kept_longer(aws):
        found = aws.audit(AllowList((Entry(None, AUTHORIZER, None, "Tried for a week."),)))
    assert found.is_clean
    assert [difference.address for difference in found.allowed] == [AUTHORIZER]
