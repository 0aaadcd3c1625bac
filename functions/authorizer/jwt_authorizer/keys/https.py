"""Small documents over HTTPS, from a server that may be slow, broken or hostile."""

import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from jwt_authorizer.errors import KeysUnavailable

MAXIMUM_BYTES = 512 * 1024
_HEADERS = {
    # Some servers have a key set only under its own type, and refuse who does not name it (RFC 7517, section 8.5.1).
    "Accept": "application/json, application/jwk-set+json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    # At least one large provider answers 403 to Python's own.
    "User-Agent": "jwt-authorizer",
}


class Request(NamedTuple):
    """One request: its method, its path with the query, its headers, and its body where it has one."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None


class Answer(NamedTuple):
    """One answer: its status and its body, unpacked."""

    status: int
    body: bytes


def get(url: str, deadline: float) -> bytes:
    """Fetch a document.

    Takes a URL for which `urls.is_https_url` holds and the deadline of `exchange`. Returns the body of a 200.
    Raises KeysUnavailable for anything else: redirects are not followed.
    """
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    (answer,) = exchange(url, [Request("GET", target, _HEADERS)], deadline)
    return answer.body


def exchange(
    url: str, requests: Sequence[Request], deadline: float, statuses: Collection[int] = (200,)
) -> list[Answer]:
    """Send requests one after another over one connection, through the proxy that the environment names, if any.

    Takes the URL of the server, and the time on `time.monotonic()` by which everything must be over: name look-up,
    handshake, headers and bodies, however slowly they trickle. Returns an answer for each request.
    Raises KeysUnavailable when one has none of the statuses or more than 512 KB, packed or unpacked.
    """
    connection = _connection(url, deadline)
    answers: list[Answer] = []
    failures: list[str] = []
    abandoned = threading.Event()

    def converse() -> None:
        try:
            connection.connect()
            for request in requests:
                if abandoned.is_set():
                    return
                connection.request(request.method, request.target, request.body, dict(request.headers))
                answers.append(_answer(connection.getresponse(), statuses))
        except _Refused as refusal:
            failures.append(str(refusal))
        except Exception as error:  # whatever a hostile server provokes is the same to the caller: no document
            # The socket's own time-out may end a moment before the deadline that is waited for below.
            late = isinstance(error, TimeoutError)
            failures.append("did not answer in time" if late else f"failed: {type(error).__name__}")
        finally:
            connection.close()

    # A socket's own time-out begins anew with every byte; only somebody outside the exchange can end it on time.
    thread = threading.Thread(target=converse, daemon=True, name="https exchange")
    thread.start()
    thread.join(max(deadline - time.monotonic(), 0))
    if thread.is_alive():
        # While it connects or shakes hands there is no socket to shut down, but those end by their own time-out.
        abandoned.set()
        _abandon(connection)
        raise KeysUnavailable(f"{url} did not answer in time")
    if failures:
        raise KeysUnavailable(f"{url} {failures[0]}")
    return answers


class _Refused(Exception):
    """An answer that is not taken; the message completes a sentence that begins with the URL."""


def _answer(response: http.client.HTTPResponse, statuses: Collection[int]) -> Answer:
    if response.status not in statuses:
        raise _Refused(f"answered {response.status}")
    body = response.read(MAXIMUM_BYTES + 1)
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("gzip", "x-gzip"):
        body = _unpacked(body)
    elif encoding != "identity":
        raise _Refused("sent an encoding that the request does not accept")
    if len(body) > MAXIMUM_BYTES:
        raise _Refused(f"sent more than {MAXIMUM_BYTES} bytes")
    return Answer(response.status, body)


def _unpacked(body: bytes) -> bytes:
    """What gzip packed, or as much of it as shows that it is too much (RFC 1952)."""
    # The request accepts no encoding, so few servers compress.
    import zlib

    unpacking = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    unpacked = unpacking.decompress(body, MAXIMUM_BYTES + 1)
    if len(unpacked) <= MAXIMUM_BYTES and (not unpacking.eof or unpacking.unused_data):
        raise _Refused("sent a broken gzip")
    return unpacked


class _Connection(http.client.HTTPSConnection):
    """A connection that is made once, by the deadline, to whichever of the host's addresses answers first in turn."""

    auto_open = 0

    def __init__(self, host: str, port: int, deadline: float) -> None:
        super().__init__(host, port, context=_tls())
        # Whose certificate it must be.
        self.server = host
        # By this the base class makes its socket.
        self._create_connection = partial(_dial, deadline=deadline)

    def connect(self) -> None:
        """Connect, through the proxy's tunnel where there is one, and shake hands with the server."""
        http.client.HTTPConnection.connect(self)
        self.sock = _tls().wrap_socket(self.sock, server_hostname=_name(self.server))


def _connection(url: str, deadline: float) -> http.client.HTTPSConnection:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or http.client.HTTPS_PORT
    proxy = _proxy_for(f"{host}:{port}")
    if proxy is None:
        return _Connection(host, port, deadline)
    try:
        way = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if way.scheme != "http" or not way.hostname:
            raise ValueError
        connection = _Connection(way.hostname, way.port or http.client.HTTP_PORT, deadline)
    except ValueError:
        # Its value may hold a password.
        raise KeysUnavailable(f"{url} cannot be fetched: write HTTPS_PROXY as http://host:port") from None
    # The handshake is with the server, through the proxy (RFC 9110, section 9.3.6).
    connection.server = host
    connection.set_tunnel(host, port, _credentials(way.username, way.password))
    return connection


def _proxy_for(address: str) -> str | None:
    """The proxy that `HTTPS_PROXY` names, unless `NO_PROXY` excepts the address; in lower case they go before."""
    if not (os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY")):
        return None
    # Costs a start as much as everything else here, and boto3 reads the variables by it too.
    from urllib.request import getproxies, proxy_bypass

    return None if proxy_bypass(address) else getproxies().get("https")


def _credentials(username: str | None, password: str | None) -> dict[str, str]:
    if username is None:
        return {}
    import binascii

    pair = f"{unquote(username)}:{unquote(password or '')}".encode()
    return {"Proxy-Authorization": "Basic " + binascii.b2a_base64(pair, newline=False).decode()}


def _dial(address: tuple[str, int], *_unused: object, deadline: float) -> socket.socket:
    """A connection to one of a host's addresses; no silent one takes the time of those after it (as RFC 8305 asks)."""
    host, port = address
    found = socket.getaddrinfo(_name(host), port, type=socket.SOCK_STREAM)
    failure = OSError("the host has no address")
    for position, (family, kind, protocol, _, place) in enumerate(found):
        dialling = socket.socket(family, kind, protocol)
        try:
            dialling.settimeout(_seconds_left(deadline) / (len(found) - position))
            dialling.connect(place)
        except OSError as error:
            dialling.close()
            failure = error
        else:
            dialling.settimeout(_seconds_left(deadline))
            return dialling
    raise failure


def _name(host: str) -> str | bytes:
    """A host's name as bytes where it is ASCII: for a text Python loads its codec of other names, 2 ms of a start."""
    return host.encode() if host.isascii() else host


def _seconds_left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)


def _abandon(connection: http.client.HTTPSConnection) -> None:
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


@cache
def _tls() -> ssl.SSLContext:
    # The system's certificates, or those that SSL_CERT_FILE names, as everywhere else.
    return ssl.create_default_context()
