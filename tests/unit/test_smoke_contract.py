"""A deployed API is held to the file of callers, by real requests on this machine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from scripts.smoke import __main__ as smoke

CONTRACT: dict[str, Any] = {
    "apis": {"events": {"dev": "events-dev"}},
    "issuers": {"login": {"dev": {"iss": "https://i.example.com/", "aud": "api"}}},
    "callers": {
        "alice": {"issuer": "login", "claims": {"sub": "alice", "scope": "orders:read orders:write"}},
        "nightly-job": {"issuer": "login", "claims": {"sub": "nightly-job"}},
        "yesterday": {"issuer": "login", "claims": {"sub": "alice"}, "expires_in_seconds": -60},
        "nobody": {},
    },
    "routes": {
        "GET /orders/{id}": {
            "path": {"id": "a b"},
            "answers": {"alice": "allowed", "nightly-job": "403", "yesterday": "401", "nobody": "401"},
        },
        "PUT /orders": {"answers": {"alice": "allowed", "nightly-job": "403", "yesterday": "401", "nobody": "401"}},
        "GET /health": {"public": "The load balancer has no token."},
        "POST /hooks": {"public": "The provider signs its calls."},
        "events $connect": {"answers": {"alice": "allowed", "nightly-job": "403", "yesterday": "401", "nobody": "401"}},
    },
}


def token(**claims: Any) -> str:
    whole = {"iss": "https://i.example.com/", "aud": ["api", "web"], "exp": int(time.time()) + 86400, **claims}
    return jwt.encode(whole, "k" * 32, "HS256")


ALICE = token(sub="alice", scope="orders:write orders:read")
JOB = token(sub="nightly-job")
OLD = token(sub="alice", exp=int(time.time()) - 60)
TOKENS = {"alice": ALICE, "nightly-job": JOB, "yesterday": OLD}
GOOD = {f"Bearer {ALICE}": 200, f"Bearer {JOB}": 403}

Decide = Callable[[str, str, str | None], int]


class Api:
    """An API on this machine, and the requests that came."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str | None]] = []
        self.decide: Decide = guarded
        self.body = b""
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_PUT(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def _answer(self) -> None:
                request = (self.command, self.path.removeprefix("/v1"), self.headers["Authorization"])
                api.asked.append(request)
                self.send_response(api.decide(*request))
                self.end_headers()
                self.wfile.write(api.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


def guarded(_verb: str, path: str, authorization: str | None) -> int:
    return 200 if path == "/health" else GOOD.get(authorization or "", 401)


@pytest.fixture
def api() -> Iterator[Api]:
    made = Api()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def hold(tmp_path: Path) -> Callable[..., int]:
    """Hold a URL to the contract, with these tokens."""

    def run(url: str, tokens: Any = TOKENS, contract: Any = CONTRACT, *arguments: str) -> int:
        callers, file = tmp_path / "callers.json", tmp_path / "tokens.json"
        callers.write_text(json.dumps(contract))
        file.write_text(tokens if isinstance(tokens, str) else json.dumps(tokens))
        given = ["--url", url, "--environment", "dev", "--callers", str(callers), "--tokens", str(file), *arguments]
        return smoke.main(given)

    return run


Hold = Callable[..., int]
Capture = pytest.CaptureFixture[str]


def test_an_api_that_answers_as_the_file_says_passes(api: Api, hold: Hold, capsys: Capture) -> None:
    assert hold(api.url) == 0
    said = capsys.readouterr().out
    assert "✓ GET /orders/{id}: alice: allowed" in said
    assert "6 answers are held against callers.json; none of what is there is wrong" in said


def test_a_call_with_a_token_is_a_get_and_every_other_verb_has_none(api: Api, hold: Hold) -> None:
    hold(api.url)
    assert {verb for verb, _, authorization in api.asked if authorization} == {"GET"}
    assert ("PUT", "/orders", None) in api.asked
    assert {path for _, path, _ in api.asked} == {"/orders/a%20b", "/orders", "/health"}


def test_a_route_of_any_verb_is_asked_by_get(api: Api, hold: Hold) -> None:
    route = CONTRACT["routes"]["PUT /orders"]
    assert hold(api.url, TOKENS, {**CONTRACT, "routes": {"ANY /orders": route}}) == 0
    assert [verb for verb, _, _ in api.asked] == ["GET"] * 4


def test_a_verb_is_asked_without_a_token_where_no_caller_of_the_file_is_without(
    api: Api, hold: Hold, capsys: Capture
) -> None:
    callers = {"alice": CONTRACT["callers"]["alice"]}
    contract = {**CONTRACT, "callers": callers, "routes": {"PUT /orders": {"answers": {"alice": "allowed"}}}}
    assert hold(api.url, {"alice": ALICE}, contract) == 0
    api.decide = lambda *_: 200
    assert hold(api.url, {"alice": ALICE}, contract) == 1
    assert "PUT /orders: no token: 401 is expected, and it is allowed" in capsys.readouterr().out


def test_a_file_that_nothing_can_be_asked_of_is_no_success(api: Api, hold: Hold, capsys: Capture) -> None:
    callers = {"alice": CONTRACT["callers"]["alice"]}
    contract = {**CONTRACT, "callers": callers, "routes": {"GET /orders": {"answers": {"alice": "allowed"}}}}
    assert hold(api.url, {}, contract) == 2
    assert "nothing was asked" in capsys.readouterr().err


def test_a_route_that_says_so_is_called_with_tokens_whatever_its_verb(api: Api, hold: Hold) -> None:
    route = CONTRACT["routes"]["PUT /orders"] | {"safe": True}
    assert hold(api.url, TOKENS, {**CONTRACT, "routes": {"PUT /orders": route}}) == 0
    assert len([1 for verb, _, authorization in api.asked if verb == "PUT" and authorization]) == 3


def test_a_get_that_changes_something_is_asked_without_a_token(api: Api, hold: Hold) -> None:
    route = CONTRACT["routes"]["GET /orders/{id}"] | {"safe": False}
    assert hold(api.url, TOKENS, {**CONTRACT, "routes": {"GET /orders/{id}": route}}) == 0
    assert api.asked == [("GET", "/orders/a%20b", None)]


@pytest.mark.parametrize(
    ("decide", "said"),
    [
        (lambda *_: 200, "✗ PUT /orders: nobody: 401 is expected, and it is allowed"),
        (
            lambda verb, path, who: 200 if who == f"Bearer {JOB}" else guarded(verb, path, who),
            "✗ GET /orders/{id}: nightly-job: 403 is expected, and it is allowed",
        ),
        (
            lambda verb, path, who: 200 if who == f"Bearer {OLD}" else guarded(verb, path, who),
            "✗ GET /orders/{id}: yesterday: 401 is expected, and it is allowed",
        ),
        (lambda *_: 401, "✗ GET /health: nobody: allowed is expected, and it is 401"),
        (lambda *_: 500, "✗ GET /orders/{id}: alice: allowed is expected, and it is 500"),
    ],
)
def test_a_cell_that_is_wrong_fails_and_is_named(
    api: Api, hold: Hold, capsys: Capture, decide: Decide, said: str
) -> None:
    api.decide = decide
    assert hold(api.url) == 1
    assert said in capsys.readouterr().out


def test_a_403_of_a_route_that_is_not_there_is_not_taken_for_a_refusal(api: Api, hold: Hold, capsys: Capture) -> None:
    api.decide, api.body = lambda *_: 403, b'{"message":"Missing Authentication Token"}'
    assert hold(api.url) == 1
    assert "nightly-job: 403 is expected, and it is a route that the API does not have" in capsys.readouterr().out


def test_a_caller_without_a_token_is_said_to_be_left_out(api: Api, hold: Hold, capsys: Capture) -> None:
    assert hold(api.url, {"alice": ALICE}) == 0
    assert "nightly-job is not asked about 1: give its token by TOKEN_NIGHTLY_JOB" in capsys.readouterr().out


def test_tokens_come_from_the_environment_too(
    api: Api, hold: Hold, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_NIGHTLY_JOB", JOB)
    assert hold(api.url, {}) == 0
    assert "✓ GET /orders/{id}: nightly-job: 403" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        ({"bob": ALICE}, "names bob: write tokens of alice, nightly-job, yesterday"),
        ({"nobody": ALICE}, "names nobody: write tokens of alice"),
        ({"alice": 1}, "is no object of texts"),
        ("[", "is not JSON"),
        ({"alice": "x.y"}, "the token of alice: a token has three parts"),
        ({"alice": JOB}, 'the token of alice does not carry claim sub as the file says: give a token with "alice"'),
        ({"yesterday": token(sub="alice")}, "the token of yesterday has not expired, and the file says otherwise"),
        ({"alice": token(sub="alice", scope="orders:read")}, "does not carry claim scope"),
    ],
)
def test_a_token_that_is_not_its_callers_is_refused(
    api: Api, hold: Hold, capsys: Capture, tokens: Any, said: str
) -> None:
    assert hold(api.url, tokens) == 2
    assert said in capsys.readouterr().err
    assert api.asked == []


def test_no_token_is_printed(api: Api, hold: Hold, capsys: Capture) -> None:
    hold(api.url)
    api.decide = lambda *_: 200
    hold(api.url)
    hold(api.url, {"alice": JOB})
    said = capsys.readouterr()
    assert not [text for text in TOKENS.values() if text.rpartition(".")[2] in said.out + said.err]


@pytest.mark.parametrize(
    ("url", "arguments", "said"),
    [
        ("http://api.example.com", [], "a token must not travel to api.example.com in clear text: use https"),
        ("ws://api.example.com", [], "use wss"),
        ("ftp://x", [], "give the stage's base URL"),
        ("https://127.0.0.1:1", ["--token", "x"], "TOKEN is for one route"),
        ("https://127.0.0.1:1", ["--api", "event"], "write API=events"),
        ("wss://127.0.0.1:1", [], "no WebSocket's $connect of an API without a name: write API=events"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(
    hold: Hold, capsys: Capture, url: str, arguments: list[str], said: str
) -> None:
    assert hold(url, TOKENS, CONTRACT, *arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("opened", [False, True])
def test_a_websocket_is_held_by_its_handshake(hold: Hold, capsys: Capture, opened: bool) -> None:
    def check(connection: ServerConnection, request: Request) -> Response | None:
        status = 200 if opened else GOOD.get(request.headers.get("Authorization", ""), 401)
        return None if status == 200 else connection.respond(HTTPStatus(status), "")

    with serve(lambda _: None, "127.0.0.1", 0, process_request=check) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v1"
        assert hold(url, TOKENS, CONTRACT, "--api", "events") == int(opened)
        server.shutdown()
    said = capsys.readouterr().out
    expected = "events $connect: nobody: 401 is expected, and it is allowed" if opened else "4 answers are held"
    assert expected in said
