"""The kinds of case in Project Wycheproof's vectors for JWS and JWK, made anew with keys of our own.

https://github.com/C2SP/wycheproof: what each test is named after there stands in its parameters or its comment.
"""

import hashlib
import hmac
import json
import math
import random
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from jwt_authorizer import jws
from jwt_authorizer.errors import ConfigurationError, KeySetInvalid, Rejected
from jwt_authorizer.keys import parse_jwks
from jwt_authorizer.keys.pem import parse_pem
from tests.security.door import ALGORITHMS, Signer, decode, encode, rsa_key, signer

PAYLOAD = b"foo"
HASHES = {"RS256": "sha256", "RS384": "sha384", "RS512": "sha512"}
PSS_HASHES = {"PS256": "sha256", "PS384": "sha384", "PS512": "sha512"}
# The orders of the curves' groups (SP 800-186, section 3.2.1).
ORDERS = {
    "ES256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "ES384": 2**384 - 1388124618062372383947042015309946732620727252194336364173,
    "ES512": 2**521 - 657877501894328237357444332615020117536923257219387276263472201219398408051703,
}
SECRET = bytes(range(64))

every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


def signed(trusted: Signer) -> str:
    return trusted.token(PAYLOAD)


def key_set(trusted: Signer, **changes: Any) -> dict[str, Any]:
    return {"keys": [trusted.jwk | changes]}


def verifies(token: str, jwks: dict[str, Any], algorithm: str) -> bool:
    """Whether `jws.verify` accepts a token; whatever else it raises than Rejected fails the test."""
    try:
        verified = jws.verify(token, parse_jwks(jwks), [algorithm])
    except Rejected:
        return False
    return verified.payload == PAYLOAD


def with_signature(token: str, signature: bytes) -> str:
    return f"{token.rpartition('.')[0]}.{encode(signature)}"


# acceptsValid; a part of the token missing or added


@every_algorithm
def test_a_token_is_its_three_parts_and_no_fewer_or_more(algorithm: str) -> None:
    trusted = signer(algorithm)
    token, keys = signed(trusted), key_set(trusted)
    header, payload, signature = token.split(".")
    assert verifies(token, keys, algorithm)
    for other in (
        *(f"{header}.{payload}.", f"{header}.{payload}", f"{header}..{signature}", f"{header}.{signature}"),
        *(f".{payload}.{signature}", f"{payload}.{signature}", f".{payload}.", payload, "", ".", ".."),
        *(f"{token}.", f"{token}.foo", f".{token}", f"{header}.{payload}.{payload}.{signature}"),
        # JsonSerialization
        json.dumps({"payload": payload, "protected": header, "signature": signature}),
        json.dumps({"payload": payload, "signatures": [{"protected": header, "signature": signature}]}),
    ):
        assert not verifies(other, keys, algorithm)


# AlgIsNone, WrongPrimitive, symmetry confusion, an embedded key


@every_algorithm
def test_no_other_algorithm_than_the_keys_own_verifies(algorithm: str) -> None:
    trusted = signer(algorithm)
    keys = key_set(trusted, alg=algorithm)
    for other in ("none", "None", *ALGORITHMS):
        if other == algorithm or {other, algorithm} <= {"EdDSA", "Ed25519", "Ed448"}:
            continue
        text = trusted.token(PAYLOAD, {"alg": other})
        assert not verifies(text, keys, algorithm)
        assert not verifies(text.rpartition(".")[0] + ".", keys, algorithm)
        if other != "none" and other[:2] == {"RS": "PS", "PS": "RS"}.get(algorithm[:2]):
            # The same key, by the other padding, said truly and falsely, and even where the configuration allows it.
            crossed = trusted._replace(algorithm=other).token(PAYLOAD)
            assert not verifies(crossed, keys, other)
            assert not verifies(with_signature(signed(trusted), decode(crossed.rpartition(".")[2])), keys, algorithm)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA", "Ed448"])
def test_a_public_key_is_no_secret(algorithm: str) -> None:
    trusted = signer(algorithm)
    keys = key_set(trusted)
    pem = trusted.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    der = trusted.public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    for secret in (pem, der, json.dumps(trusted.jwk).encode(), trusted.jwk.get("x", "").encode() or pem):
        # PyJWT itself refuses such a secret, so the attacker's own HMAC is made here.
        header, payload = encode(json.dumps({"alg": "HS256", "kid": "k1"}).encode()), encode(PAYLOAD)
        mac = hmac.digest(secret, f"{header}.{payload}".encode(), "sha256")
        for configured in (algorithm, "HS256"):
            assert not verifies(f"{header}.{payload}.{encode(mac)}", keys, configured)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA", "Ed448"])
