"""What callers see, and which requests a key server gets, when it is slow, broken, hostile or changing its keys."""

import base64
import functools
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
import trustme

from jwt_authorizer.errors import ConfigurationError, KeysUnavailable, Unauthorized
from jwt_authorizer.keys import cache, https, source
from tests.security import key_server
from tests.security.key_server import Behaviour, KeyServer, SigningKey, after, answer, in_turn, key_set
from tests.unit.conftest import Invoke, configuration, start_handler

TIMEOUT_SECONDS = 1
# How much longer than its time-out a fetch may seem to take on a busy machine.
MARGIN_SECONDS = 1.5
_BEFORE, _LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
KEYS = "/keys"
OPENID_CONFIGURATION = "/.well-known/openid-configuration"

GOOD = SigningKey("good")
OTHER = SigningKey("other")
SECRET = b"a secret that everybody can read, as long as HS512 wants it to be"
PACKED = gzip.compress(json.dumps(key_set(GOOD)).encode())
SECRET_JWK = {"kty": "oct", "kid": "secret", "k": base64.urlsafe_b64encode(SECRET).decode().rstrip("=")}


class Clock:
    """The time that keys live by; it stands still, however busy the machine, until a test advances it."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of every key cache that is made from now on."""
    made = Clock()
    monkeypatch.setattr(source, "CachedKeys", functools.partial(cache.CachedKeys, clock=made))
    return made


@pytest.fixture
def start_server(authority: trustme.CA) -> Iterator[Callable[..., KeyServer]]:
    """Start a key server, with a certificate that is trusted unless another is given."""
    with ExitStack() as stack:

        def start(certificate: trustme.LeafCert | None = None, name: str = "127.0.0.1") -> KeyServer:
            return stack.enter_context(KeyServer(certificate or authority.issue_cert(name), name))

        yield start


@pytest.fixture
def server(start_server: Callable[..., KeyServer]) -> KeyServer:
    """A key server whose key set holds GOOD, and whose OpenID configuration names that set."""
    started = start_server()
    started.paths[KEYS] = answer(key_set(GOOD))
    started.paths[OPENID_CONFIGURATION] = answer({"issuer": started.url, "jwks_uri": started.url + KEYS})
    return started


class Started:
    """A running authorizer and how long its start-up took."""

    def __init__(self, invoke: Invoke, seconds: float) -> None:
        self._invoke = invoke
        self.seconds = seconds

    def effect(self, token: str) -> str:
        """What the caller with this token sees: Allow, or Unauthorized. Raises what else the authorizer raises."""
        try:
            (statement,) = self._invoke(f"Bearer {token}")["policyDocument"]["Statement"]
        except Unauthorized:
            return "Unauthorized"
        return str(statement["Effect"])

    def failure(self, token: str) -> str:
        """The message with which there is no decision, for lack of keys."""
        with pytest.raises(KeysUnavailable) as failure:
            self._invoke(f"Bearer {token}")
        return str(failure.value)


Start = Callable[..., Started]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Start:
    """Start the authorizer with the keys at a URL, or with discovery."""

    def start_authorizer(url: str = "", *, discover: str | None = None, **keys: Any) -> Started:
        document = configuration(
            issuer=discover or "https://login.example.com/",
            algorithms=["ES256"],
            keys={
                **({"discovery": True} if discover else {"jwks_url": url}),
                "timeout_seconds": TIMEOUT_SECONDS,
                **keys,
            },
        )
        monkeypatch.setenv("AUTHORIZER_CONFIG", json.dumps(document))
        started = time.monotonic()
        invoke = start_handler()
        return Started(invoke, time.monotonic() - started)

    return start_authorizer


def fetching_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "https exchange"]


