"""Secrets through the Parameters and Secrets Lambda Extension, played by a server on loopback."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from jwt_authorizer.errors import ConfigurationError, KeysUnavailable, Unauthorized
from jwt_authorizer.keys.extension import read_secrets_manager
from tests.unit.conftest import SECRET, Invoke, mint

Start = Callable[..., Invoke]
OTHER_SECRET = "another secret for tests, no less long than what the hash asks for"


class Extension(ThreadingHTTPServer):
    """The extension: `answers` maps a path, a name and a version stage to a status and a document."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[tuple[str, str, str | None], tuple[int, Any]] = {}
        self.tokens: list[str | None] = []

    def hold(self, stage: str, name: str = "orders-hmac", status: int = 200, **document: Any) -> None:
        """Hold a version of a secret."""
        self.answers["/secretsmanager/get", name, stage] = (status, document)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Extension)
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.server.tokens.append(self.headers.get("X-Aws-Parameters-Secrets-Token"))
        asked = (url.path, query.get("secretId") or query.get("name", ""), query.get("versionStage"))
        status, document = self.server.answers.get(asked, (400, "not found"))
        if url.path.startswith("/systemsmanager") and query.get("withDecryption") != "true":
            status = 400
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch) -> Iterator[Extension]:
    server = Extension()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", str(server.server_address[1]))
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    yield server
    server.shutdown()
    server.server_close()


def source(**store: str) -> dict[str, Any]:
    return {"secret": {**(store or {"secrets_manager": "orders-hmac"}), "extension": True}}


def test_a_secret_is_read_through_the_extension_with_the_functions_own_token(
    start: Start, extension: Extension
) -> None:
    extension.hold("AWSCURRENT", SecretString=SECRET, SecretBinary=None)
    assert start(keys=source())(mint())["principalId"] == "user-1"
    assert set(extension.tokens) == {"session"}


def test_the_version_before_a_rotation_is_accepted_too(start: Start, extension: Extension) -> None:
    extension.hold("AWSCURRENT", SecretString=OTHER_SECRET)
    extension.hold("AWSPREVIOUS", SecretString=SECRET)
    invoke = start(keys=source())
    assert invoke(mint(secret=SECRET))["principalId"] == "user-1"
    assert invoke(mint(secret=OTHER_SECRET))["principalId"] == "user-1"


def test_versions_of_one_value_are_one_key(extension: Extension) -> None:
    extension.hold("AWSCURRENT", SecretString=OTHER_SECRET)
    extension.hold("AWSPREVIOUS", SecretString=SECRET)
    extension.hold("AWSPENDING", SecretString=OTHER_SECRET)
    assert read_secrets_manager("orders-hmac") == [OTHER_SECRET.encode(), SECRET.encode()]


def test_a_binary_secret_is_read_as_its_bytes(start: Start, extension: Extension) -> None:
    extension.hold("AWSCURRENT", SecretBinary=base64.b64encode(SECRET.encode()).decode())
    assert start(keys=source())(mint())["principalId"] == "user-1"


def test_a_parameter_is_read_decrypted(start: Start, extension: Extension) -> None:
    extension.answers["/systemsmanager/parameters/get", "/orders/hmac", None] = (200, {"Parameter": {"Value": SECRET}})
    assert start(keys=source(ssm="/orders/hmac"))(mint())["principalId"] == "user-1"


def test_nothing_is_fetched_before_the_first_request_for_the_extension_does_not_answer_then(
    start: Start, extension: Extension
) -> None:
    invoke = start(keys=source())
    assert extension.tokens == []
    extension.hold("AWSCURRENT", SecretString=SECRET)
    assert invoke(mint())["principalId"] == "user-1"


@pytest.mark.parametrize(
    ("status", "document"),
    [
        (400, {"SecretString": SECRET}),
        (500, {"SecretString": SECRET}),
        (200, {}),
        (200, {"SecretString": None}),
        (200, {"SecretString": 1}),
        (200, {"SecretBinary": "not base64!"}),
    ],
)
def test_an_extension_that_gives_no_secret_is_an_error_and_never_an_allow(
    start: Start, extension: Extension, status: int, document: dict[str, Any]
) -> None:
    extension.hold("AWSCURRENT", status=status, **document)
    extension.hold("AWSPREVIOUS", SecretString=SECRET)
    with pytest.raises(KeysUnavailable, match="orders-hmac") as error:
        start(keys=source())(mint())
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("stage", ["AWSPREVIOUS", "AWSPENDING"])
@pytest.mark.parametrize(("status", "document"), [(500, {}), (429, {}), (200, {"SecretBinary": "not base64!"})])
def test_a_version_that_the_extension_fails_to_give_is_not_taken_for_one_that_is_not_there(
    extension: Extension, stage: str, status: int, document: dict[str, Any]
) -> None:
    extension.hold("AWSCURRENT", SecretString=SECRET)
    extension.hold(stage, status=status, **document)
    with pytest.raises(KeysUnavailable, match=f"did not give {stage} of orders-hmac"):
        read_secrets_manager("orders-hmac")


def test_a_version_without_a_value_is_left_out(extension: Extension) -> None:
    extension.hold("AWSCURRENT", SecretString=SECRET)
    extension.hold("AWSPENDING", SecretString=None)
    assert read_secrets_manager("orders-hmac") == [SECRET.encode()]


@pytest.mark.parametrize("port", ["1", "no port"])
def test_a_function_without_the_extension_says_so(start: Start, monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", port)
    with pytest.raises(KeysUnavailable, match="add its layer to the function"):
        start(keys=source())(mint())


def test_an_unfit_secret_is_a_configuration_error(start: Start, extension: Extension) -> None:
    extension.hold("AWSCURRENT", SecretString="short")
    with pytest.raises(
        ConfigurationError, match=r"issuers\[0\]\.keys\.secret\.secrets_manager: the secret has 5 bytes"
    ):
        start(keys=source())(mint())


def test_a_token_of_another_secret_is_refused(start: Start, extension: Extension) -> None:
    extension.hold("AWSCURRENT", SecretString=SECRET)
    with pytest.raises(Unauthorized):
        start(keys=source())(mint(secret=OTHER_SECRET))


def test_the_extension_has_no_meaning_beside_an_environment_variable(start: Start) -> None:
    with pytest.raises(ConfigurationError, match=r"secret\.extension: has no meaning beside environment"):
        start(keys=source(environment="TEST_SECRET"))