def test_a_key_that_the_token_embeds_is_not_used(algorithm: str) -> None:
    trusted, attacker = signer(algorithm), signer(algorithm, "attacker")
    jwk = attacker.jwk | {"kid": trusted.key_id}
    assert not verifies(attacker.token(PAYLOAD, {"jwk": jwk, "kid": trusted.key_id}), key_set(trusted), algorithm)
    assert verifies(trusted.token(PAYLOAD, {"jwk": jwk}), key_set(trusted), algorithm)


# Base64url: spaces, foreign characters, stray bits, and a signature over text that is spelt wrongly


@every_algorithm
def test_text_that_is_spelt_wrongly_is_refused_though_it_is_what_was_signed(algorithm: str) -> None:
    trusted = signer(algorithm)
    keys = key_set(trusted)
    header, payload, _ = signed(trusted).split(".")
    for wrong in (
        *(f"{header[:4]} {header[4:]}.{payload}", f"{header}.{payload[:2]} {payload[2:]}", f"{header}.{payload}="),
        *(f"{header}=.{payload}", f"{header[:4]}!{header[4:]}.{payload}", f"{header}.{payload}\n", f"{header}.Zm9"),
        *(f"{header}.Zm9w", f"{header}.Zm-v+", f"{header}.Zm9vYh"),
    ):
        text = f"{wrong}.{encode(trusted.signature(wrong))}"
        # What is spelt rightly and signed is another payload, and good.
        assert not verifies(text, keys, algorithm)


@every_algorithm
def test_white_space_within_the_header_is_json_and_good(algorithm: str) -> None:
    trusted = signer(algorithm)
    header = f'{{ "alg"\t:\n"{algorithm}" ,\r "kid":"k1" }}'.encode()
    assert verifies(trusted.token(PAYLOAD, header), key_set(trusted), algorithm)


# ModifiedPadding: PKCS #1 with a digest info that is not exactly the one of its hash


def digest_infos(name: str, message: bytes) -> Iterator[tuple[str, bytes]]:
    """The right digest info (RFC 8017, section 9.2), then each way to spell or spoil its parts."""
    digest = hashlib.new(name, message).digest()
    node = {"sha256": 1, "sha384": 2, "sha512": 3}[name]
    oid = bytes.fromhex("608648016503040200")[:-1] + bytes([node])

    def info(
        oid_part: bytes = der(6, oid), null: bytes = der(5, b""), octets: bytes = der(4, digest), tail: bytes = b""
    ) -> bytes:
        return der(0x30, der(0x30, oid_part + null) + octets + tail)

    yield "right", info()
    algorithm = der(6, oid) + der(5, b"")
    for part, tag, content in (("oid", 6, oid), ("null", 5, b""), ("octets", 4, digest)):
        for how, spoilt in spellings(tag, content):
            yield f"{part}: {how}", info(**{{"oid": "oid_part"}.get(part, part): spoilt})
    for how, spoilt in spellings(0x30, algorithm):
        yield f"inner sequence: {how}", der(0x30, spoilt + der(4, digest))
    for how, spoilt in spellings(0x30, der(0x30, algorithm) + der(4, digest)):
        yield f"outer sequence: {how}", spoilt
    yield "without null", info(null=b"")
    yield "without oid", info(oid_part=b"")
    yield "without digest", info(octets=b"")
    yield "digest alone", digest
    yield "octet string alone", der(4, digest)
    yield "wrong oid", info(oid_part=der(6, bytes.fromhex("2b0e03021a")))
    yield "oid of another hash", info(oid_part=der(6, oid[:-1] + bytes([node % 3 + 1])))
    yield "longer oid", info(oid_part=der(6, oid + b"\1"))
    yield "first node changed", info(oid_part=der(6, bytes([oid[0] ^ 1]) + oid[1:]))
    yield "first byte of the digest changed", info(octets=der(4, bytes([digest[0] ^ 1]) + digest[1:]))
    yield "last byte of the digest changed", info(octets=der(4, digest[:-1] + bytes([digest[-1] ^ 1])))
    yield "digest cut short", info(octets=der(4, digest[:-1]))
    yield "an element twice", info(tail=der(4, digest))
    yield "an element more", info(tail=der(5, b""))


