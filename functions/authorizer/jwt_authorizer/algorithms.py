"""The signature algorithms that can be configured, each bound to the kind of key it verifies with."""

from collections.abc import Collection
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
    """The part of PyJWT's algorithm objects that is used here."""

    def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
        """True when `sig` is the signature of `msg` by `key`."""


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
    """PyJWT's implementation of the algorithm of this name, which must be one of `ALGORITHMS`."""
    if name not in _verifiers:
        _verifiers[name] = _build(name)
    return _verifiers[name]


def _build(name: str) -> Verifier:
    from jwt import algorithms

    if name in _OTHER_NAMES:
        return algorithms.OKPAlgorithm()
    family: Any = {
        "HS": algorithms.HMACAlgorithm,
        # These exist only where the package carries cryptography.
        "RS": getattr(algorithms, "RSAAlgorithm", None),
        "PS": getattr(algorithms, "RSAPSSAlgorithm", None),
        "ES": getattr(algorithms, "ECAlgorithm", None),
    }[name[:2]]
    verifies: Verifier = family(getattr(family, f"SHA{name[2:]}"))
    return verifies
