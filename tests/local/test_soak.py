"""The whole system under load while its secret is rotated, a token revoked and its functions deployed anew."""

from __future__ import annotations

import json
import threading
import time
import uuid
from typing import Any

import jwt
import pytest
import requests

from scripts.lib.console import Steps
from scripts.lib.local_stack import StackInfo
from scripts.local_aws import stack as local
from scripts.local_aws.ministack import REGION
from scripts.local_aws.workspace import Workspace
from scripts.operate import revoke, rotate_secret
from scripts.operate.deployment import Deployment
from tests.local.conftest import Applied

ISSUER = {
    "issuer": "local",
    "audiences": ["api"],
    "algorithms": ["HS256"],
    # Short, so that a rotation need not wait long until every authorizer knows the next value.
    "keys": {"secret": {"generate": "hmac"}, "cache_seconds": 1},
}


@pytest.fixture(scope="module")
def applied(record: StackInfo, tmp_path_factory: pytest.TempPathFactory) -> Applied:
    """The root module with a denylist, beside the session's stack."""
    workspace = Workspace(tmp_path_factory.mktemp("soak"), record.endpoint_url, REGION)
    made = Applied(
        workspace,
        record,
        f"-var-file={local.VARIABLES}",
        "-var=name=soak",
        "-var=websocket=null",
        "-var=revocation={}",
        f"-var=issuers={json.dumps([ISSUER])}",
    )
    made.apply()
    return made


@pytest.fixture(scope="module")
def deployment(applied: Applied, record: StackInfo) -> Deployment:
    outputs = applied.workspace.outputs()
    return Deployment(
        name="soak",
        configuration=json.loads(outputs["configuration"]),
        rest_api_id=outputs["rest_api_id"],
        stage_name=outputs["stage_name"],
        secrets=tuple(outputs["generated_secrets"].values()),
        endpoint_url=record.endpoint_url,
        region=REGION,
    )


class Callers:
    """Callers who sign as an identity provider would, with the secret that is current, a new token for each call."""

    def __init__(self, url: str, deployment: Deployment) -> None:
        self._url = url
        self._secrets = deployment.client("secretsmanager")
        self._name = deployment.secrets[0]
        self._ended = threading.Event()
        self.statuses: list[int] = []
        self._threads = [threading.Thread(target=self._call) for _ in range(2)]

    def token(self) -> str:
        secret = self._secrets.get_secret_value(SecretId=self._name)["SecretString"]
        now = int(time.time())
        claims = {"iss": "local", "aud": "api", "sub": "alice", "jti": str(uuid.uuid4()), "iat": now, "exp": now + 600}
        return jwt.encode(claims, secret, algorithm="HS256")

    def status(self, token: str) -> int:
        return requests.get(self._url, headers={"Authorization": f"Bearer {token}"}, timeout=30).status_code

    def _call(self) -> None:
        while not self._ended.is_set():
            self.statuses.append(self.status(self.token()))

    def __enter__(self) -> Callers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


def test_callers_lose_nothing_while_it_is_operated(applied: Applied, deployment: Deployment) -> None:
    """One test, for each step is taken under the load of the same callers, who must all get 200 to the end."""
    with Callers(f"{applied.base_url}/hello", deployment) as callers:
        rotate_the_secret(callers, deployment)
        revoke_a_token(callers, deployment)
        deploy_a_new_version(callers, applied)
        delete_the_log_group(callers, applied, deployment)
    assert len(callers.statuses) > 50
    assert set(callers.statuses) == {200}


def rotate_the_secret(callers: Callers, deployment: Deployment) -> None:
    before = callers.token()
    client: Any = deployment.client("secretsmanager")
    rotate_secret.rotate(
        client,
        deployment.secrets[0],
        wait_seconds=3,
        longest_seconds=600,
        force=True,
        skip_rotation_function=False,
        progress=Steps(),
        now=time.time(),
    )
    assert callers.status(before) == 200, "a token of before the rotation"
    assert callers.status(callers.token()) == 200, "a token of after it"


def revoke_a_token(callers: Callers, deployment: Deployment) -> None:
    revoked, other = callers.token(), callers.token()
    assert callers.status(revoked) == callers.status(other) == 200
    assert deployment.table is not None
    entry = revoke.token_entry(revoked, deployment.issuers(), time.time())
    assert revoke.revoke(deployment, deployment.table, entry, None, time.sleep) == 0
    assert callers.status(revoked) == 401, "the revoked token, at once"
    assert callers.status(other) == 200, "another of the same subject"


def deploy_a_new_version(callers: Callers, applied: Applied) -> None:
    so_far = len(callers.statuses)
    applied.workspace.apply(*applied.arguments, '-var=context_claims=["email", "foo"]')
    assert len(callers.statuses) > so_far, "calls went on meanwhile"


def delete_the_log_group(callers: Callers, applied: Applied, deployment: Deployment) -> None:
    deployment.client("logs").delete_log_group(logGroupName=applied.outputs["authorizer_log_group"])
    assert [callers.status(callers.token()) for _ in range(3)] == [200] * 3
    assert callers.status("not.a.token") == 401
