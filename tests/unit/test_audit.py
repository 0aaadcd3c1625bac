"""The audit: what it reads of AWS, what it cannot read, and what it says of a difference."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts import ROOT
from scripts.lib import aws
from scripts.lib.program import UsageError
from scripts.operate import environment
from scripts.operate.audit import __main__ as command
from scripts.operate.audit import live
from scripts.operate.audit.calls import Calls
from scripts.operate.audit.live import Live, read
from scripts.operate.audit.report import Audit, audit
from scripts.operate.audit.state import TerraformState
from scripts.operate.audit.translation import KINDS, NOT_KEPT, NOT_READ, is_same, key, permission, policy_text, values
from scripts.review_plan.access import attributes
from scripts.review_plan.gate import AllowList

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:authorizer"
URI = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{ARN}:signed-in/invocations"


def state_of(*resources: tuple[str, dict[str, Any]]) -> TerraformState:
    entries = [
        {"address": f"{type_}.r{place}", "mode": "managed", "type": type_, "name": f"r{place}", "values": values}
        for place, (type_, values) in enumerate(resources)
    ]
    return TerraformState.read(json.dumps({"values": {"root_module": {"resources": entries}}}))


def compared(state: TerraformState, *live: Live | str) -> Audit:
    return audit(state, live, AllowList(), None)


class FakeAws:
    """Answers each operation with what it is given; what it is not given is not there, or is an empty list."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def can_paginate(self, operation: str) -> bool:
        return operation in PAGED

    def get_paginator(self, operation: str) -> FakeAws:
        return FakeAws(pages=self.answers.get(operation, [{}]))

    def paginate(self, **_: Any) -> Iterator[Any]:
        yield from self.answers["pages"]

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            answer = self.answers.get(operation, failed("NotFoundException"))
            answer = answer(**parameters) if callable(answer) else answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


PAGED = ("get_resources", "get_authorizers", "get_domain_names", "get_base_path_mappings", "get_routes")


def failed(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "secret"}}, "Operation")


def test_every_attribute_that_says_who_may_call_is_read_or_says_why_not() -> None:
    unread = []
    for type_, names in attributes.DECIDES.items():
        kind = KINDS.get(type_)
        known = {*NOT_KEPT.get(type_, {}), *(kind.identity if kind else ()), *(kind.sources if kind else ())}
        unread += [f"{type_}.{name}" for name in names if type_ not in NOT_READ and name not in known]
    assert unread == []


def test_no_attribute_is_read_that_is_said_not_to_be_kept() -> None:
    assert [
        (type_, name)
        for type_, names in NOT_KEPT.items()
        for name in names
        if type_ in KINDS and name in KINDS[type_].sources
    ] == []
    assert not NOT_READ.keys() & KINDS.keys()


@pytest.mark.parametrize(
    "written",
    [
        '{"Version":"2012-10-17","Statement":[]}',
        '{\\"Version\\":\\"2012-10-17\\",\\"Statement\\":[]}',
        "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D",
        {"Version": "2012-10-17", "Statement": []},
    ],
)
def test_a_policy_is_read_in_each_spelling_of_aws(written: Any) -> None:
    assert json.loads(policy_text(written)) == {"Version": "2012-10-17", "Statement": []}


@pytest.mark.parametrize(
    ("name", "state", "live"),
    [
        ("policy", '{"Action": "a", "Resource": ["b", "a"]}', '{"Resource":["a","b"],"Action":["a"]}'),
        ("authorization_scopes", ["b", "a"], ["a", "b"]),
        ("variables", None, {}),
        ("api_key_required", None, False),
        ("principal", "123456789012", "arn:aws:iam::123456789012:root"),
        ("version", "1", 1),
        ("authorizer_result_ttl_in_seconds", None, 0),
    ],
)
def test_two_spellings_of_one_value_are_the_same(name: str, state: Any, live: Any) -> None:
    assert is_same(name, state, live)


