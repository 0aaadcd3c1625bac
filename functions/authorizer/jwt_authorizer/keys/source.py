"""The key source that an issuer's configuration names."""

from jwt_authorizer.config import Issuer
from jwt_authorizer.errors import ConfigurationError
from jwt_authorizer.keys.cache import CachedKeys
from jwt_authorizer.keys.keyset import KeySet
from jwt_authorizer.keys.secret import READERS, secret_keys


def key_source(issuer: Issuer) -> CachedKeys:
    """The source of an issuer's keys; nothing is fetched until they are asked for."""
    secret = issuer.secret

    def fetch() -> KeySet:
        try:
            stored = READERS[secret.store](secret.name)
            return secret_keys(stored, secret.encoding, issuer.algorithms, issuer.minimum_secret_bytes)
        except ConfigurationError as mistake:
            raise ConfigurationError(f"{issuer.path}.keys.secret.{secret.store}: {mistake}") from None

    return CachedKeys(fetch)