def eventually(condition: Callable[[], bool], seconds: float = 3.0) -> None:
    """Wait for something that happens in the background."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def assert_unavailable(started: Started, server: KeyServer, url: str, log: str, fetches: int = 1) -> None:
    """No decision, the URL named, no token logged, and no fetch but that of the start-up."""
    token = GOOD.mint()
    message = started.failure(token)
    assert message.startswith(url) or f" {url} " in message
    assert token.rsplit(".", 1)[0] not in message + log
    assert len(server.requests) == fetches
    assert "key_source_failures" in log


def test_good_keys_allow_and_cause_one_fetch(server: KeyServer, start: Start) -> None:
    started = start(server.url + KEYS)
    assert [started.effect(GOOD.mint()) for _ in range(50)] == ["Allow"] * 50
    assert started.effect(OTHER.mint()) == "Unauthorized"
    assert len(server.requests) == 2  # the second for the key id that was not there


def test_discovered_keys_allow_and_cause_one_fetch_of_each_document(server: KeyServer, start: Start) -> None:
    started = start(discover=server.url)
    assert started.effect(GOOD.mint(iss=server.url)) == "Allow"
    assert len(server.requests) == 2


def test_the_request_is_one_that_every_provider_answers(server: KeyServer, start: Start) -> None:
    server.paths[KEYS] = key_server.unless_python(answer(key_set(GOOD)), server)
    assert start(server.url + KEYS).effect(GOOD.mint()) == "Allow"
    assert "User-Agent: jwt-authorizer" in server.requests[0]


def test_a_server_that_has_only_the_type_of_a_key_set_is_asked_for_it(server: KeyServer, start: Start) -> None:
    server.paths[KEYS] = answer(key_set(GOOD))
    assert start(server.url + KEYS).effect(GOOD.mint()) == "Allow"
    assert "Accept: application/json, application/jwk-set+json\r\n" in server.requests[0]


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP"])
def test_a_key_set_may_come_packed(server: KeyServer, start: Start, encoding: str) -> None:
    server.paths[KEYS] = answer(PACKED, Content_Encoding=encoding)
    assert start(server.url + KEYS).effect(GOOD.mint()) == "Allow"


@pytest.mark.parametrize("path", [OPENID_CONFIGURATION, KEYS])
def test_a_document_may_begin_with_a_byte_order_mark(server: KeyServer, start: Start, path: str) -> None:
    plain = {
        OPENID_CONFIGURATION: {"issuer": server.url, "jwks_uri": server.url + KEYS},
        KEYS: key_set(GOOD),
    }[path]
    server.paths[path] = answer(b"\xef\xbb\xbf" + json.dumps(plain).encode())
    assert start(discover=server.url).effect(GOOD.mint(iss=server.url)) == "Allow"


NO_KEYS: dict[str, Behaviour] = {
    "500": answer({"error": "try later"}, 500),
    "500 with keys": answer(key_set(GOOD), 500),
    "403": answer(b"", 403),
    "404 with keys": answer(key_set(GOOD), 404),
    "204": answer(b"", 204),
    "206 with keys": answer(key_set(GOOD), 206),
    "hang-up": key_server.hang_up,
    "reset": key_server.reset,
    "cut short": key_server.cut_short,
    "garbage instead of HTTP": lambda connection: connection.sendall(b"\x16\x03\x01\x00garbage\r\n\r\n"),
    "garbage": answer(b"\x00\xff\xfe garbage"),
    "nothing": answer(b""),
    "HTML": answer(b"<html><body>Sign in to the network</body></html>"),
    "UTF-16": answer(json.dumps(key_set(GOOD)).encode("utf-16")),
    "two byte order marks": answer(b"\xef\xbb\xbf" * 2 + json.dumps(key_set(GOOD)).encode()),
    "not UTF-8": answer(b'{"keys": [], "\xff": 1}'),
    "repeated members": answer(b'{"keys": [], ' + json.dumps(key_set(GOOD)).encode()[1:]),
    "NaN": answer(b'{"nan": NaN, ' + json.dumps(key_set(GOOD)).encode()[1:]),
    "compressed": answer(b"\x1f\x8b\x08\x00garbage", Content_Encoding="gzip"),
    "gzip that is cut short": answer(PACKED[:-9], Content_Encoding="gzip"),
    "gzip with more behind it": answer(PACKED + b"more", Content_Encoding="gzip"),
    "gzip that is not called so": answer(PACKED),
    "gzip that unpacks to too much": answer(
        gzip.compress(b" " * https.MAXIMUM_BYTES + json.dumps(key_set(GOOD)).encode()), Content_Encoding="gzip"
    ),
    "gzip in gzip": answer(gzip.compress(PACKED), Content_Encoding="gzip, gzip"),
    "an encoding that the request does not accept": answer(json.dumps(key_set(GOOD)).encode(), Content_Encoding="br"),
    "deep": answer(b'{"keys": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "a list": answer([GOOD.jwk]),
    "a string": answer("keys"),
    "null": answer(None),
    "an object without keys": answer({}),
    "keys that are an object": answer({"keys": {"good": GOOD.jwk}}),
    "keys that are null": answer({"keys": None}),
    "keys that are numbers": answer({"keys": [1, 2.5, None, [], "key"]}),
    "members of wrong types": answer(key_set({name: [1] for name in GOOD.jwk}, GOOD.jwk | {"kid": 7})),
    "a single key": answer(GOOD.jwk),
    "no key": answer(key_set()),
    "bad keys": answer(
        key_set(GOOD.jwk | {"y": GOOD.jwk["x"]}, OTHER.jwk | {"use": "enc"}, OTHER.jwk | {"crv": "P-1"})
    ),
    "keys with one name": answer(key_set(GOOD, OTHER.jwk | {"kid": "good"})),
    "more keys than 512 KB hold": answer(key_set(*([GOOD] * 4000))),
    "a secret": answer(key_set(SECRET_JWK)),
    "a secret among public keys": answer(key_set(GOOD, SECRET_JWK)),
    "huge": key_server.huge_body,
    "endless chunks": key_server.endless_chunks,
    "endless headers": key_server.endless_headers,
}


@pytest.mark.parametrize("behaviour", NO_KEYS.values(), ids=NO_KEYS)
def test_a_source_without_keys_means_no_decision_at_once(
    server: KeyServer, start: Start, capsys: pytest.CaptureFixture[str], behaviour: Behaviour
) -> None:
    server.paths[KEYS] = behaviour
    started = start(server.url + KEYS, timeout_seconds=10)
    assert started.seconds < 5
    assert_unavailable(started, server, server.url + KEYS, capsys.readouterr().out)
    eventually(lambda: not fetching_threads())


SLOW: dict[str, Behaviour] = {
    "silent": key_server.silent,
    "trickling headers": key_server.trickling_headers,
    "trickling body": key_server.trickling_body,
    "trickling chunks": key_server.trickling_chunks,
    "trickling trailers": key_server.trickling_trailers,
    "endless interim answers": key_server.endless_continues,
}


@pytest.mark.parametrize("behaviour", SLOW.values(), ids=SLOW)
def test_a_slow_source_costs_its_time_out_once_and_leaves_nothing_running(
    server: KeyServer, start: Start, capsys: pytest.CaptureFixture[str], behaviour: Behaviour
) -> None:
    server.paths[KEYS] = behaviour
    started = start(server.url + KEYS)
    assert TIMEOUT_SECONDS <= started.seconds < TIMEOUT_SECONDS + MARGIN_SECONDS
    began = time.monotonic()
    assert_unavailable(started, server, server.url + KEYS, capsys.readouterr().out)
    assert time.monotonic() - began < TIMEOUT_SECONDS / 2
    eventually(lambda: not fetching_threads())


def test_a_source_that_does_not_shake_hands_costs_its_time_out_and_leaves_nothing_running(
    server: KeyServer, start: Start
) -> None:
    server.greet = lambda: time.sleep(3)
    started = start(server.url + KEYS)
    assert TIMEOUT_SECONDS <= started.seconds < TIMEOUT_SECONDS + MARGIN_SECONDS
    assert started.failure(GOOD.mint()) == f"{server.url + KEYS} did not answer in time"
    eventually(lambda: not fetching_threads())
    assert server.requests == []


def test_a_fetch_given_up_during_the_handshake_never_becomes_a_request(
    server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The hand-shake ends in the time that the deadline leaves it, but only just after the caller has left.
    server.paths[KEYS] = key_server.trickling_body
    shaken = threading.Event()
    connect = https._Connection.connect

    def connect_late(connection: Any) -> None:
        connect(connection)
        raw, connection.sock = connection.sock, None  # as it is while the hand-shake goes on
        shaken.wait(5)
        connection.sock = raw

    monkeypatch.setattr(https._Connection, "connect", connect_late)
    with pytest.raises(KeysUnavailable, match="did not answer in time"):
        https.get(server.url + KEYS, time.monotonic() + 0.3)
    shaken.set()
    eventually(lambda: not fetching_threads())
    assert server.requests == []


def test_discovery_and_keys_share_one_deadline(server: KeyServer, start: Start) -> None:
    for path in (OPENID_CONFIGURATION, KEYS):
        server.paths[path] = after(TIMEOUT_SECONDS * 0.55, server.paths[path])
    started = start(discover=server.url)
    assert started.seconds < TIMEOUT_SECONDS + MARGIN_SECONDS
    assert started.failure(GOOD.mint(iss=server.url)) == f"{server.url + KEYS} did not answer in time"
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(
    server: KeyServer, start: Start, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    server.paths["/elsewhere"] = answer(key_set(GOOD))
    server.paths[KEYS] = answer(key_set(GOOD), status, Location=f"{server.url}/elsewhere")
    started = start(server.url + KEYS)
    assert_unavailable(started, server, server.url + KEYS, capsys.readouterr().out)
    assert not server.requests_to("/elsewhere")


WRONG_DISCOVERY: dict[str, Callable[[str], object]] = {
    "another issuer": lambda url: {"issuer": "https://login.example.com/", "jwks_uri": url + KEYS},
    "an issuer with a slash": lambda url: {"issuer": url + "/", "jwks_uri": url + KEYS},
    "no issuer": lambda url: {"jwks_uri": url + KEYS},
    "a list of issuers": lambda url: {"issuer": [url], "jwks_uri": url + KEYS},
    "no jwks_uri": lambda url: {"issuer": url},
    "a number as jwks_uri": lambda url: {"issuer": url, "jwks_uri": 1},
    "http": lambda url: {"issuer": url, "jwks_uri": url.replace("https:", "http:") + KEYS},
    "a file": lambda url: {"issuer": url, "jwks_uri": "file:///etc/hosts"},
    "credentials": lambda url: {"issuer": url, "jwks_uri": url.replace("//", "//user:word@") + KEYS},
    "a relative jwks_uri": lambda url: {"issuer": url, "jwks_uri": KEYS},
    "a line feed": lambda url: {"issuer": url, "jwks_uri": f"{url}{KEYS} HTTP/1.1\r\nHost: elsewhere\r\n\r\n"},
    "a control character": lambda url: {"issuer": url, "jwks_uri": "https://127.0.0.1\x7f/keys"},
    "the keys themselves": lambda _: key_set(GOOD),
}


@pytest.mark.parametrize("document", WRONG_DISCOVERY.values(), ids=WRONG_DISCOVERY)
def test_a_wrong_openid_configuration_is_not_believed(
    server: KeyServer, start: Start, capsys: pytest.CaptureFixture[str], document: Callable[[str], object]
) -> None:
    server.paths[OPENID_CONFIGURATION] = answer(document(server.url))
    started = start(discover=server.url)
    message = started.failure(GOOD.mint(iss=server.url))
    assert message.startswith(server.url + OPENID_CONFIGURATION)
    assert not server.requests_to(KEYS)
    assert len(server.requests) == 1


def test_the_keys_may_be_on_another_host_than_the_issuer(
    server: KeyServer, start_server: Callable[..., KeyServer], start: Start
) -> None:
    elsewhere = start_server(name="localhost")
    elsewhere.paths[KEYS] = answer(key_set(OTHER))
    server.paths[OPENID_CONFIGURATION] = answer({"issuer": server.url, "jwks_uri": elsewhere.url + KEYS})
    started = start(discover=server.url)
    assert started.effect(OTHER.mint(iss=server.url)) == "Allow"
    assert started.effect(GOOD.mint(iss=server.url)) == "Unauthorized"
    assert not server.requests_to(KEYS)


def test_an_unreachable_host_that_discovery_names_is_an_error_that_names_it(server: KeyServer, start: Start) -> None:
    url = f"https://{'a' * 70}.invalid/keys"
    server.paths[OPENID_CONFIGURATION] = answer({"issuer": server.url, "jwks_uri": url})
    assert start(discover=server.url).failure(GOOD.mint(iss=server.url)).startswith(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/keys", "ftp://127.0.0.1/keys", "https:///keys", "keys"])
def test_a_source_without_https_is_refused_at_start_up(start: Start, url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"issuers\[0\]\.keys\.jwks_url is .*: write an https URL"):
        start(url)


def test_an_issuer_without_https_is_refused_at_start_up(start: Start) -> None:
    with pytest.raises(ConfigurationError, match=r"issuers\[0\]\.keys\.discovery needs an issuer that is an https URL"):
        start(discover="http://127.0.0.1:1")


@pytest.mark.parametrize("flaw", ["nobody's authority", "another name", "expired"])
def test_a_bad_certificate_means_no_decision_and_no_request(
    authority: trustme.CA,
    start_server: Callable[..., KeyServer],
    start: Start,
    capsys: pytest.CaptureFixture[str],
    flaw: str,
) -> None:
    certificates = {
        "nobody's authority": lambda: trustme.CA().issue_cert("127.0.0.1"),
        "another name": lambda: authority.issue_cert("login.example.com"),
        "expired": lambda: authority.issue_cert("127.0.0.1", not_before=_BEFORE, not_after=_LONG_AGO),
    }
    server = start_server(certificates[flaw]())
    server.paths[KEYS] = answer(key_set(GOOD))
    started = start(server.url + KEYS)
    assert_unavailable(started, server, server.url + KEYS, capsys.readouterr().out, fetches=0)


def test_nobody_listening_means_no_decision(start: Start, server: KeyServer) -> None:
    server.__exit__()
    assert start(server.url + KEYS).failure(GOOD.mint()) == f"{server.url + KEYS} failed: ConnectionRefusedError"


def test_one_bad_key_does_not_void_the_set(server: KeyServer, start: Start) -> None:
    weak = {"kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQ"}
    vast = {"kty": "RSA", "kid": "vast", "n": GOOD.jwk["x"] * 10, "e": GOOD.jwk["x"] * 1000}
    off_the_curve = OTHER.jwk | {"y": OTHER.jwk["x"]}
    server.paths[KEYS] = answer(key_set(weak, vast, {}, {"kty": "quantum"}, off_the_curve, GOOD))
    started = start(server.url + KEYS)
    assert started.effect(GOOD.mint()) == "Allow"
    assert started.effect(OTHER.mint()) == "Unauthorized"


@pytest.mark.parametrize("keys", [(SECRET_JWK,), (GOOD, SECRET_JWK)], ids=["alone", "among public keys"])
def test_a_secret_that_a_source_publishes_verifies_nothing(
    server: KeyServer, start: Start, keys: tuple[Any, ...]
) -> None:
    server.paths[KEYS] = answer(key_set(*keys))
    started = start(server.url + KEYS)
    forged = jwt.encode({"iss": "https://login.example.com/", "aud": "orders"}, SECRET, headers={"kid": "secret"})
    assert started.effect(forged) == "Unauthorized"
    assert f"the key set of {server.url + KEYS}" in started.failure(GOOD.mint())


def test_a_withdrawn_key_stops_working_within_the_lifetime(server: KeyServer, start: Start, clock: Clock) -> None:
    server.paths[KEYS] = answer(key_set(GOOD, OTHER))
    started = start(server.url + KEYS, cache_seconds=300)
    server.paths[KEYS] = answer(key_set(OTHER))
    assert started.effect(GOOD.mint()) == "Allow"
    clock.advance(300)
    assert started.effect(GOOD.mint()) == "Unauthorized"
    assert started.effect(OTHER.mint()) == "Allow"


def test_a_set_that_becomes_empty_is_taken_for_an_outage_and_does_not_outlive_the_grace(
    server: KeyServer, start: Start, clock: Clock
) -> None:
    started = start(server.url + KEYS, cache_seconds=300, stale_seconds=600)
    server.paths[KEYS] = answer(key_set())
    clock.advance(899)
    assert started.effect(GOOD.mint()) == "Allow"
    clock.advance(1)
    assert "holds no key" in started.failure(GOOD.mint())


def test_a_rotated_key_works_from_its_first_token_on(server: KeyServer, start: Start) -> None:
    started = start(server.url + KEYS, cache_seconds=86400)
    server.paths[KEYS] = answer(key_set(OTHER, GOOD))
    assert started.effect(OTHER.mint()) == "Allow"
    assert started.effect(GOOD.mint()) == "Allow"
    assert len(server.requests) == 2


def test_a_rotation_that_the_source_was_down_for_is_found_as_soon_as_it_is_back(
    server: KeyServer, start: Start, clock: Clock
) -> None:
    started = start(server.url + KEYS)
    server.paths[KEYS] = in_turn(answer(b"", 500), answer(key_set(OTHER)))
    assert started.effect(OTHER.mint()) == "Unauthorized"
    clock.advance(cache.MISS_SPACING_SECONDS)
    assert started.effect(OTHER.mint()) == "Allow"


def test_a_flood_of_key_ids_causes_one_fetch_and_keeps_nobody_out(
    server: KeyServer, start: Start, clock: Clock
) -> None:
    started = start(server.url + KEYS)
    forger = SigningKey("bogus")
    for number in range(300):
        forger.key_id = f"bogus-{number}"
        assert started.effect(forger.mint()) == "Unauthorized"
        assert started.effect(GOOD.mint()) == "Allow"
    assert len(server.requests) == 2
    server.paths[KEYS] = answer(key_set(OTHER))
    clock.advance(cache.MISS_SPACING_SECONDS)
    assert started.effect(OTHER.mint()) == "Allow"
    assert len(server.requests) == 3


def test_a_flood_of_key_ids_while_the_source_is_slow_holds_up_no_good_token(server: KeyServer, start: Start) -> None:
    started = start(server.url + KEYS, timeout_seconds=2)
    server.paths[KEYS] = key_server.silent
    with ThreadPoolExecutor(10) as pool:
        bogus = [pool.submit(started.effect, SigningKey(f"bogus-{number}").mint()) for number in range(10)]
        eventually(lambda: len(server.requests) == 2)
        began = time.monotonic()
        assert started.effect(GOOD.mint()) == "Allow"
        assert time.monotonic() - began < 1
        assert [future.result() for future in bogus] == ["Unauthorized"] * 10
    assert time.monotonic() - began < 2 + MARGIN_SECONDS
    assert len(server.requests) == 2


def test_one_fetch_serves_however_many_wait_for_the_first_keys(server: KeyServer, start: Start, clock: Clock) -> None:
    server.paths[KEYS] = in_turn(answer(b"", 500), after(0.3, answer(key_set(GOOD))))
    started = start(server.url + KEYS)
    clock.advance(1)
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(started.effect, [GOOD.mint()] * 20)) == ["Allow"] * 20
    assert len(server.requests) == 2


def test_one_fetch_serves_however_many_wait_for_a_rotated_key(server: KeyServer, start: Start) -> None:
    started = start(server.url + KEYS)
    server.paths[KEYS] = after(0.3, answer(key_set(OTHER)))
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(started.effect, [OTHER.mint()] * 20)) == ["Allow"] * 20
    assert len(server.requests) == 2


def test_one_time_out_is_all_that_many_callers_pay_for_a_source_that_is_down(
    server: KeyServer, start: Start, clock: Clock
) -> None:
    server.paths[KEYS] = key_server.silent
    started = start(server.url + KEYS)
    clock.advance(1)
    began = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        messages = list(pool.map(started.failure, [GOOD.mint()] * 20))
    assert set(messages) == {f"{server.url + KEYS} did not answer in time"}
    assert time.monotonic() - began < TIMEOUT_SECONDS + MARGIN_SECONDS
    assert len(server.requests) == 2


def test_keys_are_renewed_in_the_background_before_they_are_old(server: KeyServer, start: Start, clock: Clock) -> None:
    started = start(server.url + KEYS, cache_seconds=300, timeout_seconds=10)
    server.paths[KEYS] = after(1, answer(key_set(GOOD)))
    clock.advance(250)
    began = time.monotonic()
    assert started.effect(GOOD.mint()) == "Allow"
    assert time.monotonic() - began < 0.9
    eventually(lambda: len(server.requests) == 2 and not fetching_threads())
    server.paths[KEYS] = answer(b"", 500)
    clock.advance(200)
    assert started.effect(GOOD.mint()) == "Allow"
    assert len(server.requests) == 2


def test_old_keys_serve_through_an_outage_within_the_grace_and_never_past_it(
    server: KeyServer, start: Start, clock: Clock
) -> None:
    started = start(server.url + KEYS, cache_seconds=300, stale_seconds=600)
    server.paths[KEYS] = answer(b"", 500)
    clock.advance(300)
    assert [started.effect(GOOD.mint()) for _ in range(50)] == ["Allow"] * 50
    assert len(server.requests) == 2
    clock.advance(595)
    assert started.effect(GOOD.mint()) == "Allow"
    clock.advance(5)
    assert started.failure(GOOD.mint()) == f"{server.url + KEYS} answered 500"


def test_without_a_grace_old_keys_do_not_serve_at_all(server: KeyServer, start: Start, clock: Clock) -> None:
    started = start(server.url + KEYS, cache_seconds=1, stale_seconds=0)
    server.paths[KEYS] = answer(b"", 500)
    clock.advance(1)
    assert started.failure(GOOD.mint()) == f"{server.url + KEYS} answered 500"


def test_an_outage_is_asked_about_less_and_less_and_its_end_is_noticed(
    server: KeyServer, start: Start, clock: Clock
) -> None:
    server.paths[KEYS] = answer(b"", 500)
    started = start(server.url + KEYS)
    for _ in range(120):
        clock.advance(1)
        started.failure(GOOD.mint())
    assert len(server.requests) == 7  # at once, and after 1, 2, 4, 8, 16 and 32 seconds
    server.paths[KEYS] = answer(key_set(GOOD))
    clock.advance(60)
    assert started.effect(GOOD.mint()) == "Allow"


def test_an_outage_of_one_issuer_keeps_no_other_issuers_tokens_out(
    server: KeyServer, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    server.paths["/down"] = key_server.hang_up
    issuers = [
        {"issuer": name, "audiences": ["orders"], "algorithms": ["ES256"], "keys": {"jwks_url": server.url + path}}
        for name, path in (("https://down.example.com/", "/down"), ("https://login.example.com/", KEYS))
    ]
    monkeypatch.setenv("AUTHORIZER_CONFIG", json.dumps(configuration(issuers=issuers)))
    started = Started(start_handler(), 0)
    assert started.effect(GOOD.mint()) == "Allow"
    assert server.url + "/down" in started.failure(GOOD.mint(iss="https://down.example.com/"))
