"""The whole system trusting a real OpenID provider: discovery, real requests, and keys that rotate under load."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
import trustme

from scripts.lib.local_stack import StackInfo
from scripts.local_aws import stack as local
from scripts.local_aws.ministack import REGION
from scripts.local_aws.workspace import Workspace
from tests.local import mutual_tls
from tests.local.conftest import Applied
from tests.openid_provider import provider
from tests.openid_provider.provider import ALGORITHMS, AUDIENCE, Provider

BOUND = {"binding": "mtls", "type": "REQUEST", "cache_seconds": 0}
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture(scope="module")
def openid_provider() -> Iterator[Provider]:
    """The provider, with keys for all ALGORITHMS."""
    with provider.running() as started:
        yield started


@pytest.fixture(scope="module")
def applied(openid_provider: Provider, record: StackInfo, tmp_path_factory: pytest.TempPathFactory) -> Applied:
    """The root module, applied with the provider as its only issuer."""
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
        record,
        f"-var-file={local.VARIABLES}",
        "-var=name=openid",
        f"-var=issuers={json.dumps([issuer])}",
        f"-var=rules={json.dumps({'signed-in': {}, 'bound': BOUND})}",
        # The function trusts the provider's certificate as any program does.
        f"-var=authorizer_environment={json.dumps({'SSL_CERT_FILE': str(openid_provider.authority_file)})}",
    )
    applied.apply()
    return applied


@pytest.fixture(scope="module")
def url(applied: Applied) -> str:
    """`GET /hello`."""
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


def test_a_token_bound_to_a_certificate_is_taken_with_that_one_alone(
    openid_provider: Provider, applied: Applied, url: str, record: StackInfo, tmp_path: Path
) -> None:
    functions = boto3.client("lambda", endpoint_url=record.endpoint_url, region_name=REGION, **CREDENTIALS)
    authority = trustme.CA()
    own, other = (mutual_tls.certificate(authority, name, tmp_path) for name in ("own", "other"))
    authority.cert_pem.write_to_path(str(trusted := tmp_path / "authority.pem"))
    token = openid_provider.mint("ES256", certificate=own)

    def invoke(event: dict[str, Any]) -> dict[str, Any]:
        name = applied.outputs["authorizer_function_name"]
        answer = functions.invoke(FunctionName=name, Qualifier="bound", Payload=json.dumps(event))
        return {**answer, "Payload": json.load(answer["Payload"])}

    def status(token: str, certificate: Path) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(domain, headers=headers, cert=str(certificate), verify=str(trusted), timeout=30).status_code

    with mutual_tls.domain_name(authority, invoke) as domain:
        assert status(token, own) == 200
        assert status(token, other) == 401
        assert status(openid_provider.mint("ES256"), own) == 401
        with pytest.raises(requests.exceptions.ConnectionError):
            status(token, mutual_tls.certificate(trustme.CA(), "stranger", tmp_path))
    assert get(url, token).status_code == 401, "a bound token is no bearer token"


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