def der(tag: int, content: bytes) -> bytes:
    """A value in DER."""
    return bytes([tag, *([0x81] if len(content) > 127 else []), len(content)]) + content


def spellings(tag: int, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A value in all ways that are not its DER."""
    length = len(content)
    yield "long form of the length", bytes([tag, 0x81, length]) + content
    yield "length with a leading zero", bytes([tag, 0x82, 0, length]) + content
    yield "length one too large", bytes([tag, length + 1]) + content
    yield "length one too small", bytes([tag, max(length - 1, 0) if length else 127]) + content
    for size, high in ((5, 1 << 32), (9, 1 << 64)):
        yield (
            f"length overflows {8 * (size - 1)} bits",
            bytes([tag, 0x80 + size]) + (high + length).to_bytes(size, "big") + content,
        )
    for number in (2**31 - 1, 2**31, 2**32 - 1, 2**40 - 1, 2**64 - 1):
        size = (number.bit_length() + 7) // 8
        yield f"length {number}", bytes([tag, 0x80 + size]) + number.to_bytes(size, "big") + content
    yield "length of 255 bytes", bytes([tag, 0xFF]) + content
    yield "indefinite length without an end", bytes([tag, 0x80]) + content
    yield "indefinite length", bytes([tag | 0x20, 0x80]) + content + b"\0\0"
    yield "indefinite length with half an end", bytes([tag | 0x20, 0x80]) + content + b"\0"
    yield "indefinite length with a full end", bytes([tag | 0x20, 0x80]) + content + b"\0\1\0"
    yield "removed", b""
    yield "tag alone", bytes([tag])
    yield "tag and length alone", bytes([tag, length or 1])
    yield "cut short", bytes([tag, length]) + content[:-1] if length else bytes([tag])
    yield "zeroes after it", der(tag, content + b"\0\0")
    yield "unused zeroes after it", der(tag, content) + b"\0\0"
    yield "zeroes before it", der(tag, b"\0\0" + content)
    yield "null after it", der(tag, content + b"\5\0")
    yield "garbage before it", b"\x49\x77" + der(tag, content)
    yield "garbage after it", der(tag, content) + b"\x49\x77"
    yield "undefined tags before it", b"\xaa\0\xbb\0\xcd\0" + der(tag, content)
    yield "composed with an indefinite length", b"\x2b\x80" + der(tag, content) + b"\0\0"
    yield "composed", bytes([tag ^ 0x20, length + 2]) + der(tag, content) if length < 120 else b""
    yield "replaced by null", b"\x05\x01\0"
    for other in (0, 1, 0x10, 0x11, 0x36, 0x80, 0xFF):
        yield f"tag {other}", bytes([other, length]) + content
    yield "empty", bytes([tag, 0]) if length else bytes([tag, 1, 0])


def rsa_signature(encoded: bytes | int) -> bytes:
    """The signature whose encoded message is this: RSASP1 of RFC 8017, section 5.2.1."""
    numbers = rsa_key().private_numbers()
    message = encoded if isinstance(encoded, int) else int.from_bytes(encoded, "big")
    return pow(message, numbers.d, numbers.public_numbers.n).to_bytes(256, "big")


def pkcs1(info: bytes) -> bytes:
    return b"\0\1" + b"\xff" * (253 - len(info)) + b"\0" + info


@pytest.mark.parametrize("algorithm", HASHES)
def test_only_the_one_digest_info_of_its_hash_verifies(algorithm: str) -> None:
    trusted = signer(algorithm)
    token, keys = signed(trusted), key_set(trusted)
    message = token.rpartition(".")[0].encode()
    cases = dict(digest_infos(HASHES[algorithm], message))
    right = cases.pop("right")
    assert verifies(with_signature(token, rsa_signature(pkcs1(right))), keys, algorithm)
    assert len(cases) > 150
    assert right not in cases.values()
    accepted = [
        how
        for how, info in cases.items()
        if verifies(with_signature(token, rsa_signature(pkcs1(info))), keys, algorithm)
    ]
    assert accepted == []


@pytest.mark.parametrize("algorithm", HASHES)
def test_only_the_one_padding_of_pkcs_1_verifies(algorithm: str) -> None:
    trusted = signer(algorithm)
    token, keys = signed(trusted), key_set(trusted)
    info = dict(digest_infos(HASHES[algorithm], token.rpartition(".")[0].encode()))["right"]
    good = pkcs1(info)
    fill = 253 - len(info)
    for encoded in (
        *(b"\0\0" + good[2:], b"\0\2" + good[2:], b"\1\1" + good[2:], b"\0\1" + b"\0" * fill + good[2 + fill :]),
        *(good[:9] + b"\xfe" + good[10:], good[:9] + b"\0" + good[10:], good[: 1 + fill] + b"\0\0" + info),
        # Bleichenbacher's: a short padding, and garbage behind or before the digest info.
        *(b"\0\1" + b"\xff" * 8 + b"\0" + info + b"\0" * (fill - 8), b"\0\1\0" + info + b"\xff" * fill),
        *(b"\0\1" + b"\xff" * 8 + b"\0" + b"\0" * (fill - 8) + info, b"\0\1" + b"\xff" * (fill + 1) + info),
    ):
        assert len(encoded) == 256
        assert not verifies(with_signature(token, rsa_signature(encoded)), keys, algorithm)


@pytest.mark.parametrize("algorithm", [*HASHES, *PSS_HASHES])
def test_a_signature_is_one_number_below_the_modulus_in_its_one_length(algorithm: str) -> None:
    trusted = signer(algorithm)
    token, keys = signed(trusted), key_set(trusted)
    signature = decode(token.rpartition(".")[2])
    modulus = rsa_key().public_key().public_numbers().n
    for number in (0, 1, modulus - 1, modulus):
        assert not verifies(with_signature(token, number.to_bytes(256, "big")), keys, algorithm)
    not_reduced = (int.from_bytes(signature, "big") + modulus).to_bytes(257, "big")
    for other in (not_reduced, not_reduced[1:], b"\0" + signature, signature + b"\0", signature[:-1], signature[1:]):
        assert not verifies(with_signature(token, other), keys, algorithm)


# ModifiedSignature: PSS


def pss(name: str, message: bytes, salt: bytes, **changes: Any) -> bytes:
    """An encoded message of RFC 8017, section 9.1.1, for 2048 bits; `changes` spoil what they name."""
    mgf_name = changes.get("mgf", name)
    digest = hashlib.new(name, message).digest()
    hashed = hashlib.new(name, changes.get("eight", bytes(8)) + digest + salt).digest()
    hashed = changes.get("hashed", lambda value: value)(hashed)
    block = bytes(256 - len(hashed) - len(salt) - 2) + b"\1" + salt
    block = changes.get("block", lambda value: value)(block)
    mask = b"".join(
        hashlib.new(mgf_name, hashed + counter.to_bytes(4, "big")).digest() for counter in range(len(block) // 20 + 1)
    )
    masked = bytearray(one ^ other for one, other in zip(block, mask, strict=False))
    masked[0] &= 0x7F
    encoded = bytes(masked) + hashed + changes.get("trailer", b"\xbc")
    return bytes(changes.get("encoded", lambda value: value)(encoded))


def flipped(index: int, bit: int = 1) -> Any:
    def flip(value: bytes) -> bytes:
        spoilt = bytearray(value)
        spoilt[index] ^= bit
        return bytes(spoilt)

    return flip


@pytest.mark.parametrize("algorithm", PSS_HASHES)
def test_only_the_one_encoding_of_pss_verifies(algorithm: str) -> None:
    trusted, name = signer(algorithm), PSS_HASHES[algorithm]
    token, keys = signed(trusted), key_set(trusted)
    message = token.rpartition(".")[0].encode()
    size = hashlib.new(name).digest_size
    others = sorted({"sha1", "sha256", "sha384", "sha512"} - {name})
    for salt in (bytes(size), b"\xff" * size, bytes(range(size))):
        assert verifies(with_signature(token, rsa_signature(pss(name, message, salt))), keys, algorithm)
    salt = bytes(range(size))
    spoilt = {f"salt of {length}": pss(name, message, bytes(length)) for length in (0, 1, 20, size - 1, size + 1)}
    spoilt |= {f"mask by {other}": pss(name, message, salt, mgf=other) for other in others}
    spoilt |= {f"hash {other}": pss(other, message, salt) for other in others}
    for how, changes in {
        "first byte of the hash": {"hashed": flipped(0)},
        "last byte of the hash": {"hashed": flipped(-1)},
        "all of the hash": {"hashed": lambda value: bytes(len(value))},
        "the eight zeroes": {"eight": b"\0" * 7 + b"\1"},
        "first byte of the padding": {"block": flipped(0)},
        "a byte within the padding": {"block": flipped(20)},
        "last byte of the padding": {"block": flipped(-size - 2)},
        "the one before the salt": {"block": flipped(-size - 1)},
        "first byte of the salt": {"block": flipped(-size)},
        "last byte of the salt": {"block": flipped(-1)},
        "trailer": {"trailer": b"\xcc"},
        "no trailer": {"trailer": b"\0"},
        "highest bit": {"encoded": flipped(0, 0x80)},
        "masked block": {"encoded": flipped(9)},
    }.items():
        spoilt[how] = pss(name, message, salt, **changes)
    modulus = rsa_key().public_key().public_numbers().n
    accepted = [
        how
        for how, encoded in spoilt.items()
        if int.from_bytes(encoded, "big") < modulus
        and verifies(with_signature(token, rsa_signature(encoded)), keys, algorithm)
    ]
    assert accepted == []


# SpecialCaseEs256, for each curve


@pytest.mark.parametrize("algorithm", ORDERS)
def test_an_ecdsa_signature_is_two_numbers_between_zero_and_the_order(algorithm: str) -> None:
    trusted, order = signer(algorithm), ORDERS[algorithm]
    token, keys = signed(trusted), key_set(trusted)
    signature = decode(token.rpartition(".")[2])
    length = len(signature) // 2
    edges = (0, 1, order - 1, order, order + 1, 2 ** (8 * length) - 1)
    for r in edges:
        for s in edges:
            forged = r.to_bytes(length, "big") + s.to_bytes(length, "big")
            assert not verifies(with_signature(token, forged), keys, algorithm)
    r, s = signature[:length], signature[length:]
    for other in (
        *(signature + b"\0", signature + b"\0\0", b"\0" + signature, b"\0" + r + b"\0" + s, r + s + s, signature * 9),
        *(b"\1" + r + b"\0" + s, b"\0" + r + b"\1" + s, r + b"\0" + s, bytes(2 * length), b"\xff" * 2 * length),
    ):
        assert not verifies(with_signature(token, other), keys, algorithm)


# Payloads, and MACs at the edge


@every_algorithm
@pytest.mark.parametrize("payload", [b"", bytes(16), b"a", b"Test message", b"\xff" * 300], ids=len)
def test_any_payload_is_signed_as_it_is(algorithm: str, payload: bytes) -> None:
    trusted = signer(algorithm)
    verified = jws.verify(trusted.token(payload), parse_jwks(key_set(trusted)), [algorithm])
    assert verified.payload == payload


# Keys


def oct_key(secret: bytes, algorithm: str, **changes: Any) -> dict[str, Any]:
    return {"kty": "oct", "k": encode(secret), "alg": algorithm, "use": "sig", "kid": "k1", **changes}


@pytest.mark.parametrize(("algorithm", "bytes_needed"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_a_secret_is_at_least_as_long_as_its_hash(algorithm: str, bytes_needed: int) -> None:
    for length, good in ((0, False), (1, False), (bytes_needed - 1, False), (bytes_needed, True), (64, True)):
        secret = SECRET[:length]
        trusted = Signer(algorithm, secret or b"x", "k1")
        assert verifies(signed(trusted), {"keys": [oct_key(secret, algorithm)]}, algorithm) == good


@pytest.mark.parametrize("foreign", ["A256GCM", "A256KW", "dir", "HS1"])
def test_a_key_for_something_else_than_hmac_is_no_secret(foreign: str) -> None:
    trusted = Signer("HS256", SECRET, "k1")
    assert not verifies(signed(trusted), {"keys": [oct_key(SECRET, foreign)]}, "HS256")


def test_of_two_secrets_with_one_key_id_neither_verifies() -> None:
    trusted = Signer("HS256", SECRET, "k1")
    other = oct_key(SECRET[::-1], "HS256")
    for keys in ([oct_key(SECRET, "HS256"), other], [other, oct_key(SECRET, "HS256")]):
        assert not verifies(signed(trusted), {"keys": keys}, "HS256")
    assert verifies(signed(trusted), {"keys": [oct_key(SECRET, "HS256"), other | {"kid": "k2"}]}, "HS256")


def test_a_set_of_secrets_and_public_keys_is_refused_whole() -> None:
    trusted = Signer("HS256", SECRET, "k1")
    with pytest.raises(KeySetInvalid):
        verifies(signed(trusted), {"keys": [oct_key(SECRET, "HS256"), signer("ES256", "other").jwk]}, "HS256")


@pytest.mark.parametrize(
    "change",
    [
        *({"use": "enc"}, {"alg": "RSA1_5", "use": "enc"}, {"alg": "ES521"}, {"alg": "ES224"}, {"kty": "RSA"}),
        *({"crv": "P-384"}, {"key_ops": ["sign"]}, {"key_ops": ["encrypt"]}, {"key_ops": ["deriveKey"]}),
    ],
    ids=str,
)
def test_a_key_that_says_something_else_does_not_verify(change: dict[str, Any]) -> None:
    trusted = signer("ES256")
    assert verifies(signed(trusted), key_set(trusted, alg="ES256", use="sig"), "ES256")
    assert not verifies(signed(trusted), key_set(trusted, **({"alg": "ES256", "use": "sig"} | change)), "ES256")


def test_a_point_that_is_not_on_the_curve_is_no_key() -> None:
    trusted = signer("ES256")
    y = bytearray(decode(trusted.jwk["y"]))
    y[-1] ^= 1
    assert not verifies(signed(trusted), key_set(trusted, y=encode(bytes(y))), "ES256")


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
def test_a_small_rsa_key_does_not_verify(algorithm: str) -> None:
    small = Signer(algorithm, rsa_key(1024))
    assert not verifies(signed(small), key_set(small), algorithm)


@pytest.mark.parametrize("algorithm", HASHES)
def test_the_exponent_one_does_not_verify(algorithm: str) -> None:
    trusted = signer(algorithm)
    token = signed(trusted)
    info = dict(digest_infos(HASHES[algorithm], token.rpartition(".")[0].encode()))["right"]
    # With it, the encoded message is its own signature.
    assert not verifies(with_signature(token, pkcs1(info)), key_set(trusted, e=encode(b"\1")), algorithm)


# ROCA, an even modulus, a large exponent


def roca_modulus(bits: int) -> int:
    """A modulus of the form that the faulty generator gave, of at least so many bits; its factors need not be prime."""
    odd_primes = [number for number in range(3, 702, 2) if all(number % other for other in range(3, number, 2))]
    product = 2 * math.prod(odd_primes)

    def factor(exponent: int) -> int:
        multiple = (1 << (bits // 2)) // product + exponent
        return multiple * product + pow(65537, exponent, product)

    return factor(12345) * factor(67890)


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_a_key_of_the_faulty_generator_is_no_key(bits: int) -> None:
    good = signer("RS256").jwk
    assert parse_jwks({"keys": [good]}).keys
    modulus = roca_modulus(bits)
    number = encode(modulus.to_bytes((modulus.bit_length() + 7) // 8, "big"))
    assert not parse_jwks({"keys": [good | {"n": number}]}).keys
    # The form is all that is wrong with it.
    other = modulus + 2
    assert parse_jwks({"keys": [good | {"n": encode(other.to_bytes((other.bit_length() + 7) // 8, "big"))}]}).keys


@pytest.mark.parametrize("bits", [2048, 3072])
def test_a_key_of_the_faulty_generator_in_pem_is_refused_by_name(bits: int) -> None:
    pem = (
        rsa.RSAPublicNumbers(65537, roca_modulus(bits))
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    with pytest.raises(ConfigurationError, match="PEM block 1: the RSA key was made by a faulty generator"):
        parse_pem(pem.decode())


def test_good_keys_are_not_taken_for_keys_of_the_faulty_generator() -> None:
    rng = random.Random(7)  # noqa: S311 - to be repeated
    for _ in range(300):
        modulus = rng.getrandbits(2048) | 1 << 2047 | 1
        assert parse_jwks({"keys": [signer("RS256").jwk | {"n": encode(modulus.to_bytes(256, "big"))}]}).keys


def test_an_even_modulus_is_no_key() -> None:
    trusted = signer("RS256")
    modulus = trusted.public.public_numbers().n - 1
    assert not parse_jwks(key_set(trusted, n=encode(modulus.to_bytes(256, "big")))).keys


def test_a_large_exponent_is_no_key_so_that_no_token_costs_much_time() -> None:
    trusted = signer("RS256")
    modulus = trusted.public.public_numbers().n
    for exponent, good in ((3, True), (65537, True), (2**33 - 1, True), (2**33 + 1, False), (modulus - 2, False)):
        number = encode(exponent.to_bytes((exponent.bit_length() + 7) // 8, "big"))
        assert bool(parse_jwks(key_set(trusted, e=number)).keys) == good
