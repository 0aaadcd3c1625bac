"""Tokens of a real OpenID provider: found by discovery, verified, and let in while its keys rotate."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
import trustme

from jwt_authorizer.errors import Unauthorized
from jwt_authorizer.keys import https
from tests.openid_provider import provider
from tests.openid_provider.provider import ALGORITHMS, AUDIENCE, Provider, ProviderError
from tests.unit import events
from tests.unit.conftest import Invoke, configuration, start_handler


@pytest.fixture(scope="module")
def openid_provider() -> Iterator[Provider]:
    """The provider, with keys for all ALGORITHMS."""
    with provider.running() as started:
        yield started


@pytest.fixture
def start(openid_provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Invoke]]:
    """Start the authorizer with discovery of the provider, which it trusts by SSL_CERT_FILE."""

    def start_authorizer(*algorithms: str, **changes: Any) -> Invoke:
        document = configuration(
            issuer=openid_provider.issuer,
            audiences=[AUDIENCE],
            algorithms=algorithms or ALGORITHMS,
            keys={"discovery": True},
            token_types=["at+jwt"],
            required_claims=["exp", "sub", "client_id"],
            leeway_seconds=10,
            **changes,
        )
        monkeypatch.setenv("AUTHORIZER_CONFIG", json.dumps(document | {"context_claims": ["tenant"]}))
        return start_handler()

    monkeypatch.setenv("SSL_CERT_FILE", str(openid_provider.authority_file))
    https._tls.cache_clear()
    yield start_authorizer
    https._tls.cache_clear()


def effect(invoke: Invoke, token: str | None, *alias: str, **event: Any) -> str:
    try:
        (statement,) = invoke(token and f"Bearer {token}", *alias, **event)["policyDocument"]["Statement"]
    except Unauthorized:
        return "Unauthorized"
    return str(statement["Effect"])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_providers_token_is_allowed(openid_provider: Provider, start: Callable[..., Invoke], algorithm: str) -> None:
    token = openid_provider.mint(algorithm, tenant="blue")
    assert jwt.get_unverified_header(token)["alg"] == algorithm
    answer = start(algorithm)(f"Bearer {token}")
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert answer["principalId"] == "tests"
    assert answer["context"]["tenant"] == "blue"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_providers_token_of_another_algorithm_is_refused(
    openid_provider: Provider, start: Callable[..., Invoke], algorithm: str
) -> None:
    invoke = start(*(other for other in ALGORITHMS if other != algorithm))
    assert effect(invoke, openid_provider.mint(algorithm)) == "Unauthorized"


def test_a_providers_token_that_is_not_for_this_api_or_now_is_refused(
    openid_provider: Provider, start: Callable[..., Invoke]
) -> None:
    invoke = start()
    assert effect(invoke, openid_provider.mint("ES256", aud="invoices")) == "Unauthorized"
    assert effect(invoke, openid_provider.mint("ES256", exp=int(time.time()) - 11)) == "Unauthorized"
    assert effect(invoke, openid_provider.mint("ES256", client_id=None)) == "Unauthorized"


def test_a_providers_token_bound_to_a_certificate_is_taken_with_that_one_alone(
    openid_provider: Provider, start: Callable[..., Invoke], tmp_path: Path
) -> None:
    """By the events of every kind of API; test_openid_stack presents the certificate to a TLS server."""
    authority = trustme.CA()
    files = [tmp_path / "a.pem", tmp_path / "b.pem"]
    for file in files:
        certificate = authority.issue_cert(f"{file.stem}.example.com")
        certificate.private_key_and_cert_chain_pem.write_to_path(str(file))
    token = openid_provider.mint("ES256", certificate=files[0])
    assert set(jwt.decode(token, options={"verify_signature": False})["cnf"]) == {"x5t#S256"}
    invoke = start(rules={"signed-in": {}, "bound": {"binding": "mtls", "cache_seconds": 0}})
    certificates = ["-----BEGIN CERT" + file.read_text().split("-----BEGIN CERT")[1] for file in files]
    for record in (events.rest_request, events.http_1, events.http_2):
        effects = [
            effect(invoke, None, "bound", **events.with_certificate(record(token), pem))
            for pem in (*certificates, None)
        ]
        assert effects == ["Allow", "Unauthorized", "Unauthorized"]
        assert effect(invoke, None, **events.with_certificate(record(token), certificates[0])) == "Unauthorized"
        unbound = events.with_certificate(record(openid_provider.mint("ES256")), certificates[0])
        assert effect(invoke, None, "bound", **unbound) == "Unauthorized"


def test_no_request_fails_while_a_provider_rotates_its_keys_under_load(
    openid_provider: Provider, start: Callable[..., Invoke]
) -> None:
    invoke = start()
    ending = threading.Event()
    key_ids: set[str] = set()
    early = [openid_provider.mint(algorithm) for algorithm in ALGORITHMS]

    def client(algorithm: str) -> list[str]:
        effects = []
        while not ending.is_set():
            token = openid_provider.mint(algorithm)
            key_ids.add(jwt.get_unverified_header(token)["kid"])
            effects.append(effect(invoke, token))
        return effects

    with ThreadPoolExecutor(len(ALGORITHMS) * 2) as pool:
        clients = [pool.submit(client, algorithm) for algorithm in ALGORITHMS * 2]
        time.sleep(0.7)
        openid_provider.rotate()
        time.sleep(0.7)
        ending.set()
    effects = [effect for client in clients for effect in client.result()]
    assert len(key_ids) == 2 * len(ALGORITHMS)
    assert len(effects) > 4 * len(ALGORITHMS)
    assert set(effects) == {"Allow"}
    assert [effect(invoke, token) for token in early] == ["Allow"] * len(ALGORITHMS)


def test_a_missing_program_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(ProviderError, match=r"node is not on the PATH: .* need Node\.js 20 or newer"),
        provider.running(),
    ):
        pass


def test_an_old_node_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "node").write_text("#!/bin/sh\necho v18.19.0\n")
    (tmp_path / "node").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProviderError, match=r"is Node\.js v18\.19\.0; install 20 or newer"), provider.running():
        pass


def test_the_lock_file_names_no_registry_so_that_everybodys_own_serves() -> None:
    packages = json.loads((Path(provider.__file__).parent / "package-lock.json").read_text())["packages"]
    assert all("integrity" in package for path, package in packages.items() if path)
    assert not any("resolved" in package for package in packages.values())
