"""Tokens: good, nearly good, or well signed and odd."""

from __future__ import annotations

import base64
import hashlib
import random
import secrets
import ssl
from collections.abc import Sequence
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

AUDIENCE = "orders"
SECRET_VARIABLE = "FUZZ_SECRET"  # noqa: S105 - its name only
_FAR_FUTURE = 4102444800


class Party(NamedTuple):
    """One issuer that is trusted, with the key that it signs with."""

    algorithm: str
    private: Any

    @property
    def issuer(self) -> str:
        """Its `iss`."""
        return f"https://{self.algorithm.lower()}.example.com"

    @property
    def public(self) -> Any:
        """What its tokens are verified with."""
        return self.private if isinstance(self.private, bytes) else self.private.public_key()

    @property
    def names(self) -> list[str]:
        """The names of its algorithm; each curve of EdDSA has one of its own besides."""
        if self.algorithm.startswith("Ed"):
            return ["EdDSA", "Ed448" if isinstance(self.private, ed448.Ed448PrivateKey) else "Ed25519"]
        return [self.algorithm]

    @property
    def implementation(self) -> Any:
        """PyJWT's object for its algorithm."""
        return jwt.get_algorithm_by_name("EdDSA" if self.algorithm.startswith("Ed") else self.algorithm)

    def configured(self) -> dict[str, Any]:
        """Its entry in the authorizer's configuration."""
        if isinstance(self.private, bytes):
            keys: dict[str, Any] = {"secret": {"environment": SECRET_VARIABLE}}
        else:
            jwk = self.implementation.to_jwk(self.public, as_dict=True) | {"kid": "k1", "use": "sig"}
            keys = {"jwks": {"keys": [jwk]}}
        return {
            "issuer": self.issuer,
            "audiences": [AUDIENCE],
            "algorithms": [self.algorithm],
            "keys": keys,
            "leeway_seconds": 0,
        }

    def sign(self, signing_input: str) -> str:
        """The third segment of a token."""
        return encode(self.implementation.sign(signing_input.encode("utf-8", "surrogatepass"), self.private))


def parties() -> list[Party]:
    """New issuers, one of each kind of key and some more."""
    rsa_key = rsa.generate_private_key(65537, 2048)
    return [
        Party("HS256", secrets.token_hex(32).encode()),
        Party("RS256", rsa_key),
        Party("PS512", rsa_key),
        Party("ES256", ec.generate_private_key(ec.SECP256R1())),
        Party("ES512", ec.generate_private_key(ec.SECP521R1())),
        Party("EdDSA", ed25519.Ed25519PrivateKey.generate()),
        Party("Ed448", ed448.Ed448PrivateKey.generate()),
    ]


# What stands in for client certificates: their thumbprints are all that counts.
CERTIFICATES = tuple(ssl.DER_cert_to_PEM_cert(name) for name in (b"certificate 1", b"certificate 2"))
_BOUND = "{" + f'"x5t#S256":"{base64.urlsafe_b64encode(hashlib.sha256(b"certificate 1").digest()).decode()[:43]}"' + "}"

# Mutations

