"""The whole system trusting a real OpenID provider: discovery, real requests, and keys that rotate under load."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from scripts.lib.local_stack import StackInfo
from scripts.local_aws import stack as local
from scripts.local_aws.ministack import REGION
from scripts.local_aws.workspace import Workspace
from tests.local.conftest import Applied
from tests.openid_provider import provider
from tests.openid_provider.provider import ALGORITHMS, AUDIENCE, Provider


@pytest.fixture(scope="module")
def openid_provider() -> Iterator[Provider]:
    """The provider, with keys for all ALGORITHMS."""
    with provider.running() as started:
        yield started


@pytest.fixture(scope="module")
def url(openid_provider: Provider, record: StackInfo, tmp_path_factory: pytest.TempPathFactory) -> str:
    """`GET /hello` of the root module, applied with the provider as its only issuer."""
    issuer = {
        "issuer": openid_provider.issuer,
        "audiences": [AUDIENCE],
        "algorithms": list(ALGORITHMS),
        "keys": {"discovery": True},
        "token_types": ["at+jwt"],
        "required_claims": ["exp", "sub", "client_id"],
    }
    workspace = Workspace(tmp_path_factory.mktemp("openid"), record.endpoint_url, REGION)
    applied = Applied(
        workspace,
        record.endpoint_url,
        f"-var-file={local.VARIABLES}",
        "-var=name=openid",
        f"-var=issuers={json.dumps([issuer])}",
        # The function trusts the provider's certificate as any program does.
        f"-var=authorizer_environment={json.dumps({'SSL_CERT_FILE': str(openid_provider.authority_file)})}",
    )
    applied.apply()
    return f"{applied.base_url}/hello"


def get(url: str, token: str) -> requests.Response:
    return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_providers_token_reaches_the_backend(openid_provider: Provider, url: str, algorithm: str) -> None:
    answer = get(url, openid_provider.mint(algorithm, foo="bar"))
    assert (answer.status_code, answer.json()) == (200, {"context": "bar"})


@pytest.mark.parametrize("change", [{"aud": "invoices"}, {"exp": 1}, {"iss": "https://login.example.com/"}])
def test_a_providers_token_that_is_not_for_this_api_is_unauthorized(
    openid_provider: Provider, url: str, change: dict[str, Any]
) -> None:
    assert get(url, openid_provider.mint("RS256", **change)).status_code == 401


def test_no_request_fails_while_the_keys_rotate_under_load(openid_provider: Provider, url: str) -> None:
    rotated = threading.Event()
    statuses: list[int] = []

    def call(number: int) -> None:
        if number == 30:
            openid_provider.rotate()
            rotated.set()
        algorithm = ALGORITHMS[number % len(ALGORITHMS)]
        # Every token is new, so that API Gateway's cache answers for none of them.
        statuses.append(get(url, openid_provider.mint(algorithm, number=number)).status_code)

    before = openid_provider.mint("ES256")
    with ThreadPoolExecutor(4) as callers:
        list(callers.map(call, range(80)))
    assert rotated.is_set()
    assert statuses == [200] * 80
    assert get(url, before).status_code == 200
