"""Key sets from a JWKS URL, or from the one that an issuer's OpenID configuration names."""

import time

from jwt_authorizer.algorithms import ALGORITHMS
from jwt_authorizer.errors import KeySetInvalid, KeysUnavailable
from jwt_authorizer.keys import https
from jwt_authorizer.keys.jwks import parse_jwks
from jwt_authorizer.keys.keyset import KeySet
from jwt_authorizer.strict_json import parse_object
from jwt_authorizer.tenants import of_tenant
from jwt_authorizer.urls import is_https_url

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# For some 4,000 of the smallest keys, as many as 512 KB hold, each with lists such as `key_ops` and `x5c`.
_MAXIMUM_CONTAINERS = 16_000


def fetch_jwks(url: str, timeout_seconds: float) -> KeySet:
    """The public keys at a JWKS URL, all within the time. Raises KeysUnavailable."""
    return read_public_keys(https.get(url, time.monotonic() + timeout_seconds), url)


def discover(issuer: str, timeout_seconds: float) -> KeySet:
    """The public keys of an OpenID provider: its configuration and its keys, both within the time.

    Takes the issuer exactly as it is in `iss`. Raises KeysUnavailable, also when the configuration is another
    issuer's. https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
    """
    deadline = time.monotonic() + timeout_seconds
    jwks_url = discover_jwks_url(issuer, deadline)
    return read_public_keys(https.get(jwks_url, deadline), jwks_url)


def discover_jwks_url(issuer: str, deadline: float) -> str:
    """The JWKS URL that an issuer's OpenID configuration names.

    Takes the issuer and the time on `time.monotonic()` by which the answer must be there. Raises KeysUnavailable.
    """
    url = discovery_url(issuer)
    document = _parse(https.get(url, deadline), url)
    if document.get("issuer") != issuer:
        raise KeysUnavailable(f"{url} is the configuration of another issuer")
    jwks_url = document.get("jwks_uri")
    if not is_https_url(jwks_url):
        raise KeysUnavailable(f"{url} names no jwks_uri with https")
    return str(jwks_url)


def discovery_url(issuer: str) -> str:
    """Where an issuer's OpenID configuration is: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationRequest"""
    # Entra ID has one configuration for all tenants, whose issuer is their common name.
    return of_tenant(issuer, "common").removesuffix("/") + "/.well-known/openid-configuration"


def read_public_keys(document: bytes, source: str) -> KeySet:
    """The keys in a JWK Set that strangers can read. Raises KeysUnavailable for one that holds no usable key."""
    try:
        keys = parse_jwks(_parse(document, source))
    except KeySetInvalid as invalid:
        raise KeysUnavailable(f"the key set of {source} is not valid: {invalid}") from None
    # A secret that anybody can fetch proves nothing.
    public = KeySet(tuple(key for key in keys.keys if not isinstance(key.material, bytes)))
    if not public.can_verify(ALGORITHMS):
        raise KeysUnavailable(f"the key set of {source} holds no key that may verify signatures")
    return public


def _parse(document: bytes, source: str) -> dict[str, object]:
    # Some servers begin with a byte order mark, which a reader may pass over (RFC 8259, section 8.1).
    try:
        return parse_object(document.removeprefix(_BYTE_ORDER_MARK), maximum_containers=_MAXIMUM_CONTAINERS)
    except ValueError:
        raise KeysUnavailable(f"{source} is not strict JSON") from None
