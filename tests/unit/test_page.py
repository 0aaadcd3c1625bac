"""The page's server: who gets in, what every answer carries, and what its log leaves out."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from scripts import ROOT
from scripts.lib.local_stack import StackInfo
from scripts.lib.program import Error, UsageError
from scripts.local_aws import __main__ as command
from scripts.local_aws.page import application
from scripts.local_aws.page.process import PageProcess
from scripts.local_aws.page.server import Server
from scripts.local_aws.page.session import Session
from scripts.local_aws.page.views import Views
from tests.browser import png, screenshot

FILES = Path(application.__file__).parent / "files"
MOST_BYTES = 60_000


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: str


class Page:
    """A client of a running page, with a browser's headers unless told otherwise."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.host = f"127.0.0.1:{server.server_port}"
        self.origin = f"http://{self.host}"
        self.cookie = ""

    def ask(self, method: str, target: str, body: bytes | None = None, **headers: str | None) -> Answer:
        """Send a request; a header that is None is left out."""
        given: dict[str, str | None] = {"Host": self.host, "Cookie": self.cookie or None}
        if method == "POST":
            given |= {"Origin": self.origin, "Content-Type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        found = Answer(answer.status, dict(answer.headers.items()), answer.read().decode())
        connection.close()
        return found

    def post(self, path: str, members: object = None, **headers: str | None) -> Answer:
        return self.ask("POST", path, json.dumps({} if members is None else members).encode(), **headers)

    def open(self) -> Answer:
        """Open the one-time URL, and keep the cookie."""
        opened = self.ask("GET", self.server.application.url.removeprefix(self.origin))
        self.cookie = opened.headers["Set-Cookie"].partition(";")[0]
        return opened


def _echo(members: Mapping[str, Any]) -> Mapping[str, Any]:
    return members


def _fail(members: Mapping[str, Any]) -> None:
    raise (UsageError if "usage" in members else Error)("Do this instead.")


def _break(_members: Mapping[str, Any]) -> None:
    raise ZeroDivisionError("a secret that no log may hold")


@pytest.fixture
def page() -> Iterator[Page]:
    views = {"GET /api/read": _echo, "POST /api/echo": _echo, "POST /api/fail": _fail, "POST /api/break": _break}
    with Server(0, views) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield Page(server)
        server.shutdown()


@pytest.fixture
def opened(page: Page) -> Page:
    page.open()
    return page


def test_the_first_request_trades_the_token_of_the_url_for_a_cookie_that_no_script_reads(page: Page) -> None:
    answer = page.open()
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert re.fullmatch(r"page-\d+=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict", answer.headers["Set-Cookie"])
    assert page.server.application.session.token not in str(answer)
    assert page.ask("GET", "/").status == 200


def test_a_second_use_of_the_url_is_refused_with_a_page_that_says_what_to_do(opened: Page) -> None:
    for cookie in (None, opened.cookie):
        again = opened.ask("GET", opened.server.application.url.removeprefix(opened.origin), Cookie=cookie)
        assert (again.status, "Set-Cookie" in again.headers) == (403, False)
        assert "<code>make up</code>" in again.body
        assert opened.server.application.session.token not in again.body


@pytest.mark.parametrize("query", ["?token=", "?token=wrong", "?token=%FF%00", "?other=1", "?token={0}&token={0}"])
def test_no_other_token_opens_the_page_and_none_spoils_the_right_one(page: Page, query: str) -> None:
    wrong = page.ask("GET", f"/{query.format(page.server.application.session.token)}")
    assert (wrong.status, "Set-Cookie" in wrong.headers) == (403, False)
    assert page.open().status == 303


def test_of_many_who_use_the_token_at_once_one_gets_in() -> None:
    session = Session(1)
    given: list[str | None] = []
    threads = [threading.Thread(target=lambda: given.append(session.trade(session.token))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([cookie for cookie in given if cookie]) == 1


@pytest.mark.parametrize("target", ["/", "/page.js", "/api/read", "/api/unknown"])
def test_without_the_cookie_nothing_is_shown(page: Page, target: str) -> None:
    for cookie in (None, "page=1", f"page-{page.server.server_port}=", f"other; page-{page.server.server_port}=x"):
        answer = page.ask("GET", target, Cookie=cookie)
        assert answer.status == 401
        assert "make up" in answer.body
    assert page.post("/api/echo").status == 401


@pytest.mark.parametrize(
    "host", [None, "", "evil.example", "localhost:{port}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{port}"]
)
def test_a_request_for_another_host_is_refused_whatever_it_asks_for(opened: Page, host: str | None) -> None:
    name = host and host.format(port=opened.server.server_port)
    url = opened.server.application.url.removeprefix(opened.origin)
    assert opened.ask("GET", "/", Host=name).status == 403
    assert opened.ask("GET", "/style.css", Host=name).status == 403
    assert opened.ask("GET", url, Host=name).status == 403
    assert opened.post("/api/echo", Host=name).status == 403


@pytest.mark.parametrize(
    "origin", ["null", "http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1:1", ""]
)
def test_a_foreign_origin_is_refused(opened: Page, origin: str) -> None:
    given = origin.format(port=opened.server.server_port)
    assert opened.post("/api/echo", Origin=given).status == 403
    assert opened.ask("GET", "/api/read", Origin=given).status == 403


def test_a_request_that_changes_something_must_name_the_pages_origin(opened: Page) -> None:
    assert opened.post("/api/echo", Origin=None).status == 403
    assert opened.post("/api/echo", {"a": 1}).body == '{"a": 1}'


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_page_sends_is_refused_and_leaves_the_url_good(page: Page, site: str) -> None:
    url = page.server.application.url.removeprefix(page.origin)
    assert page.ask("GET", url, Sec_Fetch_Site=site).status == 403
    assert page.ask("GET", url, Sec_Fetch_Site="none").status == 303


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", b"{}", 415),
        ("application/x-www-form-urlencoded", b"{}", 415),
        (None, b"{}", 415),
        ("application/json", b"[]", 400),
        ("application/json", b"{", 400),
        ("application/json", b"[" * 50_000, 400),
        ("application/json; charset=utf-8", b"{}", 200),
    ],
)
def test_a_body_is_a_json_object(opened: Page, content_type: str | None, body: bytes, status: int) -> None:
    assert opened.ask("POST", "/api/echo", body, Content_Type=content_type).status == status


def test_a_body_that_is_too_long_or_has_no_length_is_not_read(opened: Page) -> None:
    assert opened.ask("POST", "/api/echo", Content_Length=str(application.MOST_BYTES + 1)).status == 413
    assert opened.ask("POST", "/api/echo").status == 413
    assert opened.ask("POST", "/api/echo", Content_Length="-1").status == 413


def test_a_mistake_and_a_failure_are_answered_with_their_sentence(opened: Page) -> None:
    mistake, failure = opened.post("/api/fail", {"usage": True}), opened.post("/api/fail")
    assert (mistake.status, failure.status) == (400, 502)
    assert json.loads(mistake.body) == json.loads(failure.body) == {"error": "Do this instead."}


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [("POST", "/", 405), ("GET", "/api/echo", 404), ("GET", "/../page.js", 404), ("PUT", "/", 501)],
)
def test_there_is_nothing_else(opened: Page, method: str, target: str, status: int) -> None:
    assert opened.ask(method, target, b"{}", Origin=opened.origin).status == status


