"""A domain name with TLS on loopback, in front of a REST API on the local AWS, which has no domain names.

It does what API Gateway does at a domain name or at an execute-api URL: what lies below the base path goes to the API's
stage, and anything else is not this API's.
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import trustme

_HOP_BY_HOP = {"connection", "content-length", "date", "host", "server", "transfer-encoding"}


class DomainName:
    """A domain name: ``url`` is its root, and ``target`` the URL of the stage that it leads to, once there is one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.base_path = ""
        self.target = ""

    def target_of(self, path: str) -> str | None:
        """The path on the local AWS for a path at the domain name; None for what lies outside the base path."""
        base = f"/{self.base_path}" if self.base_path else ""
        if not f"{path.partition('?')[0]}/".startswith(f"{base}/"):
            return None
        return urlsplit(self.target).path + path.removeprefix(base)


@contextlib.contextmanager
def domain_name(authority: trustme.CA) -> Iterator[DomainName]:
    """A domain name on a free port of 127.0.0.1, with a certificate of an authority."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.close_connection = True
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                super().handle_one_request()

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = domain.target_of(self.path)
            if path is None:
                self._answer(403, {"Content-Type": "application/json"}, b'{"message":"Forbidden"}')
                return
            address = urlsplit(domain.target)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            with contextlib.closing(HTTPConnection(str(address.hostname), address.port, timeout=60)) as upstream:
                upstream.request(self.command, path, body, headers)
                answer = upstream.getresponse()
                kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
                self._answer(answer.status, kept, answer.read())

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_DELETE = do_GET = do_POST = _forward  # noqa: N815 - http.server looks for these names

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        domain = DomainName(f"https://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, name="domain name", daemon=True).start()
        yield domain
        server.shutdown()
