"""The side of Lambda that a runtime talks to, on loopback, for one cold start: one event, and then nothing more.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
_PREFIX = "/2018-06-01/runtime"


class RuntimeFailed(Exception):
    """The function did not come up, did not answer, or answered with an error; the message holds what it said."""


class RuntimeApi:
    """One runtime API, whose `address` is what AWS_LAMBDA_RUNTIME_API must be.

    Takes the event and the ARN that the function is called by. `on_moment` is called, before the runtime hears more,
    at the two moments that make a cold start: `initialized`, when it asks for its first event, and `answered`.
    """

    def __init__(self, event: object, function_arn: str, on_moment: Callable[[str], None]) -> None:
        self._event = json.dumps(event).encode()
        self._function_arn = function_arn
        self._on_moment = on_moment
        self._given = False
        self._outcome: dict[str, Any] = {}
        self._answered, self._closed = threading.Event(), threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, timeout_seconds: float, is_alive: Callable[[], bool]) -> Any:
        """Wait for the function's answer and return it, decoded.

        Raises RuntimeFailed when it answers with an error, when `is_alive` no longer holds, and after the time.
        """
        deadline = time.monotonic() + timeout_seconds
        while not self._answered.wait(0.05):
            if not is_alive():
                raise RuntimeFailed("the runtime ended without an answer")
            if time.monotonic() > deadline:
                raise RuntimeFailed(f"there was no answer within {timeout_seconds:g} seconds")
        if "error" in self._outcome:
            raise RuntimeFailed(self._outcome["error"])
        return json.loads(self._outcome["answer"])

    def _next(self) -> dict[str, str]:
        """The headers of the next event; the one after the first never comes."""
        if self._given:
            self._closed.wait()
            return {}
        self._given = True
        self._on_moment("initialized")
        return {
            "Lambda-Runtime-Aws-Request-Id": REQUEST_ID,
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 10_000),
            "Lambda-Runtime-Invoked-Function-Arn": self._function_arn,
        }

    def _take(self, path: str, body: str) -> None:
        if path == f"{_PREFIX}/invocation/{REQUEST_ID}/response":
            self._on_moment("answered")
            self._outcome["answer"] = body
        else:
            self._outcome["error"] = f"{path.removeprefix(_PREFIX)}: {body}"
        self._answered.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, api: RuntimeApi) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a process that is killed when it has answered resets its connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One segment for headers and body: two would wait for each other (Nagle's algorithm and delayed acknowledgement).
    wbufsize = -1

    def do_GET(self) -> None:
        """Give the next event."""
        assert isinstance(self.server, _Server)
        headers = self.server.api._next()
        if headers:
            self._send(200, self.server.api._event, headers)

    def do_POST(self) -> None:
        """Take an answer or an error."""
        assert isinstance(self.server, _Server)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.api._take(self.path, body)
        self._send(202, b"{}", {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
