"""Key sets that are put into the package when it is built: taking them, reading them, and how long they stand in."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from jwt_authorizer.errors import ConfigurationError, KeysUnavailable, Unauthorized
from jwt_authorizer.keys import https, snapshot
from scripts.lib.program import Error
from scripts.package import snapshots
from scripts.package.snapshots import Snapshot
from tests.security.key_server import KeyServer, SigningKey, answer, authority, key_set
from tests.unit.conftest import Invoke, configuration, start_handler

SOURCE = "https://login.example.com/keys"
GOOD = SigningKey("good")
OTHER = SigningKey("other")
SERVED = json.dumps(key_set(GOOD), indent=1)


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Snapshot | bytes], None]:
    """Put a snapshot of SOURCE where the package has it."""
    monkeypatch.setattr(snapshot, "FOLDER", str(tmp_path))

    def write(taken: Snapshot | bytes) -> None:
        content = taken if isinstance(taken, bytes) else taken.to_bytes()
        (tmp_path / snapshot.file_name(SOURCE)).write_bytes(content)

    return write


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServer]:
    """An issuer with an OpenID configuration, whose key set holds GOOD and has a layout of its own."""
    with authority(tmp_path) as (ca, path):
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        https._tls.cache_clear()
        with KeyServer(_certificate(ca)) as started:
            started.paths["/keys"] = answer(SERVED.encode())
            started.paths["/.well-known/openid-configuration"] = answer(
                {"issuer": started.url, "jwks_uri": started.url + "/keys"}
            )
            yield started
    https._tls.cache_clear()


def _certificate(ca: trustme.CA) -> trustme.LeafCert:
    return ca.issue_cert("127.0.0.1")


def taken(seconds_ago: float = 0, **changes: Any) -> Snapshot:
    return Snapshot(**{"source": SOURCE, "taken_at": int(time.time() - seconds_ago), "jwks": SERVED, **changes})


def test_what_the_builder_writes_is_what_the_authorizer_reads(bundle: Callable[..., None]) -> None:
    bundle(taken(100))
    keys, seconds = snapshot.load(SOURCE, 3600)
    assert [key.key_id for key in keys.keys] == ["good"]
    assert 3495 < seconds <= 3501


def test_a_snapshot_stands_in_for_no_longer_than_configured_whenever_it_was_taken(bundle: Callable[..., None]) -> None:
    bundle(taken(5000))
    assert snapshot.load(SOURCE, 3600)[1] == 0


def test_a_package_without_the_snapshot_says_how_to_build_one(bundle: Callable[..., None]) -> None:
    with pytest.raises(ConfigurationError, match=f"make package SNAPSHOTS={SOURCE}"):
        snapshot.load(SOURCE, 3600)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        json.dumps({"source": SOURCE, "taken_at": 1, "jwks": key_set(GOOD)}).encode(),
        json.dumps({"source": SOURCE, "taken_at": "now", "jwks": SERVED}).encode(),
        json.dumps({"source": SOURCE, "taken_at": [1], "jwks": SERVED}).encode(),
        json.dumps({"source": SOURCE, "jwks": SERVED}).encode(),
        json.dumps({"source": SOURCE, "taken_at": 1, "jwks": '{"keys": []}'}).encode(),
        json.dumps({"source": SOURCE + "/", "taken_at": 1, "jwks": SERVED}).encode(),
    ],
)
def test_a_damaged_snapshot_is_a_mistake_of_the_deployment(bundle: Callable[..., None], content: bytes) -> None:
    bundle(content)
    with pytest.raises(ConfigurationError, match="is damaged; build the package again"):
        snapshot.load(SOURCE, 3600)


def start(monkeypatch: pytest.MonkeyPatch, url: str, **keys: Any) -> Invoke:
    document = configuration(algorithms=["ES256"], keys={"jwks_url": url, "timeout_seconds": 1, **keys})
    monkeypatch.setenv("AUTHORIZER_CONFIG", json.dumps(document))
    return start_handler()


@pytest.fixture
def snapshot_of_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: KeyServer) -> str:
    """The JWKS URL of a server whose keys were put into the package a minute ago."""
    monkeypatch.setattr(snapshot, "FOLDER", str(tmp_path))
    url = server.url + "/keys"
    (tmp_path / snapshot.file_name(url)).write_bytes(taken(60, source=url).to_bytes())
    return url


def test_a_snapshot_lets_tokens_in_while_the_source_is_down_and_no_longer_than_configured(
    monkeypatch: pytest.MonkeyPatch, server: KeyServer, snapshot_of_server: str
) -> None:
    server.paths["/keys"] = answer(b"", 500)
    assert start(monkeypatch, snapshot_of_server, snapshot_seconds=3600)(GOOD.mint())["principalId"] == "user-1"
    with pytest.raises(KeysUnavailable, match="answered 500"):
        start(monkeypatch, snapshot_of_server, snapshot_seconds=59)(GOOD.mint())


def test_what_the_source_serves_takes_the_place_of_the_snapshot(
    monkeypatch: pytest.MonkeyPatch, server: KeyServer, snapshot_of_server: str
) -> None:
    server.paths["/keys"] = answer(key_set(OTHER))
    invoke = start(monkeypatch, snapshot_of_server, snapshot_seconds=3600)
    assert invoke(OTHER.mint())["principalId"] == "user-1"
    with pytest.raises(Unauthorized):
        invoke(GOOD.mint())


def test_a_configured_snapshot_that_is_not_there_fails_the_start(
    monkeypatch: pytest.MonkeyPatch, server: KeyServer
) -> None:
    with pytest.raises(ConfigurationError, match=r"issuers\[0\]\.keys\.jwks_url: the package holds no snapshot of"):
        start(monkeypatch, server.url + "/keys", snapshot_seconds=3600)


@pytest.mark.parametrize("keys", [{"jwks_url": SOURCE}, {"jwks": key_set(GOOD)}, {"pem": "-----BEGIN PUBLIC KEY-----"}])
def test_a_package_without_cryptography_refuses_public_keys_at_start_up(
    monkeypatch: pytest.MonkeyPatch, keys: dict[str, Any]
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    monkeypatch.setenv("AUTHORIZER_CONFIG", json.dumps(configuration(algorithms=["ES256"], keys=keys)))
    (kind,) = keys
    with pytest.raises(ConfigurationError, match=rf"issuers\[0\]\.keys\.{kind}: .*deploy the package `authorizer`"):
        start_handler()


def test_the_keys_of_a_jwks_url_are_taken_as_they_are_served(server: KeyServer) -> None:
    made = snapshots.take(server.url + "/keys")
    assert (made.source, made.jwks) == (server.url + "/keys", SERVED)
    assert abs(made.taken_at - time.time()) < 5
    assert len(server.requests) == 1


def test_the_keys_of_an_issuer_are_taken_by_discovery(server: KeyServer) -> None:
    made = snapshots.take(server.url)
    assert (made.source, made.jwks) == (server.url, SERVED)


def test_a_source_without_keys_says_what_was_tried(server: KeyServer) -> None:
    server.paths["/nothing"] = answer({})
    with pytest.raises(Error) as refusal:
        snapshots.take(server.url + "/nothing")
    message = str(refusal.value)
    assert f"as a key set, the key set of {server.url}/nothing is not valid" in message
    assert f"as an issuer, {server.url}/nothing/.well-known/openid-configuration answered 404" in message


def test_another_issuers_configuration_gives_no_snapshot(server: KeyServer) -> None:
    server.paths["/.well-known/openid-configuration"] = answer({"issuer": SOURCE, "jwks_uri": server.url + "/keys"})
    with pytest.raises(Error, match="is the configuration of another issuer"):
        snapshots.take(server.url)


@pytest.mark.parametrize("url", ["http://login.example.com/keys", "login.example.com", "https://u:p@login.example.com"])
def test_a_snapshot_is_taken_over_https_only(url: str) -> None:
    with pytest.raises(Error, match="is not an https URL"):
        snapshots.take(url)


@pytest.mark.parametrize("jwks", [key_set(GOOD), SERVED], ids=["object", "text"])
def test_a_snapshot_can_come_from_a_file(tmp_path: Path, jwks: object) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"taken_at": 1_700_000_000, "jwks": jwks}))
    (made,) = snapshots.gather([], [f"{SOURCE}?p=x={tmp_path}/keys.json"])
    assert (made.source, made.taken_at) == (f"{SOURCE}?p=x", 1_700_000_000)
    assert json.loads(made.jwks) == key_set(GOOD)


def test_a_snapshot_that_a_build_kept_can_be_given_to_the_next(tmp_path: Path) -> None:
    kept = taken(60)
    (tmp_path / kept.file_name).write_bytes(kept.to_bytes())
    assert snapshots.gather([], [f"{SOURCE}={tmp_path / kept.file_name}"]) == (kept,)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("no JSON", 'is no snapshot; write {"taken_at"'),
        (SERVED, 'is no snapshot; write {"taken_at"'),
        (json.dumps({"taken_at": "today", "jwks": SERVED}), 'is no snapshot; write {"taken_at"'),
        (json.dumps({"taken_at": 99_999_999_999, "jwks": SERVED}), "taken_at is not a time in the past"),
        (json.dumps({"taken_at": 1, "jwks": "{}"}), "is not valid: it is not a JWK Set"),
        (json.dumps({"taken_at": 1, "jwks": {"keys": []}}), "holds no key that may verify signatures"),
        (json.dumps({"source": SOURCE + "2", "taken_at": 1, "jwks": SERVED}), f"the snapshot of {SOURCE}2, not of"),
    ],
)
def test_a_file_that_is_no_snapshot_is_told_what_is_wrong(tmp_path: Path, content: str, complaint: str) -> None:
    (tmp_path / "keys.json").write_text(content)
    with pytest.raises(Error) as refusal:
        snapshots.gather([], [f"{SOURCE}={tmp_path / 'keys.json'}"])
    assert complaint in str(refusal.value)
    assert str(tmp_path / "keys.json") in str(refusal.value)


@pytest.mark.parametrize("file", ["keys.json", f"{SOURCE}=", "login.example.com=keys.json"])
def test_a_file_without_its_source_is_refused(file: str) -> None:
    with pytest.raises(Error, match="write --snapshot-file as"):
        snapshots.gather([], [file])


def test_a_snapshot_from_the_future_would_never_age_and_is_refused(bundle: Callable[[Snapshot | bytes], None]) -> None:
    bundle(taken(-86_400))
    with pytest.raises(ConfigurationError, match="was taken in the future; build the package again"):
        snapshot.load(SOURCE, 60)
    bundle(taken(-100))
    assert snapshot.load(SOURCE, 60)[1] == 60
