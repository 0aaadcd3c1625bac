"""The signature algorithms that can be configured, each bound to the kind of key it verifies with."""

from collections.abc import Callable, Collection
from typing import Any, Protocol

# What each kind of key can verify: the type and curve of a JWK (RFC 7518, section 6; RFC 8037) and the algorithms of
# RFC 7518, section 3.1, RFC 8037 and RFC 9864. ES256K, RS1 and HS1 are left out on purpose.
KEY_ALGORITHMS: dict[tuple[str, str | None], frozenset[str]] = {
    ("oct", None): frozenset(("HS256", "HS384", "HS512")),
    ("RSA", None): frozenset(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
    ("EC", "P-256"): frozenset(("ES256",)),
    ("EC", "P-384"): frozenset(("ES384",)),
    ("EC", "P-521"): frozenset(("ES512",)),
    ("OKP", "Ed25519"): frozenset(("EdDSA", "Ed25519")),
    ("OKP", "Ed448"): frozenset(("EdDSA", "Ed448")),
}
HMAC_ALGORITHMS = KEY_ALGORITHMS["oct", None]
ALGORITHMS = tuple(sorted(frozenset().union(*KEY_ALGORITHMS.values())))

# RFC 9864 gives each curve of EdDSA a name of its own. A token may use either name; which curve it may be is said by
# the key, whose algorithms must meet the configured ones too.
_OTHER_NAMES = {"EdDSA": ("Ed25519", "Ed448"), "Ed25519": ("EdDSA",), "Ed448": ("EdDSA",)}


class Verifier(Protocol):
    """One algorithm, ready to verify with."""

    def verify(self, message: bytes, key: Any, signature: bytes) -> bool:
        """Whether a signature is that of a message by a key.

        Keys are bytes for HMAC and cryptography's public keys for all else, each of the type and curve that
        `KEY_ALGORITHMS` binds to the algorithm.
        """


def names(name: str) -> frozenset[str]:
    """An algorithm's name and, where it is one of EdDSA's, the names that may mean the same."""
    return frozenset((name, *_OTHER_NAMES.get(name, ())))


def is_allowed(name: str, configured: Collection[str]) -> bool:
    """Whether a token's algorithm is one of the configured ones, under any of its names."""
    return not names(name).isdisjoint(configured)


def hash_bytes(name: str) -> int:
    """The length of the hash in an HMAC algorithm's name."""
    return int(name[2:]) // 8


_verifiers: dict[str, Verifier] = {}


def verifier(name: str) -> Verifier:
    """The algorithm of this name, one of `ALGORITHMS`; what it needs is imported when it is first asked for."""
    if name not in _verifiers:
        _verifiers[name] = _EdDsa() if name in _OTHER_NAMES else _FAMILIES[name[:2]](f"SHA{name[2:]}")
    return _verifiers[name]


class _Hmac:
    """HMAC: RFC 7518, section 3.2."""

    def __init__(self, hash_name: str) -> None:
        import hmac

        self._hmac, self._hash_name = hmac, hash_name.lower()

    def verify(self, message: bytes, key: bytes, signature: bytes) -> bool:
        return self._hmac.compare_digest(self._hmac.digest(key, message, self._hash_name), signature)


class _PublicKey:
    """What the algorithms of cryptography have in common: `_parameters` follow the message in its `verify`."""

    _parameters: tuple[Any, ...] = ()

    def __init__(self) -> None:
        from cryptography.exceptions import InvalidSignature

        self._invalid = InvalidSignature

    def verify(self, message: bytes, key: Any, signature: bytes) -> bool:
        try:
            key.verify(signature, message, *self._parameters)
        except self._invalid:
            return False
        return True


class _Pkcs1(_PublicKey):
    """RSASSA-PKCS1-v1_5: RFC 7518, section 3.3."""

    def __init__(self, hash_name: str) -> None:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

        super().__init__()
        self._parameters = PKCS1v15(), getattr(hashes, hash_name)()


class _Pss(_PublicKey):
    """RSASSA-PSS, its mask by the same hash and its salt as long as that: RFC 7518, section 3.5."""

    def __init__(self, hash_name: str) -> None:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS

        super().__init__()
        digest = getattr(hashes, hash_name)()
        self._parameters = PSS(MGF1(digest), digest.digest_size), digest


class _Ecdsa(_PublicKey):
    """ECDSA, whose signature is its two numbers, each as long as the curve's: RFC 7518, section 3.4."""

    def __init__(self, hash_name: str) -> None:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
        from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

        super().__init__()
        self._encode = encode_dss_signature
        self._parameters = (ECDSA(getattr(hashes, hash_name)()),)

    def verify(self, message: bytes, key: Any, signature: bytes) -> bool:
        length = (key.key_size + 7) // 8
        if len(signature) != 2 * length:
            return False
        r, s = (int.from_bytes(half, "big") for half in (signature[:length], signature[length:]))
        return super().verify(message, key, self._encode(r, s))


class _EdDsa(_PublicKey):
    """Ed25519 and Ed448, whichever the key is of: RFC 8037, section 3.1."""


_FAMILIES: dict[str, Callable[[str], Verifier]] = {"HS": _Hmac, "RS": _Pkcs1, "PS": _Pss, "ES": _Ecdsa}
