"""Each way in which the strict AWS is stricter than MiniStack, shown to bite."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from scripts.local_aws.ministack import REGION, MiniStack
from tests.apply_order.system import CREDENTIALS, LAUNCHER

CODE = """
import boto3, json, os

def handler(event, context):
    if event.get("type") == "TOKEN":
        statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        return {"principalId": "anyone", "policyDocument": policy}
    if event.get("resource") == "/table":
        boto3.client("dynamodb").get_item(TableName="records", Key={"id": {"S": "any"}})
    return {"statusCode": 200, "body": context.invoked_function_arn.rpartition(":")[2]}
"""
FUNCTION = f"arn:aws:lambda:{REGION}:000000000000:function:answers"


class Aws:
    """A strict AWS with one function, a role that may be assumed, and a REST API."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self.iam, self.functions, self.apis = (self.client(name) for name in ("iam", "lambda", "apigateway"))
        services = {"Service": ["apigateway.amazonaws.com", "lambda.amazonaws.com"]}
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": services}],
        }
        self.role = self.iam.create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("index.py", CODE)
        self.functions.create_function(
            FunctionName="answers",
            Runtime="python3.13",
            Handler="index.handler",
            Role=self.role,
            Code={"ZipFile": package.getvalue()},
            Publish=True,
        )
        for alias in ("one", "two"):
            self.functions.create_alias(FunctionName="answers", Name=alias, FunctionVersion="1")
        self.functions.get_waiter("function_active_v2").wait(FunctionName="answers", WaiterConfig={"Delay": 1})
        self.api = self.apis.create_rest_api(name="api")["id"]
        self.root = self.apis.get_resources(restApiId=self.api)["items"][0]["id"]

    def client(self, service: str, agent: str | None = None) -> Any:
        settings = Config(user_agent_extra=agent, retries={"total_max_attempts": 1})
        return boto3.client(service, endpoint_url=self.endpoint_url, config=settings, **CREDENTIALS)

    def control(self, action: str, **options: Any) -> Any:
        return requests.post(f"{self.endpoint_url}/_strict/{action}", params=options, timeout=60).json()

    def allow(self, action: str, resource: str) -> None:
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_role_policy(RoleName="role", PolicyName="right", PolicyDocument=policy)

    def permit(self, alias: str, source: str = "*") -> None:
        self.functions.add_permission(
            FunctionName="answers",
            Qualifier=alias,
            StatementId=alias,
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{REGION}:000000000000:{self.api}/{source}",
        )

    def serve(self, path: str, alias: str, authorizer: str | None = None) -> dict[str, str]:
        """Make a method of the path, which an alias answers."""
        resource = self.apis.create_resource(restApiId=self.api, parentId=self.root, pathPart=path)["id"]
        place = {"restApiId": self.api, "resourceId": resource, "httpMethod": "GET"}
        guard = (
            {"authorizationType": "CUSTOM", "authorizerId": authorizer} if authorizer else {"authorizationType": "NONE"}
        )
        self.apis.put_method(**place, **guard)
        self.answer_by(place, alias)
        return place

    def answer_by(self, place: dict[str, str], alias: str) -> None:
        self.apis.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri(alias))

    def deploy(self) -> str:
        return str(self.apis.create_deployment(restApiId=self.api, stageName="v1")["id"])

    def get(self, path: str) -> requests.Response:
        url = f"{self.endpoint_url}/restapis/{self.api}/v1/_user_request_/{path}"
        return requests.get(url, headers={"Authorization": "any"}, timeout=30)


def uri(alias: str) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{FUNCTION}:{alias}/invocations"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    process = MiniStack(tmp_path_factory.mktemp("aws"))
    try:
        aws = Aws(process.start(program=LAUNCHER).endpoint_url)
        aws.control("take", name="new")
        yield aws
    finally:
        process.stop()


@pytest.fixture
def aws(running: Aws) -> Aws:
    running.control("begin", mode="open")
    running.control("restore", name="new")
    return running


def authorizer(aws: Aws, role: str | None) -> str:
    by = {"authorizerCredentials": role} if role else {}
    made = aws.apis.create_authorizer(
        restApiId=aws.api,
        name="guard",
        type="TOKEN",
        authorizerUri=uri("one"),
        identitySource="method.request.header.Authorization",
        authorizerResultTtlInSeconds=0,
        **by,
    )
    return str(made["id"])


def test_an_authorizer_is_called_only_while_its_role_may_invoke_exactly_its_alias(aws: Aws) -> None:
    aws.permit("two")
    aws.serve("guarded", "two", authorizer(aws, aws.role))
    aws.deploy()
    answers = []
    for resource in (FUNCTION, f"{FUNCTION}:two", f"{FUNCTION}:one", f"{FUNCTION}:o"):
        aws.allow("lambda:InvokeFunction", resource)
        answers.append(aws.get("guarded").status_code)
    assert answers == [500, 500, 200, 500]


def test_an_authorizer_without_a_role_needs_a_permission(aws: Aws) -> None:
    aws.permit("two")
    guard = authorizer(aws, None)
    aws.serve("guarded", "two", guard)
    aws.deploy()
    assert aws.get("guarded").status_code == 500
    aws.permit("one", f"authorizers/{guard}")
    assert aws.get("guarded").status_code == 200