@pytest.mark.parametrize(
    ("name", "state", "live"),
    [
        ("policy", '{"Action": "a"}', '{"Action": "b"}'),
        ("policy", '{"Action": "a"}', None),
        ("layers", ["a", "b"], ["b", "a"]),
        ("authorizer_result_ttl_in_seconds", 0, 300),
        ("principal", "123456789012", "*"),
    ],
)
def test_two_values_that_differ_are_not_the_same(name: str, state: Any, live: Any) -> None:
    assert not is_same(name, state, live)


STATEMENT = {
    "Sid": "api",
    "Effect": "Allow",
    "Principal": {"Service": "apigateway.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Resource": f"{ARN}:signed-in",
    "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:eu-west-1:123456789012:abc/*"}},
}


def test_a_statement_of_a_functions_policy_is_a_permission() -> None:
    found = permission("authorizer", "signed-in", STATEMENT)
    assert key("aws_lambda_permission", found) == ("authorizer", "signed-in", "api")
    assert found["principal"] == "apigateway.amazonaws.com"
    assert found["source_arn"] == "arn:aws:execute-api:eu-west-1:123456789012:abc/*"


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Deny"},
        {"NotAction": "lambda:InvokeFunction"},
        {"Action": ["lambda:InvokeFunction", "lambda:UpdateAlias"]},
        {"Principal": {"AWS": ["1", "2"]}},
        {"Condition": {"StringLike": {"aws:PrincipalArn": "*"}}},
        {"Condition": {"ArnNotLike": {"AWS:SourceArn": "a"}}},
    ],
)
def test_a_statement_that_cannot_be_read_stops_the_audit(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="is of a form that is not read"):
        permission("authorizer", "", {**STATEMENT, **change})


def test_a_failed_call_stops_the_audit_and_tells_nothing_of_the_call() -> None:
    calls = Calls(lambda _: FakeAws(get_rest_api=failed("AccessDeniedException")))
    with pytest.raises(UsageError, match=r"apigateway get-rest-api failed \(AccessDeniedException\)") as error:
        calls.one("apigateway", "get_rest_api", restApiId="abc")
    assert "secret" not in str(error.value)
    assert error.value.exit_code == 2


def test_a_failed_page_stops_the_audit() -> None:
    def pages() -> Iterator[dict[str, Any]]:
        yield {"items": [1]}
        raise failed("TooManyRequestsException")

    with pytest.raises(UsageError, match="get-resources failed"):
        list(Calls(lambda _: FakeAws(get_resources=pages())).all("apigateway", "get_resources", "items"))


def test_every_page_is_read() -> None:
    paged = Calls(lambda _: FakeAws(get_resources=[{"items": [1, 2]}, {}, {"items": [3]}]))
    assert list(paged.all("apigateway", "get_resources", "items")) == [1, 2, 3]
    pages = {None: {"Items": [1], "NextToken": "b"}, "b": {"Items": [2]}}
    by_token = Calls(lambda _: FakeAws(get_api_mappings=lambda NextToken=None: pages[NextToken]))  # noqa: N803
    assert list(by_token.all("apigatewayv2", "get_api_mappings", "Items")) == [1, 2]


def test_a_client_of_aws_waits_when_it_is_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    retries = aws.client("apigateway").meta.config.retries
    assert retries["mode"] == "standard"
    assert retries["total_max_attempts"] >= 5


@pytest.mark.parametrize(
    "type_", ["aws_wafregional_web_acl_association", "aws_api_gateway_of_tomorrow", "aws_cloudformation_stack"]
)
def test_a_state_with_a_kind_that_is_not_read_stops_the_audit(type_: str) -> None:
    with pytest.raises(UsageError, match=rf"{type_}.r0 is not read by the audit"):
        state_of((type_, {}))


def test_an_empty_state_stops_the_audit() -> None:
    with pytest.raises(UsageError, match="holds no resource"):
        state_of()


# What is compared


