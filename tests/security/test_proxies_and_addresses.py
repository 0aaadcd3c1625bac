"""The way to a key server: through a proxy where the environment names one, and to whichever address answers."""

import base64
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import trustme

from jwt_authorizer.errors import KeysUnavailable
from jwt_authorizer.keys import https
from tests.security.key_server import KeyServer, answer

SECONDS = 5.0


class Proxy:
    """An HTTP proxy on loopback that connects to one server, whatever name it is given, and records what it hears."""

    def __init__(self, port: int, status: str = "200 Connection established") -> None:
        self.heads: list[str] = []
        self.bytes_from_client = b""
        self._port, self._status = port, status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.heads.append(head.decode())
            client.sendall(f"HTTP/1.1 {self._status}\r\n\r\n".encode())
            if not self._status.startswith("200"):
                return
            with socket.create_connection(("127.0.0.1", self._port)) as server:
                back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
                back.start()
                while received := client.recv(4096):
                    self.bytes_from_client += received
                    server.sendall(received)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while received := source.recv(4096):
                sink.sendall(received)


@pytest.fixture
def server(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServer]:
    """A server that is called keys.example.com, which only a proxy can find, and localhost."""
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with KeyServer(authority.issue_cert("keys.example.com", "localhost"), "localhost") as started:
        started.paths["/keys"] = answer(b"keys")
        yield started


def port_of(server: KeyServer) -> int:
    return int(server.url.rpartition(":")[2])


@pytest.fixture
def proxy(server: KeyServer) -> Iterator[Proxy]:
    """A proxy that leads to that server."""
    made = Proxy(port_of(server))
    yield made
    made.close()


def fetch(url: str, seconds: float = SECONDS) -> bytes:
    return https.get(url, time.monotonic() + seconds)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy"])
@pytest.mark.parametrize("prefix", ["http://", ""])
def test_a_key_set_is_fetched_through_the_proxy_which_learns_the_host_and_no_more(
    server: KeyServer, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, variable: str, prefix: str
) -> None:
    monkeypatch.setenv(variable, prefix + proxy.address)
    assert fetch("https://keys.example.com/keys") == b"keys"
    assert proxy.heads[0].startswith("CONNECT keys.example.com:443 HTTP/1.")
    assert b"/keys" not in proxy.bytes_from_client
    assert "Host: keys.example.com\r\n" in server.requests[0]


def test_the_proxys_password_goes_to_the_proxy_alone(
    server: KeyServer, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:p%40ss@{proxy.address}")
    fetch("https://keys.example.com/keys")
    assert f"Proxy-Authorization: Basic {base64.b64encode(b'user:p@ss').decode()}\r\n" in proxy.heads[0]
    assert "Proxy-Authorization" not in server.requests[0]


@pytest.mark.parametrize("exceptions", ["localhost", "other.example.com, localhost", "*", "localhost:{port}"])
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_what_no_proxy_names_is_fetched_without_it(
    server: KeyServer, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, variable: str, exceptions: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    monkeypatch.setenv(variable, exceptions.format(port=port_of(server)))
    assert fetch(f"{server.url}/keys") == b"keys"
    assert proxy.heads == []


def test_a_proxy_cannot_stand_in_for_the_server(
    authority: trustme.CA, server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with KeyServer(authority.issue_cert("other.example.com")) as impostor:
        impostor.paths["/keys"] = answer(b"keys of another")
        monkeypatch.setenv("HTTPS_PROXY", f"http://{Proxy(port_of(impostor)).address}")
        with pytest.raises(KeysUnavailable, match="failed: SSLCertVerificationError"):
            fetch("https://keys.example.com/keys")
        assert impostor.requests == []


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway"])
def test_a_proxy_that_refuses_means_no_document(
    server: KeyServer, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:hidden@{Proxy(port_of(server), status).address}")
    with pytest.raises(KeysUnavailable, match=r"keys\.example\.com/keys failed: OSError") as failure:
        fetch("https://keys.example.com/keys")
    assert "hidden" not in str(failure.value)
    assert server.requests == []


@pytest.mark.parametrize("value", ["https://user:hidden@127.0.0.1:1", "socks5://127.0.0.1:1", "http://:3128", "a:b:c"])
def test_a_proxy_that_cannot_be_used_is_never_passed_by(
    server: KeyServer, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(KeysUnavailable, match="write HTTPS_PROXY as http://host:port") as failure:
        fetch(f"{server.url}/keys")
    assert "hidden" not in str(failure.value)
    assert server.requests == []


def test_a_silent_proxy_costs_the_deadline_and_no_more(server: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(KeysUnavailable, match="did not answer in time"):
            fetch("https://keys.example.com/keys", 0.5)
        assert time.monotonic() - began < 2


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """A port of loopback that answers no attempt to connect, as an address that nothing leads to; yields it."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.2", 0), backlog=0))
        address = listener.getsockname()
        # Once its queue is full, Linux drops whatever asks for more.
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield address[1]


def resolve(monkeypatch: pytest.MonkeyPatch, *targets: tuple[str, int]) -> None:
    """Let keys.example.com have these addresses."""
    real = socket.getaddrinfo

    def getaddrinfo(host: bytes, *rest: Any, **more: Any) -> Any:
        if host != b"keys.example.com":
            return real(host, *rest, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", target) for target in targets]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("silent", [1, 2, 3])
def test_silent_addresses_leave_the_ones_after_them_their_time(
    server: KeyServer, monkeypatch: pytest.MonkeyPatch, silent: int
) -> None:
    with black_hole() as port:
        resolve(monkeypatch, *[("127.0.0.2", port)] * silent, ("127.0.0.1", port_of(server)))
        assert fetch("https://keys.example.com/keys", 2) == b"keys"


def test_an_address_that_refuses_costs_no_time(server: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    resolve(monkeypatch, ("127.0.0.1", port), ("127.0.0.1", port_of(server)))
    began = time.monotonic()
    assert fetch("https://keys.example.com/keys", 10) == b"keys"
    assert time.monotonic() - began < 3


def test_addresses_that_are_all_silent_cost_the_deadline_and_no_more(
    server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with black_hole() as port:
        resolve(monkeypatch, *[("127.0.0.2", port)] * 3)
        began = time.monotonic()
        with pytest.raises(KeysUnavailable, match="did not answer in time"):
            fetch("https://keys.example.com/keys", 0.6)
        assert time.monotonic() - began < 2