def test_every_answer_has_the_headers_that_keep_others_out(opened: Page) -> None:
    answers = [
        opened.ask("GET", "/"),
        opened.ask("GET", "/page.js"),
        opened.ask("GET", "/api/read"),
        opened.ask("GET", "/?token=old"),
        opened.ask("GET", "/", Cookie=None),
        opened.ask("GET", "/", Host="evil.example"),
        opened.post("/api/fail"),
        opened.ask("POST", "/api/echo", Content_Length="70000"),
        opened.ask("PATCH", "/"),
    ]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert {"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Server" not in answer.headers


def test_the_log_has_neither_tokens_nor_what_a_request_says(opened: Page, capfd: pytest.CaptureFixture[str]) -> None:
    opened.ask("GET", "/?token=guessed-token")
    opened.ask("GET", "/guessed-path", Cookie="page-1=guessed-cookie")
    opened.post("/api/echo", {"token": "guessed-token"})
    opened.ask("GUESSED-METHOD", "/?token=guessed-token")
    with pytest.raises(http.client.HTTPException):
        opened.post("/api/break", {"token": "guessed-token"})
    said = capfd.readouterr().err
    assert "GET / 403" in said
    assert "POST /api/echo 200" in said
    assert "a request failed: ZeroDivisionError" in said
    for hidden in (
        "guessed",
        "GUESSED",
        "secret",
        opened.cookie.partition("=")[2],
        opened.server.application.session.token,
    ):
        assert hidden not in said


def test_it_listens_on_this_machine_alone(page: Page) -> None:
    assert page.server.server_address[0] == "127.0.0.1"


def test_its_files_are_small_and_hold_no_inline_script_or_style() -> None:
    assert sum(file.stat().st_size for file in FILES.iterdir()) < MOST_BYTES
    document = (FILES / "index.html").read_text()
    assert re.findall(r"<script[^>]*>", document) == ['<script src="/page.js" defer>']
    assert not re.search(r"<style|\sstyle=|\son\w+=|https?://(?!www\.w3\.org)", document)


def test_the_picture_in_the_readme_is_of_the_page_as_it_is() -> None:
    picture = screenshot.PICTURE.read_bytes()
    assert png.note(picture) == screenshot.source(), "run `make docs`, where Chromium is"
    assert len(picture) < screenshot.MOST_BYTES
    assert "docs/page.png" in (ROOT / "README.md").read_text()


def test_its_script_makes_no_html_of_text() -> None:
    script = (FILES / "page.js").read_text()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|Function\(", script
    )


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of a page, of which nothing runs on."""
    yield tmp_path
    PageProcess(tmp_path).stop()


def test_its_process_is_started_found_again_and_stopped(folder: Path) -> None:
    page = PageProcess(folder)
    url = page.start()
    page.detach()
    assert "Who may call what" in requests.get(url, timeout=20).text
    renewed = PageProcess(folder)
    assert renewed.start() != url
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=20)
    assert "token" not in renewed.log.read_text()
    assert (renewed.stop(), renewed.stop(), renewed.started_here) == (True, False, False)
    assert [file.name for file in folder.iterdir()] == ["page.log"]


def test_a_stranger_that_took_its_processs_number_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text(json.dumps({"pid": os.getpid(), "identity": "of another process"}))
    assert not PageProcess(tmp_path).stop()


def test_up_goes_on_without_a_page_that_cannot_have_its_port(
    tmp_path: Path, running_stack: StackInfo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Stack:
        def __init__(self, *_: Any) -> None:
            self.detached = False

        @contextmanager
        def up(self, _port: int | None) -> Iterator[StackInfo]:
            yield running_stack
            assert self.detached

        def detach(self) -> None:
            self.detached = True

    monkeypatch.setattr(command, "Stack", Stack)
    monkeypatch.setattr(command, "mint", lambda *_: "a.b.c")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert command.main(["up", "--folder", str(tmp_path), "--page-port", str(port)]) == 0
    said = capsys.readouterr()
    assert f"the page did not start: port {port} cannot be had" in said.err
    assert "name another PAGE_PORT" in said.err
    assert "Base URL" in said.out
    assert "Page" not in said.out
    assert not (tmp_path / "page.json").exists()


def test_it_says_when_the_stack_is_gone(tmp_path: Path) -> None:
    with pytest.raises(Error, match="run `make up`"):
        Views(tmp_path).stack({})