REST = {"id": "abc", "name": "orders", "root_resource_id": "r", "endpoint_configuration": [{"types": ["REGIONAL"]}]}
AUTHORIZER = {"id": "aut", "rest_api_id": "abc", "name": "signed-in", "type": "REQUEST", "authorizer_uri": URI}
DOCUMENT = {
    "openapi": "3.0.1",
    "paths": {"/a": {"get": {"security": [{"signed-in": []}]}}},
    "components": {
        "securitySchemes": {
            "signed-in": {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authtype": "custom",
                "x-amazon-apigateway-authorizer": {
                    "type": "request",
                    "authorizerUri": URI,
                    "identitySource": "method.request.header.Authorization",
                },
            }
        }
    },
}


def rest_api(**more: Any) -> Live:
    answer = {"endpointConfiguration": {"types": ["REGIONAL"]}, **more}
    return Live("aws_api_gateway_rest_api", values("aws_api_gateway_rest_api", answer, id="abc"))


def method(verb: str, **answer: Any) -> Live:
    of = {"rest_api_id": "abc", "resource_id": "a", "http_method": verb}
    return Live("aws_api_gateway_method", values("aws_api_gateway_method", answer, **of))


def authorizer() -> Live:
    answer = {
        "name": "signed-in",
        "type": "REQUEST",
        "authorizerUri": URI,
        "identitySource": "method.request.header.Authorization",
    }
    of = {"rest_api_id": "abc", "id": "aut"}
    return Live("aws_api_gateway_authorizer", values("aws_api_gateway_authorizer", answer, **of))


RESOURCE = Live(
    "aws_api_gateway_resource",
    values("aws_api_gateway_resource", {"parentId": "r", "pathPart": "a"}, rest_api_id="abc", id="a", path="/a"),
)
GUARDED = method("GET", authorizationType="CUSTOM", authorizerId="aut")


OWN = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "%s"}]}'


@pytest.mark.parametrize(
    ("resource", "is_clean"),
    [("arn:aws:execute-api:eu-west-1:123456789012:abc/*", True), ("arn:aws:execute-api:eu-west-1:1:other/*", False)],
)
def test_a_policy_that_names_its_own_api_is_the_same_with_its_arn(resource: str, is_clean: bool) -> None:
    written = OWN % "execute-api:/*"
    state = state_of(
        ("aws_api_gateway_rest_api", {**REST, "policy": written}),
        ("aws_api_gateway_rest_api_policy", {"rest_api_id": "abc", "policy": written}),
    )
    answer = {"policy": (OWN % resource).replace('"', '\\"').replace("/", "\\/")}
    policy = values("aws_api_gateway_rest_api_policy", answer, rest_api_id="abc")
    found = compared(state, rest_api(**answer), Live("aws_api_gateway_rest_api_policy", policy, is_owned=False))
    assert found.is_clean == is_clean, "\n".join(found.lines("dev"))


def test_an_api_of_a_document_is_compared_by_its_routes() -> None:
    state = state_of(("aws_api_gateway_rest_api", {**REST, "body": json.dumps(DOCUMENT)}))
    found = compared(state, rest_api(), RESOURCE, GUARDED, authorizer())
    assert found.is_clean, "\n".join(found.lines("dev"))


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_route_that_a_document_does_not_say_is_found(verb: str) -> None:
    state = state_of(("aws_api_gateway_rest_api", {**REST, "body": json.dumps(DOCUMENT)}))
    methods = {each.values["http_method"]: each for each in (GUARDED, method(verb, authorizationType="NONE"))}
    found = compared(state, rest_api(), RESOURCE, authorizer(), *methods.values())
    assert [change.route.name for change in found.changes] == [f"{verb} /a"]
    assert not found.is_clean


def test_an_api_of_a_document_whose_endpoint_was_switched_on_is_found() -> None:
    state = state_of(
        ("aws_api_gateway_rest_api", {**REST, "body": json.dumps(DOCUMENT), "disable_execute_api_endpoint": True})
    )
    found = compared(state, rest_api(), RESOURCE, GUARDED, authorizer())
    assert [difference.attributes.keys() for difference in found.differences] == [{"disable_execute_api_endpoint"}]


