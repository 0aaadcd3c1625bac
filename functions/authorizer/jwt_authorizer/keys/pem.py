"""Public keys and certificates in PEM (RFC 7468)."""

from typing import Any

from jwt_authorizer.algorithms import KEY_ALGORITHMS
from jwt_authorizer.errors import ConfigurationError
from jwt_authorizer.keys.jwks import UnfitKey, public_key_kind
from jwt_authorizer.keys.keyset import Key, KeySet

_MAXIMUM_BLOCKS = 10
_END = "-----END "


def parse_pem(text: str) -> KeySet:
    """Read public keys, or certificates for the keys in them, one PEM block after the other.

    Takes the text; returns keys without a key id, which are all tried: so a key is rotated by listing the next one
    beside it. A certificate's dates and issuer are not looked at: to list it is to trust its key.
    Raises ConfigurationError, which never quotes the text.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    blocks = _blocks(text)
    if not 1 <= len(blocks) <= _MAXIMUM_BLOCKS:
        raise ConfigurationError(f"must hold 1 to {_MAXIMUM_BLOCKS} PEM blocks")
    keys = []
    for number, block in enumerate(blocks, start=1):
        if "PRIVATE KEY-----" in block:
            raise ConfigurationError(
                f"PEM block {number} is a private key; write the public one, and replace this pair"
            )
        try:
            if "-----BEGIN CERTIFICATE-----" in block:
                public_key: Any = x509.load_pem_x509_certificate(block.encode()).public_key()
            else:
                public_key = load_pem_public_key(block.encode())
            keys.append(Key(KEY_ALGORITHMS[public_key_kind(public_key)], public_key))
        except UnfitKey as unfit:
            raise ConfigurationError(f"PEM block {number}: {unfit}") from None
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ConfigurationError(f"PEM block {number} is no public key or certificate") from None
    return KeySet(tuple(keys), interchangeable=True)


def _blocks(text: str) -> list[str]:
    blocks: list[str] = []
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip():
            lines.append(line.strip())
        if line.strip().startswith(_END):
            blocks.append("\n".join(lines) + "\n")
            lines = []
    return [*blocks, *(["\n".join(lines)] if lines else [])]
