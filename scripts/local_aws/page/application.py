"""What the page's server answers to a request: the checks that come first, the files, and the JSON of the views."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from scripts.lib.program import Error, UsageError
from scripts.local_aws.page.session import Session

HOST: Final = "127.0.0.1"
MOST_BYTES: Final = 65_536
"""A token has at most 10,240 bytes of headers to travel in; its claims fit into this many times over."""

_CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""The headers of every answer."""

_FOLDER: Final = Path(__file__).parent / "files"
_FILES: Final[Mapping[str, tuple[str, str]]] = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
}
_OPEN_FILES: Final = ("/style.css",)
"""The files that a browser without the cookie gets, for the pages that refuse it."""

_JSON: Final = "application/json"
_NEW_URL: Final = "Run `make up` again in the terminal: it prints a new address, and this page starts anew."

View = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Request:
    """One HTTP request; ``target`` is the path with its query."""

    method: str
    target: str
    headers: Message
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """One HTTP answer, without the headers that every answer has."""

    status: int
    body: bytes
    content_type: str = _JSON
    headers: Mapping[str, str] = field(default_factory=dict)


class _Refused(Exception):
    """Ends a request: its status, what is wrong, and what to do."""

    def __init__(self, status: int, wrong: str, remedy: str) -> None:
        super().__init__(wrong)
        self.status = status
        self.remedy = remedy


class Application:
    """The page on one port: its session, and its views by method and path (``POST /api/explain``).

    A view gets the members of the request's JSON object and returns what is sent as JSON.
    """

    def __init__(self, port: int, views: Mapping[str, View]) -> None:
        self.session = Session(port)
        self._host = f"{HOST}:{port}"
        self._views = views

    @property
    def url(self) -> str:
        """The one-time URL of the page."""
        return f"http://{self._host}/?token={self.session.token}"

    def reply(self, request: Request) -> Reply:
        """Answer one request, whatever it is."""
        path = self.known_path(request)
        try:
            self._check_sender(request)
            if request.method == "GET" and path == "/" and urlsplit(request.target).query:
                return self._open(request)
            if path not in _OPEN_FILES:
                self._check_session(request)
            return self._file(request, path) if path is not None and path in _FILES else self._view(request, path)
        except _Refused as refusal:
            return _refusal(refusal, as_json=path is not None and path not in _FILES)

    def known_path(self, request: Request) -> str | None:
        """The path of a request, without its query; None for one that the page does not have."""
        path = request.target.partition("?")[0]
        known = {*_FILES, *(view.partition(" ")[2] for view in self._views)}
        return path if path in known else None

    def _check_sender(self, request: Request) -> None:
        """Raise _Refused for a request that neither a person nor this page has sent.

        The ``Host`` keeps out a site whose name was made to lead here, ``Origin`` and ``Sec-Fetch-Site`` all others.
        https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
        """
        if request.headers.get_all("Host") != [self._host]:
            raise _Refused(403, "This page has another address.", f"Write http://{self._host}/ into the address bar.")
        origins = request.headers.get_all("Origin") or []
        own = [f"http://{self._host}"]
        sites = request.headers.get_all("Sec-Fetch-Site") or []
        if origins not in ([], own) or not {"none", "same-origin"}.issuperset(sites):
            raise _Refused(403, "Another page has sent this request.", "Paste the address into the address bar.")
        if request.method != "GET" and origins != own:
            raise _Refused(403, "This request names no origin.", "Use the page itself.")

    def _open(self, request: Request) -> Reply:
        """Trade the URL's one-time token for the cookie, and lead to the page without the token in its address."""
        (token, *more) = parse_qs(urlsplit(request.target).query).get("token", [""])
        cookie = None if more else self.session.trade(token)
        if cookie is None:
            raise _Refused(403, "This address was good once, and it has been used, or it is an old one.", _NEW_URL)
        return Reply(303, b"", "text/plain", {"Location": "/", "Set-Cookie": cookie})

    def _check_session(self, request: Request) -> None:
        if not self.session.holds("; ".join(request.headers.get_all("Cookie") or [])):
            raise _Refused(401, "This browser has not opened the address that `make up` printed.", _NEW_URL)

    @staticmethod
    def _file(request: Request, path: str) -> Reply:
        if request.method != "GET":
            raise _Refused(405, "This is only read.", "Send GET.")
        name, content_type = _FILES[path]
        return Reply(200, (_FOLDER / name).read_bytes(), content_type)

    def _view(self, request: Request, path: str | None) -> Reply:
        view = self._views.get(f"{request.method} {path}")
        if view is None:
            raise _Refused(404, "There is nothing here.", "Go to /.")
        try:
            return Reply(200, json.dumps(view(_members(request))).encode())
        except UsageError as mistake:
            return Reply(400, json.dumps({"error": str(mistake)}).encode())
        except Error as failure:
            return Reply(502, json.dumps({"error": str(failure)}).encode())


def _members(request: Request) -> Mapping[str, Any]:
    """The JSON object in a request's body; nothing for GET."""
    if request.method == "GET":
        return {}
    if not re.fullmatch(r"application/json(; *charset=utf-8)?", request.headers.get("Content-Type", ""), re.IGNORECASE):
        raise _Refused(415, "The body is not JSON.", "Send Content-Type: application/json.")
    try:
        members = json.loads(request.body)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise _Refused(400, "The body is no JSON object.", 'Send an object, such as {"route": "GET /me"}.')
    return members


def _refusal(refusal: _Refused, *, as_json: bool) -> Reply:
    if as_json:
        return Reply(refusal.status, json.dumps({"error": f"{refusal} {refusal.remedy}"}).encode())
    wrong, remedy = (_with_code(text) for text in (str(refusal), refusal.remedy))
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Not opened</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css"></head>'
        f'<body class="refused"><main><h1>{wrong}</h1><p>{remedy}</p></main></body></html>'
    )
    return Reply(refusal.status, page.encode(), "text/html; charset=utf-8")


def _with_code(text: str) -> str:
    """A sentence as HTML, with what stands between backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))