@pytest.mark.parametrize(("auto", "is_clean"), [(True, True), (False, False)])
def test_another_deployment_counts_where_api_gateway_does_not_deploy_by_itself(auto: bool, is_clean: bool) -> None:
    stage = {"api_id": "abc", "name": "v1", "auto_deploy": auto, "deployment_id": "old"}
    answer = {"AutoDeploy": auto, "DeploymentId": "new"}
    live_stage = values("aws_apigatewayv2_stage", answer, api_id="abc", name="v1")
    found = compared(state_of(("aws_apigatewayv2_stage", stage)), Live("aws_apigatewayv2_stage", live_stage))
    assert found.is_clean == is_clean


def test_what_is_gone_is_found() -> None:
    found = compared(
        state_of(("aws_api_gateway_rest_api", REST), ("aws_api_gateway_authorizer", AUTHORIZER)), rest_api()
    )
    assert [difference.address for difference in found.differences] == ["aws_api_gateway_authorizer.r1"]
    assert "aws_api_gateway_authorizer.r1 is gone" in "\n".join(found.lines("dev"))


def test_a_secret_in_a_functions_environment_is_not_shown() -> None:
    before = {"function_name": "f", "version": "1", "environment": [{"variables": {"SECRET": "old-secret-value"}}]}
    answer = {"Version": "1", "Environment": {"Variables": {"SECRET": "new-secret-value"}}}
    function = Live("aws_lambda_function", values("aws_lambda_function", answer, function_name="f"))
    found = compared(state_of(("aws_lambda_function", {**before, "package_type": "Zip"})), function)
    text = "\n".join(found.lines("dev"))
    assert "environment.variables: differs" in text
    assert "secret-value" not in text


def test_a_sentence_is_a_difference() -> None:
    found = compared(state_of(("aws_api_gateway_rest_api", REST)), rest_api(), "a routing rule leads to it")
    assert not found.is_clean
    assert "a routing rule leads to it" in "\n".join(found.lines("dev"))


# What is read


def domains(**second: Any) -> Calls:
    """A domain name with a mapping, which both versions of API Gateway's calls tell of."""
    first = FakeAws(
        get_domain_names=[{"items": [{"domainName": "api.example.com"}, {"domainName": "other.example.com"}]}],
        get_base_path_mappings=[{"items": [{"basePath": "(none)", "restApiId": "abc", "stage": "live"}]}],
    )
    other = FakeAws(
        get_domain_names=[{"Items": [{"DomainName": "api.example.com", **second}]}],
        get_api_mappings={"Items": [{"ApiId": "abc", "ApiMappingKey": "", "Stage": "live"}]},
        list_routing_rules={"RoutingRules": [{"Actions": [{"InvokeApi": {"ApiId": "abc", "Stage": "live"}}]}]},
    )
    return Calls(lambda service: {"apigateway": first, "apigatewayv2": other}.get(service) or FakeAws())


MAPPING = {"domain_name": "api.example.com", "base_path": "", "api_id": "abc", "stage_name": "live"}


def test_a_mapping_is_read_once_as_the_type_of_the_state() -> None:
    state = state_of(
        ("aws_api_gateway_rest_api", REST),
        (
            "aws_apigatewayv2_api_mapping",
            {"domain_name": "api.example.com", "api_mapping_key": "", "api_id": "abc", "stage": "live"},
        ),
    )
    found = [one for one in read(domains(), state) if isinstance(one, Live) and "mapping" in one.type]
    assert [one.type for one in found if one.values["domain_name"] == "api.example.com"] == [
        "aws_apigatewayv2_api_mapping"
    ]


def test_a_routing_rule_to_an_api_of_the_state_is_told_of() -> None:
    state = state_of(("aws_api_gateway_rest_api", REST), ("aws_api_gateway_base_path_mapping", MAPPING))
    sentences = [
        one for one in read(domains(RoutingMode="ROUTING_RULE_THEN_API_MAPPING"), state) if isinstance(one, str)
    ]
    assert sentences == ["a routing rule of api.example.com leads to the API abc, and no resource of Terraform says so"]


