"""The authorizer cache of the local stack can be emptied, as on AWS."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from scripts.lib.local_stack import StackInfo
from scripts.local_aws.ministack import REGION, MiniStack

SOURCE = """
import time

def handler(event, context):
    if "methodArn" not in event:
        return {"statusCode": 200, "body": event["requestContext"]["authorizer"]["decided"]}
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "anyone", "policyDocument": policy, "context": {"decided": str(time.time_ns())}}
"""


class Api:
    """An API whose backend says when its authorizer decided."""

    def __init__(self, endpoint_url: str) -> None:
        session = boto3.Session("test", "test", region_name=REGION)
        functions = session.client("lambda", endpoint_url=endpoint_url)
        self.client: Any = session.client("apigateway", endpoint_url=endpoint_url)
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("index.py", SOURCE)
        name = f"decided-{uuid.uuid4().hex[:8]}"
        arn = functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Role="arn:aws:iam::000000000000:role/any",
            Code={"ZipFile": package.getvalue()},
        )["FunctionArn"]
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
        self.id = self.client.create_rest_api(name=name)["id"]
        root = self.client.get_resources(restApiId=self.id)["items"][0]["id"]
        authorizer = self.client.create_authorizer(
            restApiId=self.id,
            name="kept",
            type="TOKEN",
            authorizerUri=uri,
            identitySource="method.request.header.Authorization",
            authorizerResultTtlInSeconds=300,
        )["id"]
        place = {"restApiId": self.id, "resourceId": root, "httpMethod": "GET"}
        self.client.put_method(**place, authorizationType="CUSTOM", authorizerId=authorizer)
        self.client.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
        for stage in ("one", "two"):
            self.client.create_deployment(restApiId=self.id, stageName=stage)
        self._url = f"{endpoint_url}/restapis/{self.id}"

    def decided(self, stage: str) -> str:
        """When the authorizer decided on a request to a stage that is answered now."""
        answer = requests.get(f"{self._url}/{stage}/_user_request_/", headers={"Authorization": "anything"}, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.text

    def flush(self, stage: str) -> None:
        self.client.flush_stage_authorizers_cache(restApiId=self.id, stageName=stage)


@pytest.fixture(scope="module")
def unmended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """On MiniStack as it is published."""
    home = MiniStack(Path(tmp_path_factory.mktemp("ministack")))
    try:
        yield Api(home.start(program=("-m", "ministack")).endpoint_url)
    finally:
        home.stop()


def test_a_flush_empties_the_cache_of_its_stage_and_of_no_other(record: StackInfo) -> None:
    api = Api(record.endpoint_url)
    one, two = api.decided("one"), api.decided("two")
    assert api.decided("one") == one, "the answer is kept"
    api.flush("one")
    assert api.decided("one") != one
    assert api.decided("two") == two


def test_ministack_by_itself_still_does_not_know_flushes(unmended: Api) -> None:
    # Where it does, delete scripts/local_aws/flush.py and this file.
    with pytest.raises(ClientError):
        unmended.flush("one")
