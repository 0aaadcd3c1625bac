"""What the security tests share: the authorizer, started as by a cold start, and whom it trusts for HTTPS."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from jwt_authorizer.keys import https
from tests.security import key_server
from tests.unit.conftest import start

__all__ = ["authority", "start"]


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[trustme.CA]:
    """The certificate authority that the authorizer trusts, by SSL_CERT_FILE."""
    with key_server.authority(tmp_path) as (made, path):
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        https._tls.cache_clear()
        yield made
    https._tls.cache_clear()