def test_what_somebody_else_owns_is_read_as_far_as_the_state_holds_it() -> None:
    state = state_of(
        (
            "aws_api_gateway_authorizer",
            {
                **AUTHORIZER,
                "identity_source": "method.request.header.Authorization",
                "authorizer_result_ttl_in_seconds": 300,
            },
        )
    )
    answers = {
        "name": "signed-in",
        "type": "REQUEST",
        "authorizerUri": URI,
        "identitySource": "method.request.header.Authorization",
    }
    api = FakeAws(
        get_rest_api={"id": "abc", "name": "theirs"},
        get_authorizers=[{"items": [{"id": "aut", **answers}, {"id": "theirs", **answers}]}],
        get_stages={"item": [{"stageName": "live", "deploymentId": "d"}]},
    )
    found = audit(
        state, read(Calls(lambda service: api if service == "apigateway" else FakeAws()), state), AllowList(), None
    )
    assert found.is_clean, "\n".join(found.lines("dev"))


def test_a_stage_whose_deployment_is_not_told_of_stops_the_audit() -> None:
    api = FakeAws(
        get_rest_api={"id": "abc", "name": "orders"}, get_stages={"item": [{"stageName": "live", "deploymentId": "d"}]}
    )
    with pytest.raises(UsageError, match="does not say what the deployment d of the API abc serves"):
        list(read(Calls(lambda _: api), state_of(("aws_api_gateway_rest_api", REST))))


def test_a_published_function_is_its_version_and_a_changed_one_is_not() -> None:
    state = state_of(("aws_lambda_function", {"function_name": "f", "version": "1", "arn": ARN}))
    latest = {"Version": "$LATEST", "Handler": "h"}

    def configuration(Qualifier: str = "", **_: str) -> dict[str, str]:  # noqa: N803
        return {"Version": Qualifier, "Handler": "h"} if Qualifier else latest

    api = FakeAws(
        get_function_configuration=configuration,
        list_versions_by_function={"Versions": [{"Version": "$LATEST"}, {"Version": "1"}]},
    )

    def version() -> Any:
        (found,) = (one for one in read(Calls(lambda _: api), state) if isinstance(one, Live))
        return found.values["version"]

    assert version() == "1"
    latest["Handler"] = "other"
    assert version() == "$LATEST"


# The command


def test_the_documentation_names_the_rights_of_every_call() -> None:
    page = (ROOT / "docs" / "operations.md").read_text().partition("## Audit")[2]
    policy = json.loads(page.partition("```jsonc")[2].partition("```")[0])
    named = {action for statement in policy["Statement"] for action in statement["Action"]}
    services = {"REST": "apigateway", "HTTP": "apigateway"}
    called = set()
    for node in ast.walk(ast.parse(Path(live.__file__).read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("calls.one", "calls.all"):
            service, operation = (
                ast.literal_eval(each) if isinstance(each, ast.Constant) else ast.unparse(each)
                for each in node.args[:2]
            )
            if service not in services:
                called.add(f"{service}:{operation.title().replace('_', '')}")
            elif not operation.startswith(("get_", "operation")):
                called.add(f"apigateway:{operation.title().replace('_', '')}")
    assert called | {"apigateway:GET"} == named


def test_the_command_exits_3_where_something_differs_and_2_where_it_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state = {
        "values": {
            "root_module": {
                "resources": [
                    {
                        "address": "aws_iam_role.r",
                        "mode": "managed",
                        "type": "aws_iam_role",
                        "name": "r",
                        "values": {"name": "role"},
                    }
                ]
            }
        }
    }
    monkeypatch.setattr(environment, "state", lambda _: json.dumps(state))
    monkeypatch.setattr(aws, "client", lambda _: FakeAws())
    assert command.main(["--environment", "dev"]) == 3
    assert "aws_iam_role.r is gone" in capsys.readouterr().out
    monkeypatch.setattr(aws, "client", lambda _: FakeAws(get_role=failed("AccessDenied")))
    assert command.main(["--environment", "dev"]) == 2
    assert "the rights that the audit needs" in capsys.readouterr().err
    assert command.main(["--environment", "dev", "--allow", "missing.json"]) == 2