# Texts of JSON values, and some that only look like it.
_ODD_VALUES = (
    *("null", "true", "false", "0", "-1", "1", "1.5", "1e400", "NaN", "-Infinity", "9" * 400, "253402300800", "1e12"),
    *('"orders:write"', '["orders:write"]', '"orders:writes"', '"ops"', '["ops"]', '[["ops"]]', '{"ops":1}', '"OPS"'),
    *('""', '"*"', '"orders"', '["orders"]', '["orders",1]', "[]", "{}", "[[]]", '{"a":{"b":[1,null]}}', '"\\ud800"'),
    *('"\\u0000"', '"a\\nb"', '"\\u2028"', '"\u00fc"', '"user-2"', '"' + "x" * 300 + '"', "[" * 600 + "]" * 600),
    *("01", "'a'", "undefined", "1,", '"a":1', "4102444800", "1000000000", '"4102444800"', '"JWT"', '"at+jwt"'),
    *('"logout+jwt"', '"none"', '"HS256"', '"RS256"', '"ES256"', '"EdDSA"', '"Ed25519"', '"Ed448"', '"k1"', '"k2"'),
    *(_BOUND, '{"jkt":"a"}', _BOUND[:-1] + ',"jkt":"a"}'),
    *('"https://hs256.example.com"', '"https://rs256.example.com"', '"https://es256.example.com"', '["exp"]'),
)
_CLAIMS = (
    *("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "scp", "groups", "client_id", "name", "principalId"),
    *("", "a\\nb", "cnf"),
)
_GRANTS = (("scope", '"orders:write a"'), ("groups", '["ops","b"]'))
_HEADERS = ("alg", "typ", "cty", "kid", "jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc", "x", "")
BYTES = (b"", b"\0", b"\xff", b"\xef\xbb\xbf", b"{", b"}", b"[", b'"', b",", b"\\", b"\n", b" ", b"\xc0\x80", b"1")
TEXTS = ("", ".", "..", "=", "+", "/", " ", "\n", "%2E", "\u00e9", "\ud800", "A", "_", "Bearer ", ",", "e30", "\0")


def encode(data: bytes) -> str:
    """Base64url without padding (RFC 7515, appendix C)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def object_text(members: dict[str, str], rng: random.Random, names: Sequence[str]) -> bytes:
    """A JSON object with some of its members changed; `members` maps names to the JSON text of their values."""
    pairs = list(members.items())
    for _ in range(rng.choice((0, 0, 1, 1, 1, 2, 4))):
        action = rng.randrange(5)
        name, value = rng.choice(names), rng.choice(_ODD_VALUES)
        if action == 0 and pairs:
            pairs.pop(rng.randrange(len(pairs)))
        elif action == 1:
            pairs.insert(rng.randint(0, len(pairs)), (name, value))
        elif pairs:
            index = rng.randrange(len(pairs))
            pairs[index] = (pairs[index][0], value) if action == 2 else (name, pairs[index][1])
            if action == 4:
                rng.shuffle(pairs)
    data = _text_of(pairs).encode(rng.choice(("utf-8",) * 40 + ("utf-16", "utf-32-le", "utf-8-sig", "utf-7")))
    return spoilt(data, rng, BYTES) if rng.random() < 0.1 else data


def spoilt(data: Any, rng: random.Random, parts: Sequence[Any]) -> Any:
    """Bytes or text with one place replaced, left out, doubled, or with a part of `parts` put in."""
    start = rng.randint(0, len(data))
    end = min(len(data), start + rng.choice((0, 0, 1, 1, 2, 8, 64)))
    part = rng.choice((*parts, data[start:end] * 2))
    return data[:start] + part + data[end:]


def token(rng: random.Random, trusted: Sequence[Party], *, bound: bool = False) -> str:
    """A token: good, nearly good, or well signed and odd; `bound` says that most are to be bound to a certificate."""
    party = rng.choice(trusted)
    header = {"alg": f'"{party.algorithm}"', "typ": '"JWT"', "kid": '"k1"'}
    claims = {"iss": f'"{party.issuer}"', "aud": f'"{AUDIENCE}"', "sub": '"user-1"', "exp": str(_FAR_FUTURE)}
    claims |= {name: value for name, value in _GRANTS if rng.random() < 0.7}
    claims |= {"cnf": _BOUND} if rng.random() < (0.9 if bound else 0.03) else {}
    header_data = object_text(header, rng, _HEADERS) if rng.random() < 0.4 else _text_of(header).encode()
    claims_data = object_text(claims, rng, _CLAIMS) if rng.random() < 0.7 else _text_of(claims).encode()
    first, second = encode(header_data), encode(claims_data)
    signer = party if rng.random() < 0.85 else rng.choice(trusted)
    segments = [first, second, signer.sign(f"{first}.{second}")]
    if rng.random() < 0.15:
        # Whatever was changed after signing.
        index = rng.randrange(3)
        segments[index] = spoilt(segments[index], rng, TEXTS)
        if rng.random() < 0.3:
            segments[2] = signer.sign(".".join(segments[:2]))
    if rng.random() < 0.05:
        rng.shuffle(segments)
    return ".".join(segments)


def _text_of(members: dict[str, str] | list[tuple[str, str]]) -> str:
    pairs = members.items() if isinstance(members, dict) else members
    return "{" + ",".join(f'"{name}":{value}' for name, value in pairs) + "}"
