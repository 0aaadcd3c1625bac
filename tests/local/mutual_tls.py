"""A domain name with mutual TLS on loopback, in front of an authorizer that is deployed to the local AWS.

The local AWS terminates no TLS and hands no client certificate over. So this asks the deployed function as API Gateway
does: it checks the caller's certificate against an authority, puts it into the event of a REST API, calls the rule's
alias, and answers by what comes back.
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

from tests.unit import events

Invoke = Callable[[dict[str, Any]], dict[str, Any]]
"""Calls the alias of a rule with an event; returns what Lambda's Invoke answers, its payload decoded."""


@contextlib.contextmanager
def domain_name(authority: trustme.CA, invoke: Invoke) -> Iterator[str]:
    """The URL of a domain name that takes the certificates of an authority alone."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            presented = self.connection.getpeercert(binary_form=True)
            token = self.headers["Authorization"].removeprefix("Bearer ")
            event = events.with_certificate(events.rest_request(token), ssl.DER_cert_to_PEM_cert(presented))
            self.send_response(_status(invoke(event)))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(tls)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, name="domain name", daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()


def _status(answer: dict[str, Any]) -> int:
    """What API Gateway answers the caller: 200 stands for the backend's answer."""
    if "FunctionError" in answer:
        return 401 if answer["Payload"]["errorMessage"] == "Unauthorized" else 500
    (statement,) = answer["Payload"]["policyDocument"]["Statement"]
    return 200 if statement["Effect"] == "Allow" else 403


def certificate(authority: trustme.CA, name: str, folder: Path) -> Path:
    """A file with a new certificate of an authority and its key, in PEM."""
    file = folder / f"{name}.pem"
    authority.issue_cert(f"{name}.example.com").private_key_and_cert_chain_pem.write_to_path(str(file))
    return file
