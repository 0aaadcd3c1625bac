"""Key sets to put into a package, so that it verifies tokens before, or without, reaching their source.

They are fetched and read by the authorizer's own code: what it would refuse at run time is not packaged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from jwt_authorizer.errors import KeysUnavailable
from jwt_authorizer.keys import https, remote, snapshot
from jwt_authorizer.urls import is_https_url
from scripts.lib.program import Error

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Snapshot:
    """What ``source``, an issuer or a JWKS URL, served as its key set at ``taken_at``, in seconds since 1970."""

    source: str
    taken_at: int
    jwks: str

    @property
    def file_name(self) -> str:
        """The name under which the authorizer looks for it."""
        return snapshot.file_name(self.source)

    def to_bytes(self) -> bytes:
        """The file that the authorizer reads."""
        document = {"source": self.source, "taken_at": self.taken_at, "jwks": self.jwks}
        return (json.dumps(document, indent=2) + "\n").encode()


def take(source: str) -> Snapshot:
    """Fetch the key set of a JWKS URL, or of an issuer by its OpenID configuration.

    Takes the URL exactly as the authorizer's configuration has it. It is an issuer when what it answers with itself
    is no key set. Raises Error when neither gives a key set with a usable key.
    """
    if not is_https_url(source):
        raise Error(f"{source}: no snapshot can be taken of what is not an https URL; write an issuer or JWKS URL")
    deadline = time.monotonic() + TIMEOUT_SECONDS
    taken_at = int(time.time())
    try:
        jwks = _read(https.get(source, deadline), source)
    except KeysUnavailable as no_key_set:
        try:
            jwks_url = remote.discover_jwks_url(source, deadline)
            jwks = _read(https.get(jwks_url, deadline), jwks_url)
        except KeysUnavailable as no_issuer:
            raise Error(f"no snapshot of {source}: as a key set, {no_key_set}; as an issuer, {no_issuer}") from None
    return Snapshot(source, taken_at, jwks)


def read(path: Path, source: str) -> Snapshot:
    """The snapshot of ``source`` in a file, for builds without the network.

    The file is one that an earlier build kept, or a JSON object of ``taken_at``, in seconds since 1970, and ``jwks``, a
    JWK Set. Raises Error for anything else, and for a file that names another source.
    """
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        document = None
    taken_at = document.get("taken_at") if isinstance(document, dict) else None
    if not isinstance(document, dict) or type(taken_at) is not int or "jwks" not in document:
        raise Error(f'{path} is no snapshot; write {{"taken_at": <seconds since 1970>, "jwks": {{"keys": [...]}}}}')
    if not 0 < taken_at <= time.time():
        raise Error(f"{path}: taken_at is not a time in the past, in seconds since 1970")
    if document.get("source", source) != source:
        raise Error(f"{path} is the snapshot of {document['source']}, not of {source}")
    jwks = document["jwks"]
    try:
        text = _read((jwks if isinstance(jwks, str) else json.dumps(jwks)).encode(), str(path))
    except KeysUnavailable as unusable:
        raise Error(str(unusable)) from None
    return Snapshot(source, taken_at, text)


def gather(sources: Iterable[str], files: Iterable[str]) -> tuple[Snapshot, ...]:
    """The snapshots of ``sources``, fetched, and of ``files``, read, which are ``URL=path``. Raises Error."""
    gathered: dict[str, Snapshot] = {}
    for source in sources:
        gathered[source] = take(source)
    for file in files:
        # A URL may hold = in its query, a path hardly ever does.
        source, _, path = file.rpartition("=")
        if not is_https_url(source) or not path:
            raise Error(f"{file}: write --snapshot-file as <issuer or JWKS URL>=<path>")
        gathered[source] = read(Path(path), source)
    return tuple(gathered[source] for source in sorted(gathered))


def _read(jwks: bytes, source: str) -> str:
    remote.read_public_keys(jwks, source)
    return jwks.decode()