def test_a_backend_is_called_only_while_a_permission_covers_alias_and_route(aws: Aws) -> None:
    aws.serve("open", "one")
    aws.deploy()
    answers = [aws.get("open").status_code]
    aws.permit("one", "v1/GET/other")
    answers.append(aws.get("open").status_code)
    aws.functions.remove_permission(FunctionName="answers", Qualifier="one", StatementId="one")
    aws.permit("one", "v1/GET/open")
    answers.append(aws.get("open").status_code)
    aws.functions.remove_permission(FunctionName="answers", Qualifier="one", StatementId="one")
    assert [*answers, aws.get("open").status_code] == [500, 500, 200, 500]


def test_a_function_reads_its_table_only_while_its_role_may(aws: Aws) -> None:
    aws.client("dynamodb").create_table(
        TableName="records",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    aws.permit("one")
    aws.serve("table", "one")
    aws.deploy()
    assert aws.get("table").status_code == 502
    aws.allow("dynamodb:GetItem", f"arn:aws:dynamodb:{REGION}:000000000000:table/records")
    assert aws.get("table").status_code == 200
    aws.allow("dynamodb:GetItem", f"arn:aws:dynamodb:{REGION}:000000000000:table/other")
    assert aws.get("table").status_code == 502


def test_a_stage_serves_its_deployment_until_it_is_given_another(aws: Aws) -> None:
    aws.permit("one")
    aws.permit("two")
    place = aws.serve("open", "one")
    first = aws.deploy()
    aws.answer_by(place, "two")
    assert aws.get("open").text == "one"
    aws.deploy()
    assert aws.get("open").text == "two"
    aws.apis.update_stage(
        restApiId=aws.api,
        stageName="v1",
        patchOperations=[{"op": "replace", "path": "/deploymentId", "value": first}],
    )
    assert aws.get("open").text == "one"
    aws.apis.delete_method(**place)
    assert aws.get("open").text == "one"


def test_what_is_in_use_cannot_be_deleted(aws: Aws) -> None:
    guard = authorizer(aws, aws.role)
    aws.serve("guarded", "two", guard)
    deployment = aws.deploy()
    with pytest.raises(ClientError, match="in use"):
        aws.apis.delete_deployment(restApiId=aws.api, deploymentId=deployment)
    with pytest.raises(ClientError, match="in use"):
        aws.apis.delete_authorizer(restApiId=aws.api, authorizerId=guard)


def create_together(aws: Aws, seed: int) -> list[str]:
    """Let "Terraform" create three roles at once; returns the order in which the schedule lets it."""
    aws.control("begin", mode="stepped", seed=seed)
    terraform = aws.client("iam", "Terraform/1")
    names = ["a", "b", "c"]
    with ThreadPoolExecutor(len(names)) as pool:
        made = [pool.submit(terraform.create_role, RoleName=name, AssumeRolePolicyDocument="{}") for name in names]
        order = [aws.control("step", seconds=10) for _ in names]
        for role in made:
            role.result()
    aws.control("begin", mode="open")
    aws.control("restore", name="new")
    return order


def test_a_seed_decides_in_which_order_calls_that_come_together_take_effect(aws: Aws) -> None:
    orders = {seed: create_together(aws, seed) for seed in range(6)}
    assert create_together(aws, 3) == orders[3]
    assert sorted(orders[3]) == ["CreateRole a", "CreateRole b", "CreateRole c"]
    assert len({tuple(order) for order in orders.values()}) > 1


def test_a_new_table_answers_only_when_it_is_active(aws: Aws) -> None:
    aws.control("begin", mode="stepped")
    tables = aws.client("dynamodb")
    seen = []
    with ThreadPoolExecutor(1) as pool:
        pool.submit(
            aws.client("dynamodb", "Terraform/1").create_table,
            TableName="slower",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        while aws.control("step", seconds=10) is not None:
            seen.append(tables.describe_table(TableName="slower")["Table"]["TableStatus"])
            if seen[-1] == "CREATING":
                with pytest.raises(tables.exceptions.ResourceNotFoundException):
                    tables.get_item(TableName="slower", Key={"id": {"S": "any"}})
    assert seen == ["CREATING", "ACTIVE"]
    tables.get_item(TableName="slower", Key={"id": {"S": "any"}})


def test_a_stopped_apply_changes_nothing_more(aws: Aws) -> None:
    aws.control("begin", mode="stopped")
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("iam", "Terraform/1").create_role(RoleName="late", AssumeRolePolicyDocument="{}")
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("lambda", "Terraform/1").delete_alias(FunctionName="answers", Name="one")
    assert aws.client("lambda", "Terraform/1").get_alias(FunctionName="answers", Name="one")["FunctionVersion"] == "1"
    assert [role["RoleName"] for role in aws.iam.list_roles()["Roles"]] == ["role"]


def test_a_snapshot_brings_everything_back(aws: Aws) -> None:
    aws.permit("one")
    aws.serve("open", "one")
    aws.deploy()
    aws.control("take", name="served")
    aws.functions.delete_function(FunctionName="answers")
    aws.apis.delete_rest_api(restApiId=aws.api)
    assert aws.get("open").status_code == 404
    aws.control("restore", name="served")
    assert aws.get("open").status_code == 200


def test_a_version_of_a_secret_carries_every_label_it_is_given(aws: Aws) -> None:
    secrets = aws.client("secretsmanager")
    name = secrets.create_secret(Name="secret", SecretString="one")["Name"]
    for value in ("two", "three"):
        secrets.put_secret_value(SecretId=name, SecretString=value, VersionStages=["AWSCURRENT", "OURS"])
        assert secrets.get_secret_value(SecretId=name, VersionStage="OURS")["SecretString"] == value
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "three"
    assert secrets.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")["SecretString"] == "two"
