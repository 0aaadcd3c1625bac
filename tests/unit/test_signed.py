"""Secrets by requests that botocore signs and the authorizer sends: when they are taken, and when boto3 is."""

import base64
import contextlib
import hashlib
import hmac
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import botocore.auth
import pytest
import trustme
from botocore.session import Session
from moto import mock_aws

from jwt_authorizer.errors import KeysUnavailable
from jwt_authorizer.keys import https, signed, stores
from tests.security import key_server

REGION = "eu-west-1"
FUNCTION = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "the key of the function's role",
    "AWS_SESSION_TOKEN": "the token of the function's role",
    "AWS_DEFAULT_REGION": REGION,
}
ABSENT = (400, {"__type": "ResourceNotFoundException", "Message": "Secrets Manager can't find the specified secret"})


class Aws(ThreadingHTTPServer):
    """Secrets Manager and SSM on loopback: `answers` maps what is requested to a status and a document."""

    daemon_threads = True

    def __init__(self, certificate: trustme.LeafCert) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, tuple[int, Any]] = {}
        self.requested: list[str] = []
        self.connections = 0
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(tls)
        self.socket = tls.wrap_socket(self.socket, server_side=True)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count the connections."""
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: what goes wrong here is the client's going away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, Aws)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        wanted = json.loads(body)
        thing = wanted.get("VersionStage") or wanted["Name"]
        self.server.requested.append(thing)
        status, document = self.server.answers.get(thing, ABSENT)
        if not signature_holds(dict(self.headers.items()), body):
            status, document = 403, {"__type": "InvalidSignatureException"}
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def signature_holds(headers: dict[str, str], body: bytes) -> bool:
    """Whether AWS would take a POST to `/`, by its own description of Signature Version 4.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    given = {name.lower(): value.strip() for name, value in headers.items()}
    match = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(.+), SignedHeaders=(.+), Signature=(.+)", given["authorization"]
    )
    assert match is not None
    access_key, scope, names, signature = match.groups()
    assert access_key == FUNCTION["AWS_ACCESS_KEY_ID"]
    assert given["x-amz-security-token"] == FUNCTION["AWS_SESSION_TOKEN"]
    signed_headers = "".join(f"{name}:{given[name]}\n" for name in names.split(";"))
    canonical = "\n".join(["POST", "/", "", signed_headers, names, hashlib.sha256(body).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", given["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = b"AWS4" + FUNCTION["AWS_SECRET_ACCESS_KEY"].encode()
    for part in [*scope.split("/"), text]:
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex() == signature


@pytest.fixture
def function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a function in the standard case."""
    for name in signed.SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in FUNCTION.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(tmp_path))
    # boto3 keeps the credentials of whatever test came first.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def server(function: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """AWS, where its standard host names lead."""
    hosts = [f"{service}.{REGION}.amazonaws.com" for service in ("secretsmanager", "ssm")]
    names = [host.encode() for host in hosts]
    real = socket.getaddrinfo
    with key_server.authority(tmp_path) as (authority, path):
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        https._tls.cache_clear()
        started = Aws(authority.issue_cert(*hosts))

        def getaddrinfo(host: bytes, port: Any, *rest: Any, **more: Any) -> Any:
            return real("127.0.0.1", started.server_address[1] if host in names else port, *rest, **more)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        threading.Thread(target=started.serve_forever, args=(0.01,), daemon=True).start()
        yield started
        started.shutdown()
        started.server_close()
    https._tls.cache_clear()


@pytest.fixture
def boto3_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The services that boto3 is called for in place of our own requests; it answers nothing."""
    calls: list[str] = []

    def call(operation: Any, requests: list[Any]) -> list[None]:
        calls.append(operation[0])
        return [None] * len(requests)

    monkeypatch.setattr(stores, "_call_by_boto3", call)
    return calls


def test_a_secret_comes_over_one_connection_without_boto3(server: Aws, boto3_calls: list[str]) -> None:
    server.answers = {stage: (200, {"SecretString": f"{stage} of orders"}) for stage in stores._STAGES}
    assert stores.read_secrets_manager("orders-hmac") == [f"{stage} of orders".encode() for stage in stores._STAGES]
    assert (server.requested, server.connections, boto3_calls) == (list(stores._STAGES), 1, [])


def test_a_secret_that_was_never_rotated_has_one_version(server: Aws, boto3_calls: list[str]) -> None:
    server.answers = {"AWSCURRENT": (200, {"SecretString": "current", "SecretBinary": None})}
    assert stores.read_secrets_manager("orders-hmac") == [b"current"]
    assert boto3_calls == []


def test_a_binary_secret_is_its_bytes(server: Aws, boto3_calls: list[str]) -> None:
    server.answers = {"AWSCURRENT": (200, {"SecretBinary": base64.b64encode(b"\x00\xff").decode()})}
    assert stores.read_secrets_manager("orders-hmac") == [b"\x00\xff"]
    assert boto3_calls == []


def test_a_parameter_comes_without_boto3(server: Aws, boto3_calls: list[str]) -> None:
    server.answers = {"/orders/hmac": (200, {"Parameter": {"Name": "/orders/hmac", "Value": "parameter"}})}
    assert stores.read_ssm("/orders/hmac") == [b"parameter"]
    assert boto3_calls == []


@pytest.mark.parametrize(
    "code", ["ResourceNotFoundException", "com.amazonaws.secretsmanager#ResourceNotFoundException"]
)
def test_what_does_not_exist_is_said_to_be_missing(server: Aws, boto3_calls: list[str], code: str) -> None:
    server.answers = {"AWSCURRENT": (400, {"__type": code})}
    with pytest.raises(KeysUnavailable, match="Secrets Manager has no secret of this name"):
        stores.read_secrets_manager("orders-hmac")
    assert boto3_calls == []


def test_a_parameter_that_does_not_exist_is_said_to_be_missing(server: Aws, boto3_calls: list[str]) -> None:
    server.answers = {"/orders/hmac": (400, {"__type": "ParameterNotFound"})}
    with pytest.raises(KeysUnavailable, match="SSM has no parameter of this name"):
        stores.read_ssm("/orders/hmac")
    assert boto3_calls == []


FAILURES: dict[str, tuple[int, Any]] = {
    "a right that is missing": (400, {"__type": "AccessDeniedException"}),
    "throttling": (400, {"__type": "ThrottlingException"}),
    "an error without a code": (400, {}),
    "an error that is no object": (400, []),
    "credentials that have expired": (403, {"__type": "ExpiredTokenException"}),
    "an error of AWS": (500, {"__type": "InternalServiceError"}),
    "no room": (503, b"<html>"),
    "a redirect": (307, {"SecretString": "elsewhere"}),
    "an answer that is no JSON": (200, b"<html>"),
    "an answer that is too long": (200, b" " * (https.MAXIMUM_BYTES + 1)),
}


@pytest.mark.parametrize("stage", ["AWSCURRENT", "AWSPREVIOUS"])
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_every_failure_is_left_to_boto3(
    server: Aws, boto3_calls: list[str], failure: tuple[int, Any], stage: str
) -> None:
    server.answers = {"AWSCURRENT": (200, {"SecretString": "current"}), stage: failure}
    with pytest.raises(KeysUnavailable, match="has no secret of this name"):
        stores.read_secrets_manager("orders-hmac")
    assert boto3_calls == ["secretsmanager"]


def test_a_server_that_is_not_amazons_is_sent_nothing(
    server: Aws, boto3_calls: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with key_server.authority(tmp_path) as (_, path):
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        https._tls.cache_clear()
        with pytest.raises(KeysUnavailable):
            stores.read_secrets_manager("orders-hmac")
    assert (server.requested, boto3_calls) == ([], ["secretsmanager"])


def test_a_silent_server_costs_its_time_and_is_left_to_boto3(
    server: Aws, boto3_calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed, "_SECONDS", 0.2)
    gate = threading.Event()
    monkeypatch.setattr(_Handler, "do_POST", lambda _: gate.wait(5))
    with pytest.raises(KeysUnavailable):
        stores.read_secrets_manager("orders-hmac")
    gate.set()
    assert boto3_calls == ["secretsmanager"]


def test_a_newer_botocore_that_signs_in_another_way_is_left_to_boto3(
    server: Aws, boto3_calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(botocore.auth, "SigV4Auth")
    with pytest.raises(KeysUnavailable):
        stores.read_secrets_manager("orders-hmac")
    assert (server.requested, boto3_calls) == ([], ["secretsmanager"])


# The standard case


@pytest.mark.parametrize("name", signed.SETTINGS)
def test_a_setting_that_leads_elsewhere_is_left_to_boto3(
    server: Aws, boto3_calls: list[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "something")
    with pytest.raises(KeysUnavailable):
        stores.read_secrets_manager("orders-hmac")
    assert (server.requested, boto3_calls) == ([], ["secretsmanager"])


@pytest.mark.parametrize("name", FUNCTION)
def test_a_function_without_credentials_or_a_region_of_its_own_is_left_to_boto3(function: None, name: str) -> None:
    assert signed.is_standard(FUNCTION)
    assert not signed.is_standard({**FUNCTION, name: ""})
    assert not signed.is_standard({key: given for key, given in FUNCTION.items() if key != name})


@pytest.mark.parametrize("path", signed.FILES)
def test_a_configuration_file_is_left_to_boto3(function: None, tmp_path: Path, path: str) -> None:
    file = tmp_path / path.removeprefix("~/")
    file.parent.mkdir(exist_ok=True)
    file.touch()
    assert not signed.is_standard(FUNCTION)


def test_every_setting_that_boto3_reads_for_an_endpoint_is_in_the_list() -> None:
    read = Session().session_var_map
    names = {name for _, given, *_ in read.values() if given for name in ([given] if isinstance(given, str) else given)}
    harmless = re.compile(
        "AWS_(DEFAULT_REGION|DEFAULTS_MODE|.*_ATTEMPTS|RETRY_MODE|.*METADATA.*|IMDS_.*|STS_.*|S3_.*|.*ACCOUNT_ID.*"
        "|.*COMPRESS.*|SDK_.*|REQUEST_CHECKSUM.*|RESPONSE_CHECKSUM.*|TOKEN_.*|.*IGNORE_CONFIGURED.*|.*DISCOVERY.*"
        "|LOGIN_.*|NEW_RETRIES.*|CSM_.*|DISABLE_HOST_PREFIX_INJECTION)|BOTOCORE_TCP_KEEPALIVE"
    )
    assert {name for name in names if not harmless.fullmatch(name)} <= set(signed.SETTINGS)


def test_the_endpoints_are_those_of_boto3_in_every_region_of_the_standard_partition_and_in_no_other(
    function: None,
) -> None:
    session = boto3.Session()
    for partition in session.get_available_partitions():
        for region in session.get_available_regions("secretsmanager", partition):
            standard = signed.is_standard({**FUNCTION, "AWS_DEFAULT_REGION": region})
            assert standard == (partition == "aws" and "fips" not in region)
    for region in session.get_available_regions("ssm"):
        if "fips" not in region:
            assert session.client("ssm", region).meta.endpoint_url == f"https://ssm.{region}.amazonaws.com"
    endpoint = session.client("secretsmanager", REGION).meta.endpoint_url
    assert endpoint == f"https://secretsmanager.{REGION}.amazonaws.com"


# Beside boto3


class _Taken(Exception):
    """A request of boto3's is not sent."""


def test_what_is_sent_is_what_boto3_would_send_at_that_moment(function: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 1, 2, 3, 4, 5)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: now)
    ours: list[https.Request] = []

    def exchange(url: str, requests: list[https.Request], *_: Any, **__: Any) -> list[https.Answer]:
        ours.extend(requests)
        return [https.Answer(200, b"{}")] * len(requests)

    theirs: list[Any] = []

    def take(request: Any, **_: Any) -> None:
        theirs.append(request)
        raise _Taken

    monkeypatch.setattr(https, "exchange", exchange)
    for operation, read in (
        (stores._GET_SECRET, stores.read_secrets_manager),
        (stores._GET_PARAMETER, stores.read_ssm),
    ):
        ours.clear()
        theirs.clear()
        with contextlib.suppress(KeysUnavailable):
            read("orders-hmac")
        # The default session keeps the credentials of whichever test began it.
        service, _, method = operation
        client = boto3.Session().client(service)
        client.meta.events.register("before-send", take)
        for request in ours:
            with contextlib.suppress(_Taken):
                getattr(client, method)(**json.loads(request.body or b""))
        assert len(theirs) == len(ours) > 0
        for request, other in zip(ours, theirs, strict=True):
            for name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Target", "Content-Type"):
                assert request.headers[name] == other.headers[name].decode()
            assert (request.method, request.body) == (other.method, other.body)


def test_boto3_reads_the_same_where_our_own_requests_do_not_go(function: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "false")
    with mock_aws():
        boto3.client("secretsmanager").create_secret(Name="orders-hmac", SecretBinary=b"\x00\xff")
        assert stores.read_secrets_manager("orders-hmac") == [b"\x00\xff"]
        with pytest.raises(KeysUnavailable, match="SSM has no parameter of this name"):
            stores.read_ssm("/orders/hmac")


def test_the_secret_and_the_credentials_are_in_no_error_and_no_log(
    server: Aws, boto3_calls: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers = {"AWSCURRENT": (200, {"SecretBinary": "hush: this is no base64"})}
    with pytest.raises(KeysUnavailable) as failure:
        stores.read_secrets_manager("orders-hmac")
    written = str(failure.value) + "".join(capsys.readouterr())
    assert not any(secret in written for secret in ("hush", *FUNCTION.values()) if secret != REGION)
