"""The things that the launcher mends, and whether it still needs to."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import h11
import pytest
import requests
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.typing import ConnectionState
from websockets.sync.client import connect

from scripts.lib.local_stack import StackInfo
from scripts.local_aws.launcher import mend_answers
from scripts.local_aws.ministack import EXECUTE_API, REGION, MiniStack

ALIASES = ("first", "second")
KINDS = ("rest", "http", "websocket")

SOURCE = """
import json, os

def handler(event, context):
    seen = {"arn": context.invoked_function_arn, "process": os.getpid()}
    if event.get("type") not in ("TOKEN", "REQUEST"):
        authorizer = event["requestContext"]["authorizer"]
        told = {"backend": seen, "authorizer": authorizer.get("lambda", authorizer)}
        return {"statusCode": 200, "body": json.dumps(told)}
    resource = event.get("routeArn") or event["methodArn"]
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource}
    return {
        "principalId": "anyone",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": seen,
    }
"""


@dataclass(frozen=True)
class Apis:
    """An API of each kind with a way in per alias: authorizer and backend are the same function, both called by it."""

    function_arn: str
    urls: dict[tuple[str, str], str]
    """By kind and alias."""
    authorizer: dict[str, Any]
    """One of the HTTP API's, as MiniStack describes it."""
    stage: dict[str, Any]
    """The REST API's, without access logs."""

    def call(self, kind: str, alias: str) -> dict[str, Any]:
        """What the authorizer and the backend saw of a request that came by an alias."""
        url, headers = self.urls[kind, alias], {"Authorization": "anything"}
        if kind == "websocket":
            with connect(url, additional_headers=headers) as socket:
                socket.send("anything")
                said: dict[str, Any] = json.loads(socket.recv(timeout=20))
                return said
        answer = requests.get(url, headers=headers, timeout=20)
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen


def deploy(endpoint_url: str) -> Apis:
    session = boto3.Session("test", "test", region_name=REGION)
    functions = session.client("lambda", endpoint_url=endpoint_url)

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
    uris = {}
    for alias in ALIASES:
        arn = functions.create_alias(FunctionName="seen", Name=alias, FunctionVersion=function["Version"])["AliasArn"]
        uris[alias] = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
    apis = session.client("apigatewayv2", endpoint_url=endpoint_url)
    rest_apis = session.client("apigateway", endpoint_url=endpoint_url)
    urls = deploy_rest(rest_apis, endpoint_url, uris)
    urls |= deploy_http(apis, endpoint_url, uris)
    urls |= deploy_websocket(apis, endpoint_url.replace("http://", "ws://"), uris)
    (rest,) = (api["id"] for api in rest_apis.get_rest_apis()["items"] if api["name"] == "seen")
    (deployment,) = rest_apis.get_deployments(restApiId=rest)["items"]
    rest_apis.create_stage(restApiId=rest, stageName="bare", deploymentId=deployment["id"])
    (http,) = (api["ApiId"] for api in apis.get_apis()["Items"] if api["Name"] == "seen-http")
    return Apis(
        functions.get_function(FunctionName="seen")["Configuration"]["FunctionArn"],
        urls,
        apis.get_authorizers(ApiId=http)["Items"][0],
        rest_apis.get_stage(restApiId=rest, stageName="bare"),
    )


def deploy_rest(apis: Any, endpoint_url: str, uris: dict[str, str]) -> dict[tuple[str, str], str]:
    api = apis.create_rest_api(name="seen")["id"]
    root = apis.get_resources(restApiId=api)["items"][0]["id"]
    for alias, uri in uris.items():
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
    return {("rest", alias): f"{endpoint_url}/restapis/{api}/any/_user_request_/{alias}" for alias in uris}


def deploy_http(apis: Any, endpoint_url: str, uris: dict[str, str]) -> dict[tuple[str, str], str]:
    api = apis.create_api(Name="seen-http", ProtocolType="HTTP")["ApiId"]
    for alias, uri in uris.items():
        guarded_route(
            apis,
            api,
            f"GET /{alias}",
            uri,
            Name=alias,
            IdentitySource=["$request.header.Authorization"],
            AuthorizerPayloadFormatVersion="2.0",
            AuthorizerResultTtlInSeconds=0,
        )
    apis.create_stage(ApiId=api, StageName="any", AutoDeploy=True)
    return {("http", alias): f"{endpoint_url}{EXECUTE_API}/{api}/any/{alias}" for alias in uris}


