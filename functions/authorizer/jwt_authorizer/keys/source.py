"""The key source that an issuer's configuration names; what it does not need is not imported either."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jwt_authorizer.errors import ConfigurationError, KeySetInvalid, KeysUnavailable
from jwt_authorizer.keys.cache import CachedKeys, FixedKeys, KeySource
from jwt_authorizer.keys.keyset import KeySet
from jwt_authorizer.settings import FixedSource, Issuer, RemoteSource, SecretSource

Observe = Callable[[str, str], None]


def key_source(issuer: Issuer, observe: Observe) -> KeySource:
    """The source of an issuer's keys; nothing is fetched until the first look-up.

    `observe` gets the name and message of each event that operators should know. Raises ConfigurationError for keys
    within the configuration that are not fit, and for a missing snapshot.
    """
    source = issuer.keys
    if isinstance(source, SecretSource):
        return _secret(issuer, source, observe)
    with _located(f"{issuer.path}.keys.{source.kind}"):
        _check_package()
        return _fixed(issuer, source) if isinstance(source, FixedSource) else _remote(source, observe)


def _secret(issuer: Issuer, source: SecretSource, observe: Observe) -> KeySource:
    from jwt_authorizer.keys.secret import doubts, secret_keys
    from jwt_authorizer.keys.stores import READERS

    path = f"{issuer.path}.keys.secret.{source.store}"
    noticed: set[str] = set()

    def fetch() -> KeySet:
        with _located(path):
            stored = READERS[source.store](source.name)
            for doubt in doubts(stored[0], source.encoding):
                if doubt not in noticed:
                    noticed.add(doubt)
                    observe("secret_doubts", f"{path}: {doubt}")
            return secret_keys(stored, source.encoding, issuer.algorithms, issuer.minimum_secret_bytes)

    if source.store == "environment":
        # What an execution environment was started with never changes.
        return FixedKeys(fetch())
    return CachedKeys(fetch, lifetime_seconds=source.cache_seconds, grace_seconds=source.stale_seconds, observe=observe)


def _check_package() -> None:
    """Find out now whether this is the lean package: a source that is down at start-up would hide it until later."""
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise ConfigurationError(
            "this package verifies HMAC only, for it carries no cryptography; deploy the package `authorizer`"
        ) from None


def _fixed(issuer: Issuer, source: FixedSource) -> KeySource:
    if source.kind == "pem":
        from jwt_authorizer.keys.pem import parse_pem

        keys = parse_pem(source.value)
    else:
        from jwt_authorizer.keys.jwks import parse_jwks

        try:
            keys = parse_jwks(source.value)
        except KeySetInvalid as invalid:
            raise ConfigurationError(str(invalid)) from None
    if not keys.can_verify(issuer.algorithms):
        raise ConfigurationError(
            f"holds no key that may verify {' or '.join(issuer.algorithms)}; look at kty, crv, alg, use and length"
        )
    return FixedKeys(keys)


def _remote(source: RemoteSource, observe: Observe) -> KeySource:
    from jwt_authorizer.keys import remote, snapshot

    read = remote.discover if source.kind == "discovery" else remote.fetch_jwks
    return CachedKeys(
        lambda: read(source.url, source.timeout_seconds),
        lifetime_seconds=source.cache_seconds,
        grace_seconds=source.stale_seconds,
        observe=observe,
        first=snapshot.load(source.url, source.snapshot_seconds) if source.snapshot_seconds else None,
    )


@contextmanager
def _located(path: str) -> Iterator[None]:
    """Say where in the configuration a mistake is, or what names the keys that cannot be had."""
    try:
        yield
    except (ConfigurationError, KeysUnavailable) as mistake:
        raise type(mistake)(f"{path}: {mistake}") from None
