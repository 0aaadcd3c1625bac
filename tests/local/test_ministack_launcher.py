"""The one thing that the launcher mends, and whether it still needs to."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from scripts.ministack import REGION, Home
from scripts.stack import Record

ALIASES = ("first", "second")

SOURCE = """
import json, os

def handler(event, context):
    seen = {"arn": context.invoked_function_arn, "process": os.getpid()}
    if "methodArn" not in event:
        authorizer = event["requestContext"]["authorizer"]
        return {"statusCode": 200, "body": json.dumps({"backend": seen, "authorizer": authorizer})}
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    return {
        "principalId": "anyone",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": seen,
    }
"""


@dataclass(frozen=True)
class Api:
    """An API with a route per alias: authorizer and backend are the same function, both called by that alias."""

    url: str
    function_arn: str

    def call(self, alias: str) -> dict[str, Any]:
        """What the authorizer and the backend saw of a request to the route of an alias."""
        answer = requests.get(f"{self.url}/{alias}", headers={"Authorization": "anything"}, timeout=20)
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen


def deploy(endpoint_url: str) -> Api:
    session = boto3.Session("test", "test", region_name=REGION)
    functions = session.client("lambda", endpoint_url=endpoint_url)
    apis = session.client("apigateway", endpoint_url=endpoint_url)

    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", SOURCE)
    function = functions.create_function(
        FunctionName="seen",
        Runtime="python3.13",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/any",
        Code={"ZipFile": package.getvalue()},
        Publish=True,
    )
    api = apis.create_rest_api(name="seen")["id"]
    root = apis.get_resources(restApiId=api)["items"][0]["id"]
    for alias in ALIASES:
        arn = functions.create_alias(FunctionName="seen", Name=alias, FunctionVersion=function["Version"])["AliasArn"]
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
        authorizer = apis.create_authorizer(
            restApiId=api,
            name=alias,
            type="TOKEN",
            authorizerUri=uri,
            identitySource="method.request.header.Authorization",
            authorizerResultTtlInSeconds=0,
        )["id"]
        resource = apis.create_resource(restApiId=api, parentId=root, pathPart=alias)["id"]
        place = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
        apis.put_method(**place, authorizationType="CUSTOM", authorizerId=authorizer)
        apis.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    apis.create_deployment(restApiId=api, stageName="any")
    unqualified = functions.get_function(FunctionName="seen")["Configuration"]["FunctionArn"]
    return Api(f"{endpoint_url}/restapis/{api}/any/_user_request_", unqualified)


@pytest.fixture(scope="module")
def mended(record: Record) -> Api:
    """On the MiniStack that the launcher runs."""
    return deploy(record.endpoint_url)


@pytest.fixture(scope="module")
def unmended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """On MiniStack as it is published."""
    home = Home(Path(tmp_path_factory.mktemp("ministack")))
    try:
        yield deploy(home.start(program=("-m", "ministack")).endpoint_url)
    finally:
        home.stop()


@pytest.mark.parametrize("alias", ALIASES)
def test_the_authorizer_sees_the_alias_it_was_called_by(mended: Api, alias: str) -> None:
    assert mended.call(alias)["authorizer"]["arn"] == f"{mended.function_arn}:{alias}"


@pytest.mark.parametrize("alias", ALIASES)
def test_the_backend_sees_the_alias_it_was_called_by(mended: Api, alias: str) -> None:
    assert mended.call(alias)["backend"]["arn"] == f"{mended.function_arn}:{alias}"


def test_the_aliases_of_a_version_share_its_warm_workers(mended: Api) -> None:
    processes = {mended.call(alias)["authorizer"]["process"] for alias in ALIASES * 3}
    assert len(processes) == 1, json.dumps(sorted(processes))


def test_ministack_by_itself_still_hides_the_alias(unmended: Api) -> None:
    seen = unmended.call("first")
    told = [role for role in ("authorizer", "backend") if seen[role]["arn"] == f"{unmended.function_arn}:first"]
    assert told == [], (
        f"this MiniStack tells the {' and the '.join(told)} its alias: once both are told, delete the launcher "
        '(scripts/ministack_launcher.py and this file), and let scripts/ministack.py run ("-m", "ministack")'
    )