def deploy_websocket(apis: Any, endpoint_url: str, uris: dict[str, str]) -> dict[tuple[str, str], str]:
    urls = {}
    for alias, uri in uris.items():
        api = apis.create_api(
            Name=f"seen-{alias}", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.a"
        )
        source = ["route.request.header.Authorization"]
        target = guarded_route(apis, api["ApiId"], "$connect", uri, Name=alias, IdentitySource=source)
        apis.create_route(ApiId=api["ApiId"], RouteKey="$default", Target=target)
        apis.create_stage(ApiId=api["ApiId"], StageName="any")
        urls["websocket", alias] = f"{endpoint_url}{EXECUTE_API}/{api['ApiId']}/any"
    return urls


def guarded_route(apis: Any, api: str, key: str, uri: str, **authorizer: Any) -> str:
    """Make a route whose authorizer and backend have the same URI; returns its target."""
    guard = apis.create_authorizer(ApiId=api, AuthorizerType="REQUEST", AuthorizerUri=uri, **authorizer)["AuthorizerId"]
    integration = apis.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationMethod="POST", IntegrationUri=uri
    )["IntegrationId"]
    target = f"integrations/{integration}"
    apis.create_route(ApiId=api, RouteKey=key, AuthorizationType="CUSTOM", AuthorizerId=guard, Target=target)
    return target


@pytest.fixture(scope="module")
def mended(record: StackInfo) -> Apis:
    """On the MiniStack that the launcher runs."""
    return deploy(record.endpoint_url)


@pytest.fixture(scope="module")
def unmended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apis]:
    """On MiniStack as it is published."""
    home = MiniStack(Path(tmp_path_factory.mktemp("ministack")))
    try:
        yield deploy(home.start(program=("-m", "ministack")).endpoint_url)
    finally:
        home.stop()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alias", ALIASES)
def test_the_authorizer_sees_the_alias_it_was_called_by(mended: Apis, kind: str, alias: str) -> None:
    assert mended.call(kind, alias)["authorizer"]["arn"] == f"{mended.function_arn}:{alias}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alias", ALIASES)
def test_the_backend_sees_the_alias_it_was_called_by(mended: Apis, kind: str, alias: str) -> None:
    assert mended.call(kind, alias)["backend"]["arn"] == f"{mended.function_arn}:{alias}"


def test_the_aliases_of_a_version_share_its_warm_workers(mended: Apis) -> None:
    processes = {mended.call("rest", alias)["authorizer"]["process"] for alias in ALIASES * 3}
    assert len(processes) == 1, json.dumps(sorted(processes))


def test_an_authorizer_is_described_by_what_it_was_given(mended: Apis) -> None:
    assert "JwtConfiguration" not in mended.authorizer
    assert mended.authorizer["AuthorizerPayloadFormatVersion"] == "2.0"


def test_a_stage_is_described_by_what_it_was_given(mended: Apis) -> None:
    assert "accessLogSettings" not in mended.stage


def test_ministack_by_itself_still_adds_to_stages(unmended: Apis) -> None:
    assert "accessLogSettings" in unmended.stage, (
        "this MiniStack describes stages as they are: delete mend_stages in scripts/local_aws/launcher.py, with its "
        "tests"
    )


def test_an_answer_leaves_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(h11.Connection, "send", h11.Connection.send)
    mend_answers()
    (answer,) = asyncio.run(pieces_of_an_answer())
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\nwhole")


def test_the_web_server_by_itself_still_sends_header_and_body_apart() -> None:
    assert len(asyncio.run(pieces_of_an_answer())) == 2, (
        "this hypercorn sends an answer in one piece: delete mend_answers in scripts/local_aws/launcher.py, with its "
        "tests"
    )


async def pieces_of_an_answer() -> list[bytes]:
    """What MiniStack's web server writes, piece by piece, to answer a request."""
    written: list[bytes] = []

    async def write(event: Any) -> None:
        if isinstance(event, RawData) and event.data:
            written.append(event.data)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"whole"})

    config = Config()
    async with TaskGroup(asyncio.get_running_loop()) as tasks:
        context = WorkerContext(None)
        server = H11Protocol(
            ASGIWrapper(application), config, context, tasks, ConnectionState({}), False, None, None, write
        )
        await server.handle(RawData(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    return written


@pytest.mark.parametrize("kind", KINDS)
def test_ministack_by_itself_still_hides_the_alias(unmended: Apis, kind: str) -> None:
    seen = unmended.call(kind, "first")
    told = [role for role in ("authorizer", "backend") if seen[role]["arn"] == f"{unmended.function_arn}:first"]
    assert told == [], (
        f"this MiniStack tells the {' and the '.join(told)} of a {kind} API its alias: once all are told, delete "
        "mend_aliases in scripts/local_aws/launcher.py, with its tests"
    )


def test_ministack_by_itself_still_adds_to_authorizers(unmended: Apis) -> None:
    assert "JwtConfiguration" in unmended.authorizer, (
        "this MiniStack describes authorizers as they are: delete mend_authorizers in scripts/local_aws/launcher.py, "
        "with its tests"
    )
