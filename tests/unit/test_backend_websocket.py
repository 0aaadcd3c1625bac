"""The backend of a WebSocket API: whom it lets in, what it says to them, and when it hangs up."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from backend import connections
from backend.handler import lambda_handler

TOKEN = "aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl"


class Management:
    """A management endpoint that remembers its requests; the connection is gone when it says so."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, bytes]] = []
        self.gone = False
        management = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                management.requests.append((self.command, self.path, body))
                self.send_response(410 if management.gone else 200)
                if management.gone:
                    self.send_header("x-amzn-ErrorType", "GoneException")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_DELETE(self) -> None:
                self.do_POST()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def management(monkeypatch: pytest.MonkeyPatch) -> Iterator[Management]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    result = Management()
    template = f"http://127.0.0.1:{result.server.server_port}/{{apiId}}/{{stage}}"
    monkeypatch.setenv(connections.ENDPOINT, template)
    thread = threading.Thread(target=result.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield result
    result.server.shutdown()
    result.server.server_close()
    thread.join()


def event(kind: str, body: str | None = None, authorizer: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """An event of a connection whose authorizer passed on this context; None stands for a good one."""
    if authorizer is None:
        authorizer = {"principalId": "user-1", "exp": str(int(time.time()) + 60)}
    return {
        "requestContext": {
            "apiId": "a1b2c3d4e5",
            "connectionId": "e7b6KGcdFRoCJ0g=",
            "domainName": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            "eventType": kind,
            "routeKey": {"CONNECT": "$connect", "DISCONNECT": "$disconnect"}.get(kind, "$default"),
            "stage": "dev",
            "authorizer": authorizer,
        },
        "body": body,
        **more,
    }


def call(*arguments: Any, **more: Any) -> dict[str, Any]:
    return lambda_handler(event(*arguments, **more), None)


CONNECTION = "/a1b2c3d4e5/dev/@connections/e7b6KGcdFRoCJ0g%3D"


def test_a_caller_whom_the_authorizer_vouches_for_may_connect(management: Management) -> None:
    assert call("CONNECT", headers={"Authorization": f"Bearer {TOKEN}"}) == {"statusCode": 200, "headers": {}}
    assert management.requests == []


@pytest.mark.parametrize("header", ["Sec-WebSocket-Protocol", "sec-websocket-protocol"])
@pytest.mark.parametrize("offered", [f"jwt, {TOKEN}", f"jwt,{TOKEN}", f"chat, jwt, {TOKEN}"])
def test_the_subprotocol_is_chosen_by_its_name_and_the_token_is_never_sent_back(header: str, offered: str) -> None:
    response = call("CONNECT", headers={header: offered})
    assert response == {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "jwt"}}


@pytest.mark.parametrize("offered", [TOKEN, f"chat, {TOKEN}", ""])
def test_a_subprotocol_that_is_not_ours_is_not_chosen(offered: str) -> None:
    assert call("CONNECT", headers={"Sec-WebSocket-Protocol": offered})["headers"] == {}


def test_the_subprotocols_name_can_be_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBPROTOCOL", "access_token")
    chosen = call("CONNECT", headers={"Sec-WebSocket-Protocol": f"access_token, {TOKEN}"})["headers"]
    assert chosen == {"Sec-WebSocket-Protocol": "access_token"}


def test_a_message_is_echoed_to_its_sender_with_the_principal(management: Management) -> None:
    assert call("MESSAGE", "hello") == {"statusCode": 200}
    ((method, path, body),) = management.requests
    assert (method, path) == ("POST", CONNECTION)
    assert json.loads(body) == {"principal": "user-1", "message": "hello"}


def test_the_longest_echo_fits_into_a_message(management: Management) -> None:
    call("MESSAGE", "\x00" * 16_384)
    call("MESSAGE", "x" * 16_385)
    longest, refusal = (body for _, _, body in management.requests)
    assert len(longest) < 128 * 1024
    assert json.loads(refusal) == {"principal": "user-1", "error": "Send at most 16384 characters"}


@pytest.mark.parametrize(
    "context",
    [
        pytest.param({"principalId": "user-1", "exp": "1"}, id="expired"),
        pytest.param({"principalId": "user-1", "exp": "never"}, id="no time"),
        pytest.param({"exp": "99999999999"}, id="no principal"),
        pytest.param({}, id="no authorizer"),
    ],
)
class TestWithoutATokenThatIsGoodNow:
    def test_nobody_connects(self, management: Management, context: dict[str, Any]) -> None:
        assert call("CONNECT", authorizer=context) == {"statusCode": 401}
        assert management.requests == []

    def test_the_first_message_closes_the_connection(self, management: Management, context: dict[str, Any]) -> None:
        assert call("MESSAGE", "hello", authorizer=context) == {"statusCode": 401}
        assert management.requests == [("DELETE", CONNECTION, b"")]

    def test_saying_goodbye_is_no_error(self, management: Management, context: dict[str, Any]) -> None:
        assert call("DISCONNECT", authorizer=context) == {"statusCode": 200}
        assert management.requests == []


@pytest.mark.parametrize("expires", [1, int(time.time()) + 60], ids=["expired", "good"])
def test_a_client_that_is_gone_by_now_is_no_error(management: Management, expires: int) -> None:
    management.gone = True
    call("MESSAGE", "hello", authorizer={"principalId": "user-1", "exp": str(expires)})
    assert len(management.requests) == 1


def test_the_management_endpoint_is_where_the_client_connected_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(connections.ENDPOINT, raising=False)
    context = event("MESSAGE")["requestContext"]
    assert connections.endpoint(context) == "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/dev"
    monkeypatch.setenv(connections.ENDPOINT, "https://{apiId}.example.com/{stage}")
    assert connections.endpoint({**context, "domainName": "ws.example.com"}) == "https://a1b2c3d4e5.example.com/dev"


def test_each_event_is_one_line_in_the_log_without_what_was_said(
    management: Management, capsys: pytest.CaptureFixture[str]
) -> None:
    call("CONNECT", headers={"Sec-WebSocket-Protocol": f"jwt, {TOKEN}"})
    call("MESSAGE", "a secret")
    call("DISCONNECT")
    said = capsys.readouterr().out
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["outcome"] for line in lines] == ["connected", "echoed", "disconnected"]
    assert {line["connection_id"] for line in lines} == {"e7b6KGcdFRoCJ0g="}
    assert TOKEN not in said
    assert "a secret" not in said
