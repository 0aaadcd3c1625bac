"""The signature algorithms that can be configured, each bound to the kind of key it verifies with."""

from typing import Any, NamedTuple, Protocol


class Verifier(Protocol):
    """The part of PyJWT's algorithm objects that is used here."""

    def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
        """True when `sig` is the signature of `msg` by `key`."""


class Algorithm(NamedTuple):
    """One entry of the registry of RFC 7518, section 3.1."""

    name: str
    key_type: str
    hash_name: str
    hash_bytes: int


ALGORITHMS = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("HS256", "oct", "SHA256", 32),
        Algorithm("HS384", "oct", "SHA384", 48),
        Algorithm("HS512", "oct", "SHA512", 64),
    )
}

_verifiers: dict[str, Verifier] = {}


def verifier(name: str) -> Verifier:
    """PyJWT's implementation of the algorithm of this name, which must be a key of `ALGORITHMS`."""
    if name not in _verifiers:
        _verifiers[name] = _build(ALGORITHMS[name])
    return _verifiers[name]


def _build(algorithm: Algorithm) -> Verifier:
    from jwt.algorithms import HMACAlgorithm

    return HMACAlgorithm(getattr(HMACAlgorithm, algorithm.hash_name))
