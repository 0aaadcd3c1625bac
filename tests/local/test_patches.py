"""The patches of MiniStack: what they mend, and whether a newer MiniStack still needs each."""

from __future__ import annotations

import asyncio
import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import h11
import pytest
import requests
from botocore.exceptions import ClientError
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.typing import ConnectionState
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from scripts.lib.local_stack import StackInfo
from scripts.local_aws import patches
from scripts.local_aws.ministack import EXECUTE_API, REGION, MiniStack

ALIASES = ("first", "second")
KINDS = ("rest", "http", "websocket")

SOURCE = """
import json, os

def handler(event, context):
    if "refuse me" in json.dumps(event):
        raise Exception("Unauthorized")
    seen = {"arn": context.invoked_function_arn, "process": os.getpid(), "release": os.environ.get("RELEASE")}
    if event.get("type") not in ("TOKEN", "REQUEST"):
        authorizer = event["requestContext"]["authorizer"]
        context = {"backend": seen, "authorizer": authorizer.get("lambda", authorizer)}
        return {"statusCode": 200, "body": json.dumps(context)}
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

    functions: Any
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

    def refused(self, kind: str) -> int:
        """The status where the authorizer raises ``Unauthorized``."""
        url, headers = self.urls[kind, ALIASES[0]], {"Authorization": "refuse me"}
        if kind != "websocket":
            return requests.get(url, headers=headers, timeout=20).status_code
        with pytest.raises(InvalidStatus) as answer, connect(url, additional_headers=headers):
            pass
        return answer.value.response.status_code

    def processes_around_a_refusal(self) -> int:
        """How many processes served the calls before and after a refusal."""
        before = self.call("rest", ALIASES[0])["authorizer"]["process"]
        self.refused("rest")
        return len({before, self.call("rest", ALIASES[0])["authorizer"]["process"]})

    def release_behind_the_websocket(self, release: str) -> object:
        """What the backend of the WebSocket API says is its release, once its alias has moved to one."""
        self.call("websocket", ALIASES[0])
        variables = {"Variables": {"RELEASE": release}}
        self.functions.update_function_configuration(FunctionName="seen", Environment=variables)
        version = self.functions.publish_version(FunctionName="seen")["Version"]
        self.functions.update_alias(FunctionName="seen", Name=ALIASES[0], FunctionVersion=version)
        return self.call("websocket", ALIASES[0])["backend"]["release"]


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
        functions,
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
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of MiniStack as it is published."""
    ministack = MiniStack(Path(tmp_path_factory.mktemp("ministack")))
    try:
        yield ministack.start(program=("-m", "ministack")).endpoint_url
    finally:
        ministack.stop()


@pytest.fixture(scope="module")
def unmended(published: str) -> Apis:
    """On MiniStack as it is published."""
    return deploy(published)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alias", ALIASES)
def test_the_authorizer_sees_the_alias_it_was_called_by(mended: Apis, kind: str, alias: str) -> None:
    assert mended.call(kind, alias)["authorizer"]["arn"] == f"{mended.function_arn}:{alias}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alias", ALIASES)
def test_the_backend_sees_the_alias_it_was_called_by(mended: Apis, kind: str, alias: str) -> None:
    assert mended.call(kind, alias)["backend"]["arn"] == f"{mended.function_arn}:{alias}"


@pytest.mark.parametrize("kind", KINDS)
def test_an_authorizer_that_raises_unauthorized_is_a_401(mended: Apis, kind: str) -> None:
    assert mended.refused(kind) == 401


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_ministack_by_itself_still_answers_500_to_unauthorized(unmended: Apis, kind: str) -> None:
    assert unmended.refused(kind) == 500, (
        f"this MiniStack answers 401 for a {kind} API: once all do, delete patch_unauthorized in "
        "scripts/local_aws/patches.py, with its tests"
    )


def test_the_aliases_of_a_version_share_its_warm_workers(mended: Apis) -> None:
    processes = {mended.call("rest", alias)["authorizer"]["process"] for alias in ALIASES * 3}
    assert len(processes) == 1, json.dumps(sorted(processes))


def test_a_function_that_raised_goes_on_in_its_process(mended: Apis) -> None:
    assert mended.processes_around_a_refusal() == 1


def test_ministack_by_itself_still_ends_the_process_of_a_function_that_raised(unmended: Apis) -> None:
    assert unmended.processes_around_a_refusal() == 2, (
        "this MiniStack keeps the process: delete patch_workers in scripts/local_aws/patches.py, with its tests"
    )


def test_an_authorizer_is_described_by_what_it_was_given(mended: Apis) -> None:
    assert "JwtConfiguration" not in mended.authorizer
    assert mended.authorizer["AuthorizerPayloadFormatVersion"] == "2.0"


def test_a_stage_is_described_by_what_it_was_given(mended: Apis) -> None:
    assert "accessLogSettings" not in mended.stage


