"""What the unit tests share: a configuration, tokens for it, and the authorizer it starts."""

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.loaders
import botocore.session
import jwt
import pytest
from moto import mock_aws

from jwt_authorizer.schema import DEFINITIONS
from scripts.lib import local_stack, processes
from scripts.lib.local_stack import StackInfo

SECRET = "a secret for tests that is longer than sixty-four bytes, enough for HS512 too"
METHOD_ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/GET/hello"
STAGE_ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/*"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:authorizer"


class LambdaContext:
    """The part of Lambda's context object that the functions use."""

    def __init__(self, alias: str | None = "signed-in") -> None:
        self.aws_request_id = "request-1"
        self.invoked_function_arn = f"{FUNCTION_ARN}:{alias}" if alias else FUNCTION_ARN


Invoke = Callable[..., dict[str, Any]]


def configuration(**changes: Any) -> dict[str, Any]:
    """A good configuration; `changes` replace members of its issuer, or of the whole where the whole has them."""
    document: dict[str, Any] = {
        "issuers": [
            {
                "issuer": "https://login.example.com/",
                "audiences": ["orders"],
                "algorithms": ["HS256"],
                "keys": {"secret": {"environment": "TEST_SECRET"}},
                "leeway_seconds": 0,
            }
        ],
        "rules": {"signed-in": {}},
    }
    for name, value in changes.items():
        if name in DEFINITIONS["configuration"]["properties"]:
            document[name] = value
        else:
            document["issuers"][0][name] = value
    return document


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims for that configuration; a change to None leaves the claim out."""
    good = {
        "iss": "https://login.example.com/",
        "aud": "orders",
        "sub": "user-1",
        "exp": int(time.time()) + 3600,
        **changes,
    }
    return {name: value for name, value in good.items() if value is not None}


def mint(secret: str = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token with good claims but for the changes."""
    return jwt.encode(claims(**changes), secret, algorithm=algorithm, headers=headers)


def token_event(credentials: str | None, method_arn: str = METHOD_ARN) -> dict[str, Any]:
    """The event that API Gateway sends to a TOKEN authorizer."""
    event = {"type": "TOKEN", "methodArn": method_arn}
    return event if credentials is None else {**event, "authorizationToken": credentials}


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Invoke]:
    """Start the authorizer as a new execution environment would, with a configuration of these changes."""

    def start_authorizer(**changes: Any) -> Invoke:
        monkeypatch.setenv("TEST_SECRET", SECRET)
        monkeypatch.setenv("AUTHORIZER_CONFIG", json.dumps(configuration(**changes)))
        return start_handler()

    return start_authorizer


def start_handler() -> Invoke:
    """The handler of a fresh import, as a cold start makes it."""
    sys.modules.pop("jwt_authorizer.handler", None)
    from jwt_authorizer.handler import lambda_handler

    # A start keeps all there is for good, and this process makes many.
    gc.unfreeze()

    def invoke(credentials: str | None, alias: str | None = "signed-in", **event: Any) -> dict[str, Any]:
        return lambda_handler({**token_event(credentials), **event}, LambdaContext(alias))

    return invoke


# Reading the descriptions of services takes longer than the tests that use them.
_SERVICES = botocore.loaders.create_loader()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS by moto, empty."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    # With a token of a session, secrets would be requested where moto does not listen.
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        session = botocore.session.get_session()
        session.register_component("data_loader", _SERVICES)
        boto3.setup_default_session(botocore_session=session)
        yield


@pytest.fixture
def running_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StackInfo:
    """The description of a local stack that runs, for its process is this one; nothing answers there."""
    info = StackInfo(
        base_url="http://127.0.0.1:1/restapis/a1/local/_user_request_",
        endpoint_url="http://127.0.0.1:1",
        port=1,
        pid=os.getpid(),
        identity=str(processes.identity(os.getpid())),
        region="eu-west-1",
        rest_api_id="a1",
        stage_name="local",
        authorizer_log_group="/aws/lambda/x",
        secret_name="jwt-api-local-hmac",
        issuer="local",
        audience="api",
        algorithm="HS256",
        configuration="{}",
        routes={},
        websocket_url=None,
    )
    monkeypatch.setattr(local_stack, "FOLDER", tmp_path)
    local_stack.write(tmp_path, info)
    return info
