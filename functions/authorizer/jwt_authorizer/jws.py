"""A compact JWS (RFC 7515) to its verified header and payload bytes; it knows keys and algorithms, not claims."""

import hashlib
from collections.abc import Collection
from typing import Any, NamedTuple

from jwt_authorizer import base64url
from jwt_authorizer.algorithms import RSA_ALGORITHMS, is_allowed
from jwt_authorizer.errors import (
    AlgorithmNotAllowed,
    HeaderInvalid,
    HeaderUnsupported,
    SignatureInvalid,
    TokenMalformed,
    TokenTooLong,
)
from jwt_authorizer.keys.keyset import Key, KeySet
from jwt_authorizer.pyjwt import verifier
from jwt_authorizer.strict_json import parse_object

# API Gateway lets through 10,240 bytes of headers in all; a bound before any decoding starves every larger bomb.
MAXIMUM_TOKEN_BYTES = 8192
MAXIMUM_KEY_ID_CHARACTERS = 256

# Each of these changes what the payload or the signature means. None is supported, so none is skipped over.
_UNSUPPORTED_MEMBERS = ("crit", "b64", "zip", "enc")


class Jws(NamedTuple):
    """A JWS whose signature has been verified: its JOSE header, and its payload exactly as it was signed."""

    header: dict[str, Any]
    payload: bytes


class UnverifiedJws(NamedTuple):
    """A well-formed JWS whose signature has not been verified: nothing in it is to be believed."""

    header: dict[str, Any]
    payload: bytes
    signature: bytes
    text: str

    @property
    def algorithm(self) -> str:
        """The algorithm that the header claims."""
        algorithm: str = self.header["alg"]
        return algorithm

    @property
    def key_id(self) -> str | None:
        """The key id that the header claims, if any."""
        return self.header.get("kid")

    @property
    def hashed_key_id(self) -> str | None:
        """The start of the key id's SHA-256, for a log: what names no key may be a secret."""
        if self.key_id is None:
            return None
        return "sha256:" + hashlib.sha256(self.key_id.encode()).hexdigest()[:16]

    def verify(self, keys: KeySet, algorithms: Collection[str]) -> Jws:
        """Check the signature with PyJWT.

        Takes the keys to trust and the names of the algorithms to allow; returns the verified JWS.
        Raises AlgorithmNotAllowed, KeyUnknown, KeyAmbiguous or SignatureInvalid (RFC 7515, section 5.2), and
        TokenMalformed if PyJWT reads another header or payload than `read` did.
        """
        if not is_allowed(self.algorithm, algorithms):
            raise AlgorithmNotAllowed
        candidates = keys.candidates(self.algorithm, self.key_id, algorithms)
        pyjwt = verifier(self.algorithm)
        for key in candidates:
            verified = None if self._is_shortened(key) else pyjwt.verify(self.text, key.material)
            if verified is not None:
                if verified != (self.header, self.payload):
                    raise TokenMalformed("PyJWT reads it differently")
                return Jws(self.header, self.payload)
        raise SignatureInvalid

    def _is_shortened(self, key: Key) -> bool:
        """Whether the signature has fewer bytes than the modulus of an RSA key (RFC 8017, sections 8.1.2 and 8.2.2).

        OpenSSL takes a PSS signature without its leading zeros too: that would be a second spelling of the token.
        """
        return self.algorithm in RSA_ALGORITHMS and len(self.signature) * 8 < key.material.key_size


def verify(token: str, keys: KeySet, algorithms: Collection[str]) -> Jws:
    """Verify a compact JWS with any payload.

    Takes the token as text, the keys to trust, and the names of the algorithms to allow (never taken from the token);
    returns the JWS with `.header` (dict) and `.payload` (bytes). Raises a subclass of Rejected (RFC 7515, section 5.2).
    """
    return read(token).verify(keys, algorithms)


def read(token: str) -> UnverifiedJws:
    """Take a compact JWS apart without believing any of it.

    Takes the token as text; returns it with its header and payload. Raises TokenTooLong, TokenMalformed,
    HeaderInvalid or HeaderUnsupported.
    """
    if len(token) > MAXIMUM_TOKEN_BYTES:
        raise TokenTooLong
    try:
        text = token.encode("ascii")
    except UnicodeEncodeError:
        raise TokenMalformed from None
    segments = text.split(b".")
    if len(segments) != 3:
        raise TokenMalformed
    header = _read_header(_decode(segments[0]))
    payload = _decode(segments[1])
    signature = _decode(segments[2])
    if not signature:
        raise SignatureInvalid
    return UnverifiedJws(header, payload, signature, token)


def _decode(segment: bytes) -> bytes:
    try:
        return base64url.decode(segment)
    except ValueError:
        raise TokenMalformed from None


def _read_header(data: bytes) -> dict[str, Any]:
    try:
        header = parse_object(data)
    except ValueError:
        raise HeaderInvalid from None
    _check_types(header)
    for name in _UNSUPPORTED_MEMBERS:
        if name in header:
            raise HeaderUnsupported(name)
    if header.get("cty", "").lower() in ("jwt", "application/jwt"):
        raise HeaderUnsupported("nested JWT")
    return header


def _check_types(header: dict[str, Any]) -> None:
    for name in ("alg", "typ", "cty"):
        if (name in header or name == "alg") and not isinstance(header.get(name), str):
            raise HeaderInvalid(f"{name} is not a string")
    key_id = header.get("kid", "")
    if not isinstance(key_id, str) or len(key_id) > MAXIMUM_KEY_ID_CHARACTERS:
        raise HeaderInvalid("kid is not a short string")
