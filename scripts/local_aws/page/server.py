"""The page's HTTP server, on 127.0.0.1 alone. Its log holds neither queries nor headers, so no token."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from scripts.local_aws.page.application import HEADERS, HOST, MOST_BYTES, Application, Reply, Request, View


class Server(ThreadingHTTPServer):
    """The page on a port; 0 for any free one. Raises OSError when the port cannot be had."""

    daemon_threads = True

    def __init__(self, port: int, views: Mapping[str, View]) -> None:
        super().__init__((HOST, port), _Handler)
        self.application = Application(self.server_port, views)

    def handle_error(self, *_: Any) -> None:
        """Name what went wrong, and nothing of the request."""
        print(f"a request failed: {type(sys.exception()).__name__}", file=sys.stderr, flush=True)


class _Handler(BaseHTTPRequestHandler):
    timeout = 30

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > MOST_BYTES:
            self._send(Reply(413, b'{"error": "The body is too long, or its length is missing."}'), None)
            return
        self._answer(self.rfile.read(int(length)))

    def _answer(self, body: bytes) -> None:
        application = cast(Server, self.server).application
        request = Request(self.command, self.path, self.headers, body)
        self._send(application.reply(request), application.known_path(request))

    def _send(self, reply: Reply, path: str | None) -> None:
        print(f"{self.command} {path or '(another path)'} {reply.status}", file=sys.stderr, flush=True)
        self.send_response_only(reply.status)
        length = {"Content-Type": reply.content_type, "Content-Length": str(len(reply.body))}
        for name, value in {**HEADERS, **length, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def send_error(self, code: int, *_: Any, **__: Any) -> None:
        """Answer what is no request, without repeating any of it."""
        self.command = "(no request)"
        self._send(Reply(code, responses.get(code, "").encode(), "text/plain"), None)

    def log_message(self, *_: Any) -> None:
        """Write nothing: the request line holds the query."""