def test_ministack_by_itself_still_adds_to_stages(unmended: Apis) -> None:
    assert "accessLogSettings" in unmended.stage, (
        "this MiniStack describes stages as they are: delete patch_stages in scripts/local_aws/patches.py, with its "
        "tests"
    )


def test_an_answer_leaves_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(h11.Connection, "send", h11.Connection.send)
    patches.patch_answers()
    (answer,) = asyncio.run(pieces_of_an_answer())
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\nwhole")


def test_the_web_server_by_itself_still_sends_header_and_body_apart() -> None:
    assert len(asyncio.run(pieces_of_an_answer())) == 2, (
        "this hypercorn sends an answer in one piece: delete patch_answers in scripts/local_aws/patches.py, with its "
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
    unpatched = [role for role in ("authorizer", "backend") if seen[role]["arn"] == f"{unmended.function_arn}:first"]
    assert unpatched == [], (
        f"this MiniStack tells the {' and the '.join(unpatched)} of a {kind} API its alias: once all get it, delete "
        "patch_aliases in scripts/local_aws/patches.py, with its tests"
    )


def test_ministack_by_itself_still_adds_to_authorizers(unmended: Apis) -> None:
    assert "JwtConfiguration" in unmended.authorizer, (
        "this MiniStack describes authorizers as they are: delete patch_new_authorizers in "
        "scripts/local_aws/patches.py, with its tests"
    )


# A REST API whose authorizer answers are kept


DECIDES = """
import time

def handler(event, context):
    if "methodArn" not in event:
        return {"statusCode": 200, "body": event["requestContext"]["authorizer"]["decided"]}
    effect = "Deny" if event["authorizationToken"] == "refuse me" else "Allow"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    context = {"decided": str(time.time_ns()), "reason": "insufficient_scope"}
    answer = {"principalId": "anyone", "policyDocument": policy, "context": context}
    return {**answer, "usageIdentifierKey": "a-key-of-a-plan-of-20-letters"}
"""
TEMPLATE = (
    '{"reason":"$context.authorizer.reason","scope":"${context.authorizer.scope}","why":$context.error.messageString}'
)


class Api:
    """An API whose backend says when its authorizer decided."""

    def __init__(self, endpoint_url: str) -> None:
        session = boto3.Session("test", "test", region_name=REGION)
        functions = session.client("lambda", endpoint_url=endpoint_url)
        self.client: Any = session.client("apigateway", endpoint_url=endpoint_url)
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("index.py", DECIDES)
        name = f"decided-{uuid.uuid4().hex[:8]}"
        arn = functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Role="arn:aws:iam::000000000000:role/any",
            Code={"ZipFile": package.getvalue()},
        )["FunctionArn"]
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
        self.id = self.client.create_rest_api(name=name, apiKeySource="AUTHORIZER")["id"]
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
        self.client.put_gateway_response(
            restApiId=self.id, responseType="ACCESS_DENIED", responseTemplates={"application/json": TEMPLATE}
        )
        self.authorizer = authorizer
        self.place = place
        for stage in ("one", "two"):
            self.client.create_deployment(restApiId=self.id, stageName=stage)
        self._url = f"{endpoint_url}/restapis/{self.id}"

    def decided(self, stage: str) -> str:
        """When the authorizer decided on a request to a stage that is answered now."""
        answer = requests.get(f"{self._url}/{stage}/_user_request_/", headers={"Authorization": "anything"}, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.text

    def counted(self) -> int:
        """The status where a key is required, and the authorizer names one that is in a plan."""
        key = self.client.create_api_key(name=uuid.uuid4().hex, enabled=True, value="a-key-of-a-plan-of-20-letters")
        plan = self.client.create_usage_plan(name=uuid.uuid4().hex, apiStages=[{"apiId": self.id, "stage": "counted"}])
        self.client.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
        required = {"op": "replace", "path": "/apiKeyRequired", "value": "true"}
        optional = {**required, "value": "false"}
        self.client.update_method(**self.place, patchOperations=[required])
        self.client.create_deployment(restApiId=self.id, stageName="counted")
        url = f"{self._url}/counted/_user_request_/"
        status = requests.get(url, headers={"Authorization": "anything"}, timeout=20).status_code
        self.client.update_method(**self.place, patchOperations=[optional])
        return status

    def refused(self) -> dict[str, str]:
        """The body of a refusal."""
        answer = requests.get(f"{self._url}/one/_user_request_/", headers={"Authorization": "refuse me"}, timeout=20)
        assert answer.status_code == 403, answer.text
        body: dict[str, str] = answer.json()
        return body

    def changed_cache_seconds(self) -> object:
        """What the cache time of the authorizer is after it is changed to 60."""
        change = {"op": "replace", "path": "/authorizerResultTtlInSeconds", "value": "60"}
        self.client.update_authorizer(restApiId=self.id, authorizerId=self.authorizer, patchOperations=[change])
        answers: list[Any] = []
        # As it is in the answer: boto3 makes a number of text, and Terraform's provider does not.
        self.client.meta.events.register("after-call", lambda http_response, **_: answers.append(http_response.content))
        self.client.get_authorizer(restApiId=self.id, authorizerId=self.authorizer)
        return json.loads(answers[0])["authorizerResultTtlInSeconds"]

    def deployed(self) -> dict[str, dict[str, str | None]]:
        """Path and verb => by what a deployment of stage ``one`` says that the method is guarded."""
        deployment = self.client.get_stage(restApiId=self.id, stageName="one")["deploymentId"]
        found = self.client.get_deployment(restApiId=self.id, deploymentId=deployment, embed=["apisummary"])
        return {
            path: {verb: method.get("authorizationType") for verb, method in methods.items()}
            for path, methods in found["apiSummary"].items()
        }

    def mock_integration(self) -> dict[str, Any]:
        """A MOCK integration as it is described."""
        root = self.place["resourceId"]
        resource = self.client.create_resource(restApiId=self.id, parentId=root, pathPart=uuid.uuid4().hex)["id"]
        place = {"restApiId": self.id, "resourceId": resource, "httpMethod": "GET"}
        self.client.put_method(**place, authorizationType="NONE")
        self.client.put_integration(**place, type="MOCK")
        described: dict[str, Any] = self.client.get_integration(**place)
        return described

    def flush(self, stage: str) -> None:
        self.client.flush_stage_authorizers_cache(restApiId=self.id, stageName=stage)


@pytest.fixture(scope="module")
def patched_api(record: StackInfo) -> Api:
    return Api(record.endpoint_url)


@pytest.fixture(scope="module")
def published_api(published: str) -> Api:
    return Api(published)


def test_a_flush_empties_the_cache_of_its_stage_and_of_no_other(record: StackInfo) -> None:
    api = Api(record.endpoint_url)
    one, two = api.decided("one"), api.decided("two")
    assert api.decided("one") == one, "the answer is kept"
    api.flush("one")
    assert api.decided("one") != one
    assert api.decided("two") == two


def test_ministack_by_itself_still_does_not_know_flushes(published_api: Api) -> None:
    with pytest.raises(ClientError):  # else delete patch_flushes in scripts/local_aws/patches.py, with its tests
        published_api.flush("one")


def test_a_refusal_says_what_the_authorizer_said_also_from_the_cache(patched_api: Api) -> None:
    for _ in range(2):
        refused = patched_api.refused()
        assert refused["reason"] == "insufficient_scope"
        assert refused["scope"] == ""
        assert "not authorized" in refused["why"]


def test_ministack_by_itself_still_sends_the_variables_names(published_api: Api) -> None:
    assert published_api.refused()["reason"] == "$context.authorizer.reason", (
        "this MiniStack substitutes them: delete patch_refusals in scripts/local_aws/patches.py, with its tests"
    )


def test_the_authorizer_names_the_key_of_a_usage_plan(patched_api: Api) -> None:
    assert patched_api.counted() == 200


def test_ministack_by_itself_still_takes_a_key_from_the_header_alone(published_api: Api) -> None:
    assert published_api.counted() == 403, (
        "this MiniStack takes it: delete patch_usage_keys in scripts/local_aws/patches.py, with its tests"
    )


def test_a_changed_cache_time_is_a_number(patched_api: Api) -> None:
    assert patched_api.changed_cache_seconds() == 60


def test_ministack_by_itself_still_makes_a_changed_cache_time_text(published_api: Api) -> None:
    assert published_api.changed_cache_seconds() == "60", (
        "this MiniStack keeps it a number: delete patch_changed_authorizers in scripts/local_aws/patches.py, with its "
        "tests"
    )


def test_the_summary_of_a_deployment_says_by_what_a_method_is_guarded(patched_api: Api) -> None:
    assert patched_api.deployed() == {"/": {"GET": "CUSTOM"}}


def test_ministack_by_itself_still_leaves_that_out(published_api: Api) -> None:
    assert published_api.deployed() == {"/": {"GET": None}}, (
        "this MiniStack says it: delete patch_deployments in scripts/local_aws/patches.py, with its tests"
    )


def test_a_mock_integration_has_no_http_method(patched_api: Api) -> None:
    assert "httpMethod" not in patched_api.mock_integration()


def test_ministack_by_itself_still_gives_a_mock_integration_an_http_method(published_api: Api) -> None:
    assert published_api.mock_integration()["httpMethod"] == "POST", (
        "this MiniStack adds none: delete patch_mock_integrations in scripts/local_aws/patches.py, with its tests"
    )


def test_a_websocket_api_calls_the_version_that_its_alias_has_now(mended: Apis) -> None:
    assert mended.release_behind_the_websocket("next") == "next"


def test_ministack_by_itself_still_calls_the_version_that_the_alias_had(unmended: Apis) -> None:
    assert unmended.release_behind_the_websocket("next") is None, (
        "this MiniStack calls the alias's version: delete patch_websocket_versions in scripts/local_aws/patches.py, "
        "with its tests"
    )
