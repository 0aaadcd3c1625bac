"""Secrets Manager by its real client while it answers, and while it accepts connections and never answers."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jwt_authorizer.errors import KeysUnavailable, Unauthorized
from tests.unit.conftest import SECRET, Invoke, mint

Start = Callable[..., Invoke]
KEYS = {"secret": {"secrets_manager": "orders-hmac"}, "cache_seconds": 1, "stale_seconds": 600}


class SecretsManager(ThreadingHTTPServer):
    """Secrets Manager with one version of one secret, which answers until a test lets it hang."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = threading.Event()
        self.answers.set()
        self.requests = 0

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has given up waiting is no error here."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, SecretsManager)
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests += 1
        self.server.answers.wait()
        found = wanted["VersionStage"] == "AWSCURRENT"
        body = {"SecretString": SECRET} if found else {"__type": "ResourceNotFoundException"}
        self.send_response(200 if found else 400)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManager]:
    server = SecretsManager()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
    for name, value in (("DEFAULT_REGION", "eu-west-1"), ("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test")):
        monkeypatch.setenv(f"AWS_{name}", value)
    yield server
    server.answers.set()
    server.shutdown()
    server.server_close()


def test_old_keys_serve_while_it_hangs_and_it_is_asked_once_for_all_requests(
    start: Start, store: SecretsManager, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke = start(keys=KEYS)
    assert invoke(mint())["principalId"] == "user-1"
    store.answers.clear()
    store.requests = 0
    time.sleep(1.1)
    for _ in range(20):
        assert invoke(mint())["principalId"] == "user-1"
        with pytest.raises(Unauthorized):
            invoke(mint(secret="what a forger has, which is long enough for the hash"))
    # Two tries of one fetch; what the forged tokens ask for waits for the back-off, too.
    assert store.requests <= 4
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in logged if "event" in line} == {"key_source_failures", "stale_keys_served"}


def test_a_copy_that_starts_while_it_hangs_has_no_decision_until_it_answers(
    start: Start, store: SecretsManager
) -> None:
    store.answers.clear()
    invoke = start(keys=KEYS)
    with pytest.raises(KeysUnavailable, match="Secrets Manager did not give the secret: ReadTimeoutError"):
        invoke(mint())
    store.answers.set()
    time.sleep(1.1)
    assert invoke(mint())["principalId"] == "user-1"
