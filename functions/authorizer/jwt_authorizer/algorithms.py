"""The signature algorithms that can be configured, each bound to the kind of key it verifies with."""

from collections.abc import Collection

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
RSA_ALGORITHMS = KEY_ALGORITHMS["RSA", None]
ALGORITHMS = tuple(sorted(frozenset().union(*KEY_ALGORITHMS.values())))

# RFC 9864 names the algorithm of each EdDSA curve after the curve. A token may use that name or `EdDSA`; its key binds
# the curve, for the key's algorithms must include the token's and one of the configured ones.
EDDSA_CURVES = ("Ed25519", "Ed448")
_OTHER_NAMES = {"EdDSA": EDDSA_CURVES, **dict.fromkeys(EDDSA_CURVES, ("EdDSA",))}


def names(name: str) -> frozenset[str]:
    """An algorithm's name and, where it is one of EdDSA's, the names that may mean the same."""
    return frozenset((name, *_OTHER_NAMES.get(name, ())))


def is_allowed(name: str, configured: Collection[str]) -> bool:
    """Whether a token's algorithm is one of the configured ones, under any of its names."""
    return name in configured or not names(name).isdisjoint(configured)


def is_hmac(name: str) -> bool:
    """Whether an algorithm is of the family that verifies with secrets, and not with public keys."""
    return name in HMAC_ALGORITHMS


def hash_bytes(name: str) -> int:
    """The length of the hash in an HMAC algorithm's name."""
    return int(name[2:]) // 8
