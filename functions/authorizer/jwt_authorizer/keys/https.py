"""One HTTPS GET of a small document from a server that may be slow, broken or hostile."""

import http.client
import socket
import ssl
import threading
import time
from contextlib import suppress
from functools import cache
from urllib.parse import urlsplit

from jwt_authorizer.errors import KeysUnavailable

MAXIMUM_BYTES = 512 * 1024
# At least one large provider answers 403 to Python's own.
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "jwt-authorizer",
}


def get(url: str, deadline: float) -> bytes:
    """Fetch a document.

    Takes a URL for which `urls.is_https_url` holds and the time on `time.monotonic()` by which everything must be over:
    name look-up, handshake, headers and body, however slowly they trickle. Returns the body of a 200.
    Raises KeysUnavailable for anything else: redirects are not followed, and more than 512 KB are not read.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(
        parts.hostname or "", parts.port, timeout=max(deadline - time.monotonic(), 0.001), context=_tls()
    )
    outcome: list[bytes | str] = []
    abandoned = threading.Event()

    def exchange() -> None:
        try:
            connection.connect()
            if abandoned.is_set():
                return
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", target, headers=_HEADERS)
            response = connection.getresponse()
            if response.status != 200:
                outcome.append(f"answered {response.status}")
                return
            body = response.read(MAXIMUM_BYTES + 1)
            outcome.append(body if len(body) <= MAXIMUM_BYTES else f"sent more than {MAXIMUM_BYTES} bytes")
        except Exception as error:  # whatever a hostile server provokes is the same to the caller: no document
            # The socket's own time-out may end a moment before the deadline that is waited for below.
            late = isinstance(error, TimeoutError)
            outcome.append("did not answer in time" if late else f"failed: {type(error).__name__}")
        finally:
            connection.close()

    # A socket's own time-out begins anew with every byte; only somebody outside the exchange can end it on time.
    thread = threading.Thread(target=exchange, daemon=True)
    thread.start()
    thread.join(max(deadline - time.monotonic(), 0))
    if thread.is_alive():
        # While it connects or shakes hands there is no socket to shut down, but those end by their own time-out.
        abandoned.set()
        _abandon(connection)
        raise KeysUnavailable(f"{url} did not answer in time")
    if isinstance(outcome[0], str):
        raise KeysUnavailable(f"{url} {outcome[0]}")
    return outcome[0]


def _abandon(connection: http.client.HTTPSConnection) -> None:
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


@cache
def _tls() -> ssl.SSLContext:
    # The system's certificates, or those that SSL_CERT_FILE names, as everywhere else.
    return ssl.create_default_context()
