"""HMAC secrets as keys: how a stored value is decoded, and which values are no secret."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache

from jwt_authorizer.errors import ConfigurationError
from jwt_authorizer.keys.keyset import Key, KeySet

# Secrets that guessers try first: defaults, and the samples of jwt.io, tutorials, Supabase, RFC 7515 (appendix A.1) and
# RFC 7520 (section 3.5). Their length is no excuse.
_SAMPLES = (
    "0123456789abcdefghijklmnopqrstuvwxyz",
    "12345678901234567890123456789012",
    "3cfa76ef14937c1c0ea519f8fc057a80fcd04a7420f8e8bcd0a7567c272e007b",
    "404e635266556a586e3272357538782f413f4428472b4b6250645367566b5970",
    "5367566b59703373367639792f423f4528482b4d6251655468576d5a71347437",
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    "a-string-secret-at-least-256-bits-long",
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "abcdefghijklmnopqrstuvwxyz012345",
    "changeit",
    "changeme",
    "default",
    "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg",
    "jwt-secret",
    "jwt_secret",
    "my_super_secret_key",
    "password",
    "qwertyuiopasdfghjklzxcvbnm123456",
    "secret",
    "secretkey",
    "shhhhh",
    "supersecret",
    "this is my custom secret key for authentication",
    "this is my custom secret key for authnetication",
    "your-256-bit-secret",
    "your-384-bit-secret",
    "your-512-bit-secret",
    "your_jwt_secret",
    "your_jwt_secret_key",
)
# Samples that describe themselves, as those of jwt.io and Supabase do.
_SAMPLE = re.compile(rb"at[-_ ]least[-_ ]\d+[-_ ](bit|byte|char)|your[-_ ]\d+[-_ ]bit")
# A secret that repeats a shorter unit than this is as easy to guess as the unit.
_MINIMUM_UNIT_BYTES = 16

_LINE_ENDS = (b"\n", b"\r")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")

# Key encodings that begin like this are not secrets: anybody with the public half could sign (RFC 8725, section 2.1).
_PEM_MARKS = (b"-----BEGIN", b"---- BEGIN")
_SSH_MARKS = (b"ssh-", b"ecdsa-sha2-")


def secret_keys(secrets: Iterable[bytes], encoding: str, algorithms: Iterable[str], minimum_bytes: int) -> KeySet:
    """The key set of a secret's versions, the current one first.

    Takes the stored values, their encoding (`utf8`, `base64` or `hex`), the algorithms to bind them to and the
    fewest bytes a secret may have. Raises ConfigurationError, which never quotes the secret, when the current one is
    unfit; any other that is unfit is left out.
    """
    keys: list[Key] = []
    for stored in secrets:
        try:
            material = check_secret(_DECODERS[encoding](stored), minimum_bytes)
        except ConfigurationError:
            if not keys:
                raise
        else:
            keys.append(Key(frozenset(algorithms), material))
    return KeySet(tuple(keys), interchangeable=True)


def check_secret(secret: bytes, minimum_bytes: int) -> bytes:
    """The secret itself when it is fit to sign with, else ConfigurationError (RFC 7518, section 3.2)."""
    if not secret.strip():
        raise ConfigurationError("the secret is blank; store a random one")
    readings = list(_readings(secret))
    if any(map(_is_json, readings)):
        raise ConfigurationError("the secret is JSON, such as a JWK; store the bare secret")
    if any(map(_is_key, readings)):
        raise ConfigurationError("the secret is a key or certificate, which others may hold; store a random one")
    if any(map(_is_sample, readings)):
        raise ConfigurationError("the secret is a well-known one; store a random one")
    if len(secret) < minimum_bytes:
        raise ConfigurationError(
            f"the secret has {len(secret)} bytes and needs {minimum_bytes}; store a longer one,"
            " or lower minimum_secret_bytes knowing that short secrets are guessed offline"
        )
    if _repeats(secret):
        raise ConfigurationError("the secret repeats one byte or a short text; store a random one")
    return secret


def doubts(stored: bytes, encoding: str) -> Iterator[str]:
    """Yield what is odd about a stored secret, a sentence each, without any of it."""
    if encoding == "utf8" and stored.endswith(_LINE_ENDS):
        yield (
            "the secret ends with a line break, which is a part of it: if every token is refused for its signature,"
            " store it without"
        )
    if stored.startswith(_BYTE_ORDER_MARKS):
        yield (
            "the secret begins with a byte order mark, which is a part of it: if every token is refused for its"
            " signature, store it without"
        )


def _is_sample(text: bytes) -> bool:
    bare = text.strip().lower()
    return bare in _well_known() or _SAMPLE.search(bare) is not None


@cache
def _well_known() -> frozenset[bytes]:
    """The samples, and what they are where they are written in base64 or hexadecimal."""
    return frozenset(reading.strip().lower() for sample in _SAMPLES for reading in _readings(sample.encode()))


def _repeats(secret: bytes) -> bool:
    """Whether a secret is one unit again and again, the last time perhaps in part."""
    return any(secret[unit:] == secret[:-unit] for unit in range(1, min(_MINIMUM_UNIT_BYTES, len(secret) // 2 + 1)))


def _is_json(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict | list | str)
    except (ValueError, RecursionError):
        return False


def _is_der_key(secret: bytes) -> bool:
    # An ASN.1 SEQUENCE of a SEQUENCE or INTEGER whose stated length is exactly what follows: keys and certificates are;
    # random bytes are not.
    if len(secret) < 4 or secret[0] != 0x30:
        return False
    octets = max(secret[1] - 0x80, 0)
    length = int.from_bytes(secret[2 : 2 + octets], "big") if octets else secret[1]
    content = secret[2 + octets :]
    return octets <= 4 and length == len(content) and content[:1] in (b"\x30", b"\x02")


def _readings(secret: bytes) -> Iterator[bytes]:
    """The secret, and what it may be another spelling of: text in base64, base64url, hexadecimal or UTF-16."""
    yield secret
    text = b"".join(secret.split())
    yield text
    bare = text.rstrip(b"=")
    padded = bare + b"=" * (-len(bare) % 4)
    for alphabet in (b"+/", b"-_"):
        with suppress(ValueError):
            yield base64.b64decode(padded, altchars=alphabet, validate=True)
    with suppress(ValueError):
        yield binascii.unhexlify(text)
    with suppress(ValueError):
        yield secret.decode("utf-16").encode()


def _is_key(text: bytes) -> bool:
    return (
        any(mark in text for mark in _PEM_MARKS)
        or any(text.startswith(mark) or b" " + mark in text for mark in _SSH_MARKS)
        # The same as SSH sends it: each part after its length in four bytes.
        or text[4:].startswith(_SSH_MARKS)
        or _is_der_key(text)
    )


def _decode_base64(stored: bytes) -> bytes:
    try:
        return base64.b64decode(stored.strip(), validate=True)
    except binascii.Error:
        raise ConfigurationError("the secret is not base64; correct it or its encoding") from None


def _decode_hex(stored: bytes) -> bytes:
    try:
        return binascii.unhexlify(stored.strip())
    except binascii.Error:
        raise ConfigurationError("the secret is not hexadecimal; correct it or its encoding") from None


_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "utf8": lambda stored: stored,
    "base64": _decode_base64,
    "hex": _decode_hex,
}
