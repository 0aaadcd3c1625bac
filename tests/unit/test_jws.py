"""Which key verifies a compact JWS; hostile tokens are in `tests/security`."""

import base64
import hashlib
import itertools
import json
from typing import Any
from unittest import mock

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from jwt_authorizer import jws
from jwt_authorizer.errors import (
    HeaderInvalid,
    KeyAmbiguous,
    KeyUnknown,
    SignatureInvalid,
    TokenMalformed,
    TokenTooLong,
)
from jwt_authorizer.keys.keyset import Key, KeySet

SECRET = b"s" * 64
KEYS = KeySet((Key(frozenset(["HS256"]), SECRET),))


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header: dict[str, Any] | bytes) -> str:
    """A JWS with a good HS256 signature over any header, and an empty object."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    signing_input = f"{encode(text)}.{encode(b'{}')}"
    algorithm = jwt.get_algorithm_by_name("HS256")
    return f"{signing_input}.{encode(algorithm.sign(signing_input.encode(), SECRET))}"


@pytest.mark.parametrize(
    "header", [b"{}", b'{"alg":null}', b'{"alg":1}', b'{"alg":["HS256"]}', b'{"alg":"HS256","typ":7}']
)
def test_a_header_names_its_algorithm_and_type_by_strings(header: bytes) -> None:
    with pytest.raises(HeaderInvalid):
        jws.verify(sign(header), KEYS, ["HS256"])


def test_the_key_id_picks_the_key() -> None:
    named = KeySet((Key(frozenset(["HS256"]), b"x" * 64, "k1"), Key(frozenset(["HS256"]), SECRET, "k2")))
    assert jws.verify(sign({"alg": "HS256", "kid": "k2"}), named, ["HS256"]).payload == b"{}"
    with pytest.raises(SignatureInvalid):
        jws.verify(sign({"alg": "HS256", "kid": "k1"}), named, ["HS256"])


def test_without_a_key_id_exactly_one_key_must_fit() -> None:
    one = KeySet((Key(frozenset(["HS256"]), SECRET, "k1"), Key(frozenset(["HS384"]), SECRET, "k2")))
    assert jws.verify(sign({"alg": "HS256"}), one, ["HS256"]).payload == b"{}"
    two = KeySet((Key(frozenset(["HS256"]), SECRET, "k1"), Key(frozenset(["HS256"]), SECRET, "k2")))
    with pytest.raises(KeyAmbiguous):
        jws.verify(sign({"alg": "HS256"}), two, ["HS256"])
    with pytest.raises(KeyUnknown):
        jws.verify(sign({"alg": "HS256"}), KeySet(()), ["HS256"])


@pytest.mark.parametrize("bits", [2048, 2050])
def test_an_rsa_signature_is_as_long_as_its_modulus(bits: int) -> None:
    private = rsa.generate_private_key(65537, bits)
    keys = KeySet((Key(frozenset(["PS256"]), private.public_key()),))
    signing_input = ".".join(map(encode, (b'{"alg":"PS256"}', b"{}")))
    algorithm = jwt.get_algorithm_by_name("PS256")
    signatures = (algorithm.sign(signing_input.encode(), private) for _ in itertools.count())
    signature = next(signature for signature in signatures if signature[0] == 0)
    assert jws.verify(f"{signing_input}.{encode(signature)}", keys, ["PS256"]).payload == b"{}"
    for spelt_otherwise in (signature[1:], b"\0" + signature):
        with pytest.raises(SignatureInvalid):
            jws.verify(f"{signing_input}.{encode(spelt_otherwise)}", keys, ["PS256"])


def test_nothing_longer_than_8192_bytes_is_read() -> None:
    with pytest.raises(TokenMalformed):
        jws.read("a" * 8192)
    with pytest.raises(TokenTooLong):
        jws.read("a" * 8193)


def test_a_key_id_has_256_characters_at_most() -> None:
    assert jws.read(sign({"alg": "HS256", "kid": "k" * 256})).key_id == "k" * 256
    with pytest.raises(HeaderInvalid):
        jws.read(sign({"alg": "HS256", "kid": "k" * 257}))


def test_a_log_gets_sixteen_digits_of_a_key_ids_hash() -> None:
    expected = "sha256:" + hashlib.sha256(b"k1").hexdigest()[:16]
    assert jws.read(sign({"alg": "HS256", "kid": "k1"})).hashed_key_id == expected
    assert jws.read(sign({"alg": "HS256"})).hashed_key_id is None


@pytest.mark.parametrize("payload", [b"", b"{", b"{}}", b"~"])
def test_a_token_that_pyjwt_reads_otherwise_is_refused(payload: bytes) -> None:
    read = {"alg": "HS256"}, payload
    with mock.patch("jwt_authorizer.pyjwt.Verifier.verify", return_value=read), pytest.raises(TokenMalformed):
        jws.verify(sign({"alg": "HS256"}), KEYS, ["HS256"])
