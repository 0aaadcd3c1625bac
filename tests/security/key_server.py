"""An HTTPS server on loopback that hands out key sets, and every kind of trouble instead of them."""

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from tests.unit.conftest import claims

Behaviour = Callable[[socket.socket], None]
"""What the server does once it has read a request: it may send to the connection, which is closed afterwards."""

_PAUSE_SECONDS = 0.02


class SigningKey:
    """An ES256 key pair with a key id."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self._private_key = ec.generate_private_key(ec.SECP256R1())
        public = json.loads(ECAlgorithm.to_jwk(self._private_key.public_key()))
        self.jwk: dict[str, Any] = {**public, "kid": key_id, "use": "sig", "alg": "ES256"}

    def mint(self, **changes: Any) -> str:
        """A token with good claims but for the changes, signed with this key."""
        return jwt.encode(claims(**changes), self._private_key, algorithm="ES256", headers={"kid": self.key_id})


def key_set(*keys: SigningKey | dict[str, Any]) -> dict[str, Any]:
    """A JWK Set of the keys."""
    return {"keys": [key.jwk if isinstance(key, SigningKey) else key for key in keys]}


class KeyServer:
    """Serves each path by the behaviour in `paths` and keeps `requests`; other paths are not found."""

    def __init__(self, certificate: trustme.LeafCert, name: str = "127.0.0.1") -> None:
        self.paths: dict[str, Behaviour] = {}
        self.requests: list[str] = []
        self.greet: Callable[[], None] = lambda: None
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self._tls)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"https://{name}:{self._listener.getsockname()[1]}"
        self._closing = False

    def __enter__(self) -> "KeyServer":
        threading.Thread(target=self._accept, name="key server", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def requests_to(self, path: str) -> list[str]:
        """The requests for a path, each with its headers."""
        return [request for request in self.requests if request.startswith(f"GET {path} ")]

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), name="key server", daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        # Whatever goes wrong here is the client's going away.
        with contextlib.suppress(OSError), raw:
            raw.settimeout(10)
            self.greet()
            with self._tls.wrap_socket(raw, server_side=True) as connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    received = connection.recv(4096)
                    if not received:
                        return
                    request += received
                text = request.decode("latin-1")
                self.requests.append(text)
                self.paths.get(text.split(" ")[1], answer(b"not here", 404))(connection)


def answer(body: object, status: int = 200, **headers: str) -> Behaviour:
    """Answer as a good server does; what is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return lambda connection: connection.sendall("\r\n".join([*lines, "", ""]).encode() + content)


def after(seconds: float, behaviour: Behaviour) -> Behaviour:
    """Let the client wait first."""

    def wait(connection: socket.socket) -> None:
        time.sleep(seconds)
        behaviour(connection)

    return wait


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Another behaviour for each request; the last one stays."""
    remaining = list(behaviours)
    return lambda connection: (remaining.pop(0) if len(remaining) > 1 else remaining[0])(connection)


def unless_python(behaviour: Behaviour, server: KeyServer) -> Behaviour:
    """Answer 403 to the User-Agent of Python's own HTTP client."""
    forbidden = answer(b"", 403)

    def choose(connection: socket.socket) -> None:
        (forbidden if "user-agent: python" in server.requests[-1].lower() else behaviour)(connection)

    return choose


def silent(connection: socket.socket) -> None:
    """Never answer; wait for the client to leave."""
    connection.recv(1)


def hang_up(connection: socket.socket) -> None:
    """Close without an answer."""


def reset(connection: socket.socket) -> None:
    """Break the connection off in the middle of the answer."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # Without this the TLS layer would say good-bye first.
    socket.close(connection.detach())


def cut_short(connection: socket.socket) -> None:
    """Promise more than is sent."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"keys": [')


def _endless(start: bytes, again: bytes, pause: float = 0.0) -> Behaviour:
    def send(connection: socket.socket) -> None:
        connection.sendall(start)
        # Long past any deadline that is tested here.
        end = time.monotonic() + 20
        while time.monotonic() < end:
            connection.sendall(again)
            time.sleep(pause)

    return send


trickling_headers = _endless(b"HTTP/1.1 200 OK\r\nX-Filler: ", b"x", _PAUSE_SECONDS)
trickling_body = _endless(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" ", _PAUSE_SECONDS)
trickling_chunks = _endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", _PAUSE_SECONDS)
trickling_trailers = _endless(
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X-Filler: x\r\n", _PAUSE_SECONDS
)
endless_continues = _endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 0.001)
endless_chunks = _endless(
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b" " * 0x4000 + b"\r\n"
)
endless_headers = _endless(b"HTTP/1.1 200 OK\r\n", b"X-Filler: x\r\n" * 100)
huge_body = _endless(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", b" " * 0x4000)


@contextlib.contextmanager
def authority(folder: Path) -> Iterator[tuple[trustme.CA, Path]]:
    """A new certificate authority, and the file in the folder to trust it by."""
    made = trustme.CA()
    path = folder / "authority.pem"
    made.cert_pem.write_to_path(str(path))
    yield made, path
