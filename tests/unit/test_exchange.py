"""A WebSocket exchange: how it is run, judged and shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from scripts.lib.program import Error
from scripts.smoke.websocket import Exchange, Outcome, exchanges_for

TOKEN = "aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl"
ECHO = json.dumps({"principal": "alice", "message": "hello"})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """An API that lets in callers with the token, and echoes as Alice."""

    def guard(connection: ServerConnection, request: Request) -> Response | None:
        if request.headers.get("Authorization") == f"Bearer {TOKEN}":
            return None
        return connection.respond(HTTPStatus.UNAUTHORIZED, "")

    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(json.dumps({"principal": "alice", "message": message}))

    with serve(echo, "127.0.0.1", 0, process_request=guard) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


def test_a_guarded_api_passes(url: str) -> None:
    outcomes = [(exchange, exchange.run(url)) for exchange in exchanges_for(TOKEN, "alice")]
    assert [outcome for _, outcome in outcomes] == [Outcome(401), Outcome(101, ECHO)]
    assert [exchange.faults(outcome) for exchange, outcome in outcomes] == [[], []]


def test_an_open_api_and_a_wrong_principal_fail() -> None:
    without, with_token = exchanges_for(TOKEN, "bob")
    assert without.faults(Outcome(101)) == ["expected 401 Unauthorized, got 101 Switching Protocols"]
    assert with_token.faults(Outcome(101, ECHO)) == ['expected the message {"principal": "bob", "message": "hello"}']
    assert with_token.faults(Outcome(101)) != []


def test_nothing_there_is_told_with_the_address() -> None:
    with pytest.raises(Error, match=r"ws://127\.0\.0\.1:1 did not answer"):
        Exchange("nobody", None, 101).run("ws://127.0.0.1:1", seconds=2)


def test_an_exchange_is_shown_without_the_signature() -> None:
    _, exchange = exchanges_for(TOKEN, "alice")
    assert exchange.transcript(Outcome(101, ECHO)) == [
        "Connecting with a token",
        "  GET / (upgrade: websocket)",
        "  authorization: Bearer aGVhZGVy.cGF5bG9hZA.<signature>",
        "",
        "    101 Switching Protocols",
        "",
        "  → hello",
        f"  ← {ECHO}",
        "",
        "  ✓ connecting with a token: 101 Switching Protocols",
    ]
