"""The checks against a deployed API, and what `make smoke` makes of the answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scripts.smoke import __main__ as smoke
from scripts.smoke import http

GOOD = "aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl"
SIGNATURE = "c2lnbmF0dXJl"

Headers = dict[str, str]
Decide = Callable[[str | None], tuple[int, Headers]]
Serve = Callable[[Decide], str]

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="api"'}


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve an API that decides by the Authorization header; gives its base URL."""
    servers = []

    def start(decide: Decide) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers = decide(self.headers["Authorization"]) if self.path != "/v1/nope" else (403, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if status == 403 and self.path == "/v1/nope":
                    self.wfile.write(b'{"message":"Missing Authentication Token"}')

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/v1"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def guarded(authorization: str | None) -> tuple[int, Headers]:
    return (200, {}) if authorization == f"Bearer {GOOD}" else (401, CHALLENGE)


def test_a_guarded_api_passes(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(["--url", serve(guarded), "--token", GOOD]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "✓ no token, GET /hello: 401 Unauthorized",
        "✓ forged signature, GET /hello: 401 Unauthorized",
        "✓ good token, GET /hello: 200 OK",
    ]


def test_a_forged_token_may_be_answered_403(serve: Serve) -> None:
    def denies(authorization: str | None) -> tuple[int, Headers]:
        return (403, {}) if authorization not in (None, f"Bearer {GOOD}") else guarded(authorization)

    assert smoke.main(["--url", serve(denies), "--token", GOOD]) == 0


@pytest.mark.parametrize("token", ["", GOOD])
def test_a_route_that_is_not_there_passes_nothing(serve: Serve, capsys: pytest.CaptureFixture[str], token: str) -> None:
    assert smoke.main(["--url", serve(guarded), "--token", token, "--path", "GET /nope"]) == 1
    printed = capsys.readouterr().out
    assert "✓" not in printed
    assert "the API has no route GET /nope: write one that it has, such as ROUTE=/me" in printed


def test_an_open_api_fails(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(["--url", serve(lambda _: (200, {})), "--token", GOOD]) == 1
    assert "✗ no token, GET /hello: expected 401, got 200 OK" in capsys.readouterr().out


def test_without_a_token_those_who_have_none_are_kept_out(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(["--url", serve(guarded), "--token", ""]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "✓ no token, GET /hello: 401 Unauthorized",
        "✓ a token nobody signed, GET /hello: 401 Unauthorized",
    ]


def test_without_a_token_an_open_api_fails(serve: Serve) -> None:
    assert smoke.main(["--url", serve(lambda _: (200, {})), "--token", ""]) == 1


def test_a_token_nobody_signed_that_gets_in_fails(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    def credulous(authorization: str | None) -> tuple[int, Headers]:
        return (200, {}) if authorization else (401, CHALLENGE)

    assert smoke.main(["--url", serve(credulous), "--token", ""]) == 1
    assert "✗ a token nobody signed, GET /hello: expected 401 or 403, got 200 OK" in capsys.readouterr().out


def test_a_401_without_a_challenge_fails(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    def silent(authorization: str | None) -> tuple[int, Headers]:
        return guarded(authorization)[0], {}

    assert smoke.main(["--url", serve(silent), "--token", GOOD]) == 1
    said = "✗ no token, GET /hello: the 401 has no WWW-Authenticate header; HTTP APIs send none"
    assert said in capsys.readouterr().out
    assert smoke.main(["--url", serve(silent), "--token", GOOD, "--no-challenge"]) == 0


@pytest.mark.parametrize("route", ["/hello", "GET /hello"])
def test_a_route_is_named_with_its_method_or_without(
    serve: Serve, capsys: pytest.CaptureFixture[str], route: str
) -> None:
    assert smoke.main(["--url", serve(guarded), "--token", GOOD, "--path", route]) == 0
    assert "✓ good token, GET /hello: 200 OK" in capsys.readouterr().out


def test_an_api_that_is_open_or_wrong_is_not_excused_by_its_kind(serve: Serve) -> None:
    assert smoke.main(["--url", serve(lambda _: (200, {})), "--token", GOOD, "--no-challenge"]) == 1


def test_a_good_token_that_is_refused_fails(serve: Serve) -> None:
    assert smoke.main(["--url", serve(lambda _: (401, CHALLENGE)), "--token", GOOD]) == 1


def test_a_redirect_is_an_answer_and_takes_the_token_nowhere(serve: Serve) -> None:
    seen = []

    def elsewhere(authorization: str | None) -> tuple[int, Headers]:
        seen.append(authorization)
        return 200, {}

    target = serve(elsewhere)
    assert http.ask(f"{serve(lambda _: (302, {'Location': f'{target}/hello'}))}/hello", "secret").status == 302
    assert seen == []


def test_nothing_prints_the_signature(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    smoke.main(["--url", serve(guarded), "--token", GOOD])
    smoke.main(["--url", serve(lambda _: (500, {})), "--token", GOOD])
    smoke.main(["--url", "http://127.0.0.1:1", "--token", GOOD])
    said = capsys.readouterr()
    assert SIGNATURE not in said.out + said.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give the stage's base URL: URL=https://"),
        (["--url", "api.example.com/prod"], "give the stage's base URL"),
        (["--url", "https://"], "give the stage's base URL"),
        (["--url", "http://127.0.0.1:http/"], "the URL cannot be read"),
        (["--url", "https://api.example.com/prod", "--path", "POST /me"], 'write ROUTE=/me or ROUTE="GET /me"'),
        (["--url", "https://api.example.com/prod", "--path", "me"], 'write ROUTE=/me or ROUTE="GET /me"'),
        (["--url", "http://api.example.com/prod", "--token", GOOD], "must not travel to api.example.com in clear"),
        (["--url", "https://api.example.com/prod", "--token", "a.b\n.c"], "no header can carry"),
        (["--url", "http://127.0.0.1:1", "--token", GOOD], "did not answer"),
    ],
)
def test_what_cannot_be_checked_exits_2_and_says_why(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("URL", raising=False)
    monkeypatch.delenv("TOKEN", raising=False)
    assert smoke.main(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("token", [GOOD, "a.b.A", "a.b.", "opaque"])
def test_a_forged_token_differs_in_its_signature_alone(token: str) -> None:
    forged = http.forged(token)
    assert forged != token
    assert forged.rpartition(".")[0] == token.rpartition(".")[0]
