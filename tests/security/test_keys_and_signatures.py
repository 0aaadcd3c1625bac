"""Keys and signatures: a key verifies only what it is for, and only signatures that are exactly its own."""

import hmac
import itertools
import json
import os
from typing import Any
from unittest import mock

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, utils

from jwt_authorizer.errors import ConfigurationError, KeySetInvalid, KeyUnknown
from jwt_authorizer.jws import verify
from jwt_authorizer.keys import parse_jwks
from jwt_authorizer.keys.remote import read_public_keys
from tests.security.door import (
    ALGORITHMS,
    Signer,
    allowed,
    decode,
    door,
    encode,
    refused,
    rsa_key,
    signer,
)

PUBLIC_KEYS = ("RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed448")

# The orders of the curves' groups (SP 800-186, section 3.2.1).
ORDERS = {
    "ES256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "ES384": 2**384 - 1388124618062372383947042015309946732620727252194336364173,
    "ES512": 2**521 - 657877501894328237357444332315020117536923257219387276263472201219398408051703,
}


def beside(jwk: dict[str, Any], algorithm: str) -> dict[str, Any]:
    """A key set that holds a good key beside this one, so that the authorizer starts."""
    return {"jwks": {"keys": [jwk, signer(algorithm, "other").jwk]}}


def number(value: int) -> str:
    return encode(value.to_bytes((value.bit_length() + 7) // 8 or 1, "big"))


# What a JWK says it is for

UNFIT: tuple[dict[str, Any], ...] = (
    *({"use": "enc"}, {"use": "tls"}, {"use": ""}, {"use": ["sig"]}, {"use": "SIG"}),
    *({"key_ops": ["encrypt"]}, {"key_ops": ["sign"]}, {"key_ops": []}, {"key_ops": "verify"}),
    *({"alg": "none"}, {"alg": "HS256"}, {"alg": "RSA-OAEP"}, {"alg": "ECDH-ES"}, {"alg": ""}),
    *({"alg": ["RS256"]}, {"alg": "RS1"}, {"alg": "ES256K"}, {"alg": "RS384"}),
    *({"kty": "rsa"}, {"kty": "ec"}, {"kty": "okp"}, {"kty": "AKP"}, {"kty": ""}, {"kty": None}, {"kty": ["RSA"]}),
    *({"kid": 1}, {"kid": ["k1"]}, {"kid": True}),
)


@pytest.mark.parametrize("algorithm", PUBLIC_KEYS)
@pytest.mark.parametrize("change", UNFIT, ids=str)
def test_a_key_that_is_for_something_else_never_verifies(algorithm: str, change: dict[str, Any]) -> None:
    trusted = signer(algorithm)
    keys = beside(trusted.jwk | change, algorithm)
    refused(trusted, trusted.token(), "key_unknown", keys=keys)
    if "kid" not in change:
        with pytest.raises(ConfigurationError, match="holds no key that may verify"):
            door(trusted, keys={"jwks": {"keys": [trusted.jwk | change]}})


@pytest.mark.parametrize("algorithm", PUBLIC_KEYS)
def test_a_key_whose_type_and_numbers_disagree_never_verifies(algorithm: str) -> None:
    trusted = signer(algorithm)
    for other in PUBLIC_KEYS:
        jwk = signer(other).jwk
        if (jwk["kty"], jwk.get("crv")) != (trusted.jwk["kty"], trusted.jwk.get("crv")):
            changed = trusted.jwk | {name: jwk[name] for name in ("kty", "crv") if name in jwk}
            refused(trusted, trusted.token(), "key_unknown", keys=beside(changed, algorithm))


@pytest.mark.parametrize("algorithm", PUBLIC_KEYS)
@pytest.mark.parametrize(
    "change",
    [
        *({"use": "sig"}, {"key_ops": ["verify"]}, {"alg": "own"}, {"x5c": ["!"], "x5t": 7}, {"ext": True}),
        # Some servers write null for what they do not say.
        *({"use": None}, {"key_ops": None}, {"alg": None}, {"use": None, "key_ops": None, "x5c": None}),
    ],
    ids=str,
)
def test_a_key_that_is_for_signatures_verifies(algorithm: str, change: dict[str, Any]) -> None:
    trusted = signer(algorithm)
    jwk = trusted.jwk | ({"alg": algorithm} if change.get("alg") else change)
    assert allowed(trusted, trusted.token(), keys={"jwks": {"keys": [jwk]}})["principalId"] == "user-1"


@pytest.mark.parametrize(("bound", "used"), [("RS256", "PS256"), ("PS256", "RS256"), ("RS512", "RS256")])
def test_a_key_bound_to_one_algorithm_verifies_no_other_even_if_both_are_configured(bound: str, used: str) -> None:
    trusted = signer(bound)
    settings: dict[str, Any] = {"algorithms": [bound, used], "keys": {"jwks": {"keys": [trusted.jwk | {"alg": bound}]}}}
    allowed(trusted, trusted.token(), **settings)
    refused(trusted, trusted._replace(algorithm=used).token(), "key_unknown", **settings)


@pytest.mark.parametrize("algorithm", PUBLIC_KEYS)
def test_another_kind_of_key_is_no_candidate_for_the_tokens_algorithm(algorithm: str) -> None:
    trusted = signer(algorithm)
    for other in PUBLIC_KEYS:
        if signer(other).jwk["kty"] == trusted.jwk["kty"]:
            continue
        settings: dict[str, Any] = {
            "algorithms": [algorithm, other],
            "keys": {"jwks": {"keys": [trusted.jwk, signer(other).jwk | {"kid": "k2"}]}},
        }
        allowed(trusted, trusted.token(), **settings)
        allowed(trusted, trusted.token(header={"kid": None}), **settings)
        refused(trusted, trusted.token(header={"kid": "k2"}), "key_unknown", **settings)


# Weak and malformed keys


def weak_keys() -> dict[str, dict[str, Any]]:
    """Keys with which anybody could sign, or that are none."""
    rsa_jwk, small = signer("RS256").jwk, Signer("RS256", rsa_key(1024)).jwk
    modulus = int.from_bytes(decode(rsa_jwk["n"]), "big")
    p256, p384 = signer("ES256").jwk, signer("ES384").jwk
    x, y = decode(p256["x"]), decode(p256["y"])
    return {
        "rsa of 1024 bits": small,
        "rsa of 2047 bits": rsa_jwk | {"n": number(modulus >> 1 | 1)},
        "rsa of 16384 bits": rsa_jwk | {"n": number(1 << 16383 | 1)},
        "rsa exponent 0": rsa_jwk | {"e": number(0)},
        "rsa exponent 1": rsa_jwk | {"e": number(1)},
        "rsa exponent 2": rsa_jwk | {"e": number(2)},
        "rsa even exponent": rsa_jwk | {"e": number(65536)},
        "rsa exponent past the modulus": rsa_jwk | {"e": number(modulus + 2)},
        "rsa without a modulus": {name: value for name, value in rsa_jwk.items() if name != "n"},
        "rsa modulus as a number": rsa_jwk | {"n": modulus},
        "rsa modulus padded": rsa_jwk | {"n": rsa_jwk["n"] + "=="},
        "rsa modulus 0": rsa_jwk | {"n": number(0)},
        "point off the curve": p256 | {"y": encode(y[:-1] + bytes([y[-1] ^ 1]))},
        "point 0,0": p256 | {"x": encode(bytes(32)), "y": encode(bytes(32))},
        "coordinate past the field": p256 | {"x": encode(b"\xff" * 32)},
        "short coordinate": p256 | {"x": encode(x[1:])},
        "long coordinate": p256 | {"x": encode(b"\0" + x)},
        "point without y": {name: value for name, value in p256.items() if name != "y"},
        "point of another curve": p256 | {"x": p384["x"], "y": p384["y"]},
        "p-384 called p-256": p384 | {"crv": "P-256"},
        "p-256 called p-384": p256 | {"crv": "P-384"},
        "p-256 called secp256k1": p256 | {"crv": "secp256k1"},
        "p-256 called P256": p256 | {"crv": "P256"},
        "curve in a list": p256 | {"crv": ["P-256"]},
        "ed25519 of 31 bytes": signer("EdDSA").jwk | {"x": encode(bytes(31))},
        "ed25519 called x25519": signer("EdDSA").jwk | {"crv": "X25519"},
        "ed25519 called ed448": signer("EdDSA").jwk | {"crv": "Ed448"},
        "ed448 called ed25519": signer("Ed448").jwk | {"crv": "Ed25519"},
        "no members": {"kid": "k1"},
    }


@pytest.mark.parametrize("kind", weak_keys())
def test_a_weak_or_malformed_key_never_verifies_and_voids_no_other(kind: str) -> None:
    jwk = weak_keys()[kind]
    assert [key.key_id for key in parse_jwks({"keys": [jwk, signer("ES256", "other").jwk]}).keys] == ["other"]
    for algorithm in PUBLIC_KEYS:
        with pytest.raises(KeyUnknown):
            verify(signer(algorithm).token(), parse_jwks({"keys": [jwk]}), ALGORITHMS)


@pytest.mark.parametrize(
    ("curve", "y"),
    [
        *(("Ed25519", y) for y in (0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18)),
        (
            "Ed25519",
            int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
        ),
        (
            "Ed25519",
            int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
        ),
        *(("Ed448", y) for y in (0, 1, 2**448 - 2**224 - 2, 2**448 - 2**224 - 1, 2**448 - 2**224)),
    ],
)
def test_a_point_of_small_order_is_no_key(curve: str, y: int) -> None:
    length = 32 if curve == "Ed25519" else 57
    for sign in (0, 0x80):
        encoded = bytearray(y.to_bytes(length, "little"))
        encoded[-1] |= sign
        assert parse_jwks({"keys": [{"kty": "OKP", "crv": curve, "x": encode(bytes(encoded))}]}).keys == ()


def test_a_forged_signature_by_a_point_of_small_order_is_refused() -> None:
    """The neutral element as the key makes R = [S]B hold for every message."""
    neutral = b"\x01" + bytes(31)
    ed25519.Ed25519PublicKey.from_public_bytes(neutral).verify(neutral + bytes(32), b"any message")
    with pytest.raises(ConfigurationError, match="holds no key"):
        door(signer("EdDSA"), keys={"jwks": {"keys": [signer("EdDSA").jwk | {"x": encode(neutral)}]}})


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_weak_key_in_pem_stops_the_start(algorithm: str) -> None:
    weak: Any = {
        "RS256": rsa_key(1024).public_key(),
        "ES256": ec.generate_private_key(ec.SECP256K1()).public_key(),
        "EdDSA": ed25519.Ed25519PublicKey.from_public_bytes(bytes(32)),
    }[algorithm]
    pem = weak.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(ConfigurationError, match="PEM block 1"):
        door(signer(algorithm), keys={"pem": pem})


@pytest.mark.parametrize("algorithm", PUBLIC_KEYS)
def test_a_private_key_in_the_configuration_stops_the_start(algorithm: str) -> None:
    trusted = signer(algorithm)
    pem = trusted.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    for keys in ({"pem": pem}, {"jwks": {"keys": [trusted.jwk | {"d": "c2VjcmV0"}]}}):
        with pytest.raises(ConfigurationError, match="private") as error:
            door(trusted, keys=keys)
        assert "c2VjcmV0" not in str(error.value)
        assert pem.splitlines()[1] not in str(error.value)


@pytest.mark.parametrize("algorithm", PUBLIC_KEYS)
def test_private_members_of_a_jwk_are_never_read(algorithm: str) -> None:
    class Watched(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            assert name not in private
            return super().__getitem__(name)

        def get(self, name: str, default: Any = None) -> Any:
            assert name not in private
            return super().get(name, default)

    private = {"d", "p", "q", "dp", "dq", "qi", "oth"}
    trusted = signer(algorithm)
    jwk = Watched(trusted.jwk | dict.fromkeys(private, "not even base64url"))
    assert verify(trusted.token(), parse_jwks({"keys": [jwk]}), [algorithm]).header["kid"] == "k1"


# Sets


@pytest.mark.parametrize("algorithm", PUBLIC_KEYS)
def test_of_keys_that_share_a_name_none_verifies(algorithm: str) -> None:
    trusted, twin = signer(algorithm), signer(algorithm, "other")
    keys = {"jwks": {"keys": [trusted.jwk, twin.jwk | {"kid": "k1"}, signer(algorithm, "third").jwk]}}
    refused(trusted, trusted.token(), "key_unknown", keys=keys)
    refused(twin, twin.token(header={"kid": "k1"}), "key_unknown", keys=keys)


def test_the_same_key_twice_is_one_key() -> None:
    trusted = signer("ES256")
    keys = {"jwks": {"keys": [trusted.jwk, trusted.jwk | {"use": "sig"}]}}
    allowed(trusted, trusted.token(), keys=keys)
    allowed(trusted, trusted.token(header={"kid": None}), keys=keys)


ONCE_FOR_EACH_ALGORITHM = [
    (["RS256", "RS384", "RS512"], "RS256"),
    (["RS512", "RS256"], "RS256"),
    (["RS384", "RS512", "RS256"], "RS512"),
    (["PS256", "RS256"], "PS256"),
]


@pytest.mark.parametrize(("listed", "used"), ONCE_FOR_EACH_ALGORITHM)
def test_a_key_that_is_listed_once_for_each_algorithm_verifies_them_and_no_others(listed: list[str], used: str) -> None:
    trusted = signer(used)
    entries = [trusted.jwk | {"alg": name} for name in listed]
    settings: dict[str, Any] = {"algorithms": [used, "RS384", "PS512"], "keys": {"jwks": {"keys": entries}}}
    allowed(trusted, trusted.token(), **settings)
    allowed(trusted, trusted.token(header={"kid": None}), **settings)
    refused(trusted, trusted._replace(algorithm="PS512").token(), "key_unknown", **settings)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"algorithm": "RS256"}, {"algorithm": "ES256"}),
        ({"algorithm": "ES256"}, {"algorithm": "ES384"}),
        ({"algorithm": "EdDSA"}, {"algorithm": "RS256"}),
        ({"algorithm": "RS256", "bound": True}, {"algorithm": "RS512", "name": "other", "bound": True}),
        ({"algorithm": "RS256", "bound": True}, {"algorithm": "PS256", "name": "other", "bound": True}),
    ],
    ids=["by kty", "by crv", "by kty and crv", "by alg", "by the alg's padding"],
)
def test_keys_of_one_name_that_kty_crv_or_alg_tell_apart_all_verify(one: dict[str, Any], other: dict[str, Any]) -> None:
    signers = [signer(which["algorithm"], which.get("name", "k1"))._replace(key_id="k1") for which in (one, other)]
    bound = one.get("bound", False)
    entries = [each.jwk | ({"alg": each.algorithm} if bound else {}) for each in signers]
    algorithms = [each.algorithm for each in signers]
    for keys in (entries, entries[::-1]):
        settings: dict[str, Any] = {"algorithms": algorithms, "keys": {"jwks": {"keys": keys}}}
        for trusted in signers:
            allowed(trusted, trusted.token(), **settings)
        # Each by its own algorithm only, and neither for the other.
        crossed = signers[0].token(header={"alg": algorithms[1]})
        refused(signers[0], crossed, "signature_invalid", **settings)


def test_of_keys_of_one_name_only_those_that_nothing_tells_apart_are_refused() -> None:
    one, twin, elliptic = signer("RS256"), signer("RS256", "other")._replace(key_id="k1"), signer("ES256")
    keys = {"jwks": {"keys": [one.jwk | {"alg": "RS256"}, twin.jwk, elliptic.jwk]}}
    settings: dict[str, Any] = {"algorithms": ["RS256", "RS512", "ES256"], "keys": keys}
    refused(one, one.token(), "key_unknown", **settings)
    refused(twin, twin.token(), "key_unknown", **settings)
    # Only one of them may verify RS512.
    allowed(twin, twin._replace(algorithm="RS512").token(), **settings)
    allowed(elliptic, elliptic.token(), **settings)


@pytest.mark.parametrize(("claimed", "effect"), [("Ed25519", "Allow"), ("EdDSA", "Unauthorized")])
def test_the_two_edwards_curves_under_one_name_are_told_apart_by_the_names_of_rfc_9864(
    claimed: str, effect: str
) -> None:
    trusted = signer("Ed25519")
    keys = {"jwks": {"keys": [trusted.jwk, signer("Ed448").jwk]}}
    assert door(trusted, algorithms=["EdDSA"], keys=keys).ask(trusted.token(header={"alg": claimed})).effect == effect
    assert (
        door(trusted, algorithms=["Ed25519"], keys=keys).ask(trusted.token(header={"alg": claimed})).effect == "Allow"
    )


def test_keys_that_nothing_tells_apart_stop_the_start_where_they_are_all_there_is() -> None:
    keys = [signer("ES256").jwk, signer("ES256", "other").jwk | {"kid": "k1"}]
    with pytest.raises(ConfigurationError, match="holds no key that may verify"):
        door(signer("ES256"), keys={"jwks": {"keys": keys}})


def test_a_set_may_hold_any_number_of_keys() -> None:
    trusted = signer("ES256")
    entries = [signer("ES256", "other").jwk | {"kid": f"old-{number}", "x5c": ["a"]} for number in range(400)]
    document = json.dumps({"keys": [*entries, trusted.jwk]}).encode()
    keys = read_public_keys(document, "https://login.example.com/jwks")
    assert len(keys.keys) == 401
    assert verify(trusted.token(), keys, ["ES256"]).header["kid"] == "k1"


def test_nameless_keys_do_not_suffer_for_twins_with_an_empty_name() -> None:
    nameless = signer("RS256")._replace(key_id=None)
    twins = [signer("RS256", name).jwk | {"kid": ""} for name in ("other", "third")]
    allowed(nameless, nameless.token(), keys={"jwks": {"keys": [*twins, nameless.jwk]}})


@pytest.mark.parametrize("algorithm", PUBLIC_KEYS)
def test_a_set_that_mixes_secrets_and_public_keys_is_refused_whole(algorithm: str) -> None:
    trusted = signer(algorithm)
    secret = {"kty": "oct", "k": encode(b"s" * 64), "kid": "k2"}
    with pytest.raises(KeySetInvalid, match="mixes secrets with public keys"):
        parse_jwks({"keys": [trusted.jwk, secret]})
    with pytest.raises(ConfigurationError, match="secret or private key") as error:
        door(trusted, keys={"jwks": {"keys": [trusted.jwk, secret]}})
    assert secret["k"] not in str(error.value)


@pytest.mark.parametrize("jwks", [{}, {"keys": {}}, {"keys": None}, {"keys": "k1"}, [], None, "keys"])
def test_what_is_no_key_set_is_refused(jwks: Any) -> None:
    with pytest.raises(KeySetInvalid):
        parse_jwks(jwks)


@pytest.mark.parametrize("entry", [None, 1, "k1", [], True, {}, {"kty": {}}, {"kty": "RSA", "n": [], "e": {}}])
def test_an_entry_that_is_no_key_is_passed_over(entry: Any) -> None:
    trusted = signer("RS256")
    assert [key.key_id for key in parse_jwks({"keys": [entry, trusted.jwk]}).keys] == ["k1"]


# Signatures


def with_signature(token: str, signature: bytes) -> str:
    return f"{token.rpartition('.')[0]}.{encode(signature)}"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_another_keys_signature_is_refused(algorithm: str) -> None:
    trusted, attacker = signer(algorithm), signer(algorithm, "attacker")
    refused(trusted, attacker.token(header={"kid": trusted.key_id}), "signature_invalid")
    refused(trusted, with_signature(trusted.token(), os.urandom(64)), "signature_invalid")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_cut_short_or_made_longer_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    token = trusted.token()
    signature = decode(token.rpartition(".")[2])
    for spoilt in (signature[:-1], signature[1:], signature + b"\0", b"\0" + signature, signature[:1], signature * 2):
        refused(trusted, with_signature(token, spoilt), "signature_invalid")
    for constant in (b"\0", b"\x01", b"\xff"):
        refused(trusted, with_signature(token, constant * len(signature)), "signature_invalid")


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "PS384", "PS512"])
def test_an_rsa_signature_without_its_leading_zero_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    tokens = (trusted.token({"jti": str(number)}) for number in itertools.count())
    token = next(token for token in tokens if decode(token.rpartition(".")[2]).startswith(b"\0"))
    assert door(trusted).ask(token).effect == "Allow"
    refused(trusted, with_signature(token, decode(token.rpartition(".")[2])[1:]), "signature_invalid")


@pytest.mark.parametrize("algorithm", ORDERS)
def test_an_ecdsa_signature_out_of_range_or_in_another_form_is_refused(algorithm: str) -> None:
    trusted, order = signer(algorithm), ORDERS[algorithm]
    token = trusted.token()
    signature = decode(token.rpartition(".")[2])
    length = len(signature) // 2
    r, s = (int.from_bytes(half, "big") for half in (signature[:length], signature[length:]))

    def raw(r: int, s: int) -> bytes:
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")

    past = (
        [raw(part, s) for part in (0, order)] + [raw(r, part) for part in (0, order)] + [raw(0, 0), raw(order, order)]
    )
    if (s + order).bit_length() <= length * 8:
        past += [raw(r, s + order)]
    if (r + order).bit_length() <= length * 8:
        past += [raw(r + order, s)]
    others = [
        raw(s, r),
        raw(order - r, s),
        raw(1, 1),
        utils.encode_dss_signature(r, s),
        utils.encode_dss_signature(0, 0),
    ]
    others += [b"\0" + raw(r, s), signature[:length], r.to_bytes(length + 1, "big") + s.to_bytes(length + 1, "big")]
    for forged in past + others:
        refused(trusted, with_signature(token, forged), "signature_invalid")


@pytest.mark.parametrize("algorithm", ORDERS)
def test_an_ecdsa_signature_and_its_mirror_image_are_the_same_token(algorithm: str) -> None:
    trusted, order = signer(algorithm), ORDERS[algorithm]
    token = trusted.token({"exp": 4102444800})
    signature = decode(token.rpartition(".")[2])
    length = len(signature) // 2
    mirrored = signature[:length] + (order - int.from_bytes(signature[length:], "big")).to_bytes(length, "big")
    assert mirrored != signature
    assert allowed(trusted, token) == allowed(trusted, with_signature(token, mirrored))


@pytest.mark.parametrize("algorithm", ["EdDSA", "Ed25519"])
def test_an_ed25519_signature_past_the_order_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    token = trusted.token()
    signature = decode(token.rpartition(".")[2])
    order = 2**252 + 27742317777372353535851937790883648493
    for times in (1, 2, 8):
        past = int.from_bytes(signature[32:], "little") + times * order
        if past < 2**256:
            refused(trusted, with_signature(token, signature[:32] + past.to_bytes(32, "little")), "signature_invalid")


def test_an_rsa_signature_by_another_padding_or_hash_is_refused() -> None:
    hashed = hashes.SHA256()
    pss = padding.PSS(padding.MGF1(hashed), padding.PSS.MAX_LENGTH)
    for claimed, used, hash_used in [
        ("RS256", padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303 - as an attacker would
        ("RS256", padding.PKCS1v15(), hashes.SHA512()),
        ("RS256", pss, hashed),
        ("PS256", padding.PKCS1v15(), hashed),
        ("PS256", pss, hashed),
        ("PS256", padding.PSS(padding.MGF1(hashes.SHA1()), 32), hashed),  # noqa: S303 - as an attacker would
        ("PS256", padding.PSS(padding.MGF1(hashed), 0), hashed),
    ]:
        trusted = signer(claimed)
        token = trusted.token()
        forged = trusted.private.sign(token.rpartition(".")[0].encode(), used, hash_used)
        refused(trusted, with_signature(token, forged), "signature_invalid")


def test_an_rsa_signature_past_the_modulus_is_refused() -> None:
    trusted = signer("RS256")
    modulus = trusted.public.public_numbers().n
    token = trusted.token()
    past = int.from_bytes(decode(token.rpartition(".")[2]), "big") + modulus
    refused(trusted, with_signature(token, past.to_bytes(257, "big")), "signature_invalid")
    for small in (0, 1, modulus - 1):
        refused(trusted, with_signature(token, small.to_bytes(256, "big")), "signature_invalid")


# Secrets


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (b"", "environment|blank"),
        (b" " * 64, "blank"),
        (b"\t\n" * 40, "blank"),
        (b"s" * 31, "needs"),
        (b"secret", "well-known"),
        (b"CHANGEME", "well-known"),
        (b"your-256-bit-secret", "well-known"),
        (b"a-string-secret-at-least-256-bits-long", "well-known"),
        (b" changeme\n", "well-known"),
    ],
)
def test_a_secret_that_is_short_blank_or_well_known_stops_the_start(algorithm: str, secret: bytes, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as error:
        door(Signer(algorithm, secret, None))
    assert len(secret) < 10 or secret.decode() not in str(error.value)


@pytest.mark.parametrize(("algorithm", "length"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_a_secret_is_as_long_as_its_hash(algorithm: str, length: int) -> None:
    trusted = Signer(algorithm, b"0123456789abcdef" * (length // 16), None)
    allowed(trusted, trusted.token())
    with pytest.raises(ConfigurationError, match=f"has {length - 1} bytes and needs {length}"):
        door(Signer(algorithm, trusted.private[:-1], None))


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_hmac_signatures_are_compared_in_constant_time(algorithm: str) -> None:
    trusted = signer(algorithm)
    opened = door(trusted)
    opened.ask(trusted.token())
    with mock.patch("hmac.compare_digest", wraps=hmac.compare_digest) as compare:
        opened.ask(trusted.token())
        opened.ask(signer(algorithm, "attacker").token())
    assert compare.call_count == 2


# Algorithms that are off, and the two names of EdDSA


@pytest.mark.parametrize("algorithm", ["RS1", "HS1", "ES256K", "none", "RSA-OAEP", "dir", "hs256", "ML-DSA-44"])
def test_a_weak_or_foreign_algorithm_cannot_be_configured(algorithm: str) -> None:
    with pytest.raises(ConfigurationError, match=r"algorithms is \[.*\]: write some of HS256"):
        door(signer("RS256"), algorithms=["RS256", algorithm])


def test_a_secp256k1_key_is_no_key() -> None:
    numbers = ec.generate_private_key(ec.SECP256K1()).public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "secp256k1", "x": encode(numbers.x.to_bytes(32, "big")), "kid": "k1"}
    jwk["y"] = encode(numbers.y.to_bytes(32, "big"))
    assert parse_jwks({"keys": [jwk, jwk | {"crv": "P-256"}, jwk | {"alg": "ES256K"}]}).keys == ()


@pytest.mark.parametrize("configured", ["EdDSA", "Ed25519"])
@pytest.mark.parametrize("claimed", ["EdDSA", "Ed25519"])
@pytest.mark.parametrize("bound", ["EdDSA", "Ed25519", None])
def test_ed25519_and_eddsa_mean_the_same_wherever_they_stand(configured: str, claimed: str, bound: str | None) -> None:
    trusted = signer("EdDSA")
    jwk = trusted.jwk | ({} if bound is None else {"alg": bound})
    settings: dict[str, Any] = {"algorithms": [configured], "keys": {"jwks": {"keys": [jwk]}}}
    allowed(trusted, trusted.token(header={"alg": claimed}), **settings)
    refused(trusted, trusted.token(header={"alg": "Ed448"}), {"algorithm_not_allowed", "key_unknown"}, **settings)
    refused(trusted, trusted.token(header={"alg": "eddsa"}), "algorithm_not_allowed", **settings)


@pytest.mark.parametrize("configured", ["EdDSA", "Ed448"])
@pytest.mark.parametrize("claimed", ["EdDSA", "Ed448"])
@pytest.mark.parametrize("bound", ["EdDSA", "Ed448", None])
def test_ed448_and_eddsa_mean_the_same_wherever_they_stand(configured: str, claimed: str, bound: str | None) -> None:
    trusted = signer("Ed448")
    jwk = trusted.jwk | ({} if bound is None else {"alg": bound})
    settings: dict[str, Any] = {"algorithms": [configured], "keys": {"jwks": {"keys": [jwk]}}}
    allowed(trusted, trusted.token(header={"alg": claimed}), **settings)
    refused(trusted, trusted.token(header={"alg": "Ed25519"}), {"algorithm_not_allowed", "key_unknown"}, **settings)


@pytest.mark.parametrize(("configured", "other"), [("Ed25519", "Ed448"), ("Ed448", "Ed25519")])
def test_naming_one_curve_keeps_the_other_out(configured: str, other: str) -> None:
    trusted, foreign = signer(configured), signer(other, "foreign")
    keys = {"jwks": {"keys": [trusted.jwk, foreign.jwk]}}
    allowed(trusted, trusted.token(header={"alg": "EdDSA"}), keys=keys)
    refused(trusted, foreign.token(header={"alg": "EdDSA"}), "key_unknown", keys=keys)
    refused(trusted, foreign.token(), "algorithm_not_allowed", keys=keys)
    with pytest.raises(ConfigurationError, match="holds no key that may verify"):
        door(trusted, keys={"jwks": {"keys": [foreign.jwk]}})


# Tokens without a key id


@pytest.mark.parametrize("algorithm", PUBLIC_KEYS)
def test_without_a_key_id_exactly_one_key_must_fit(algorithm: str) -> None:
    trusted, other = signer(algorithm), signer(algorithm, "other")
    nameless = trusted.token(header={"kid": None})
    allowed(trusted, nameless)
    unfit = {"keys": [trusted.jwk, other.jwk | {"use": "enc"}, signer("ES256", "k3").jwk | {"alg": "ES384"}]}
    allowed(trusted, nameless, keys={"jwks": unfit})
    refused(trusted, nameless, "key_ambiguous", keys={"jwks": {"keys": [trusted.jwk, other.jwk]}})
    refused(trusted, nameless, "key_ambiguous", keys={"jwks": {"keys": [other.jwk, trusted.jwk]}})


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_key_id_may_name_what_has_no_name(algorithm: str) -> None:
    """PEM has no key ids, and some sets have none either: the one key that fits is tried."""
    trusted = signer(algorithm)
    pem = trusted.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    allowed(trusted, trusted.token(header={"kid": "anything"}), keys={"pem": pem.decode()})
    bare = trusted._replace(key_id=None)
    allowed(bare, bare.token(header={"kid": "anything"}))
    attacker = signer(algorithm, "attacker")
    refused(trusted, attacker.token(header={"kid": "k1"}), "signature_invalid", keys={"pem": pem.decode()})


def test_several_keys_in_pem_are_each_tried_by_their_own_algorithms_only() -> None:
    one, two, curve = signer("RS256"), signer("RS256", "other"), signer("ES256")
    pem = "".join(
        each.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
        for each in (one, two, curve)
    )
    for trusted in (one, two):
        allowed(trusted, trusted.token(), keys={"pem": pem})
        refused(trusted, curve.token(), "algorithm_not_allowed", keys={"pem": pem})
    allowed(curve, curve.token(), keys={"pem": pem})
    refused(one, signer("RS256", "attacker").token(), "signature_invalid", keys={"pem": pem})


def test_a_public_key_is_no_secret_of_the_same_issuer_in_another_place() -> None:
    """Two issuers, one by HMAC and one by RSA: the public key of the second signs for neither."""
    hmac_signer, rsa_signer = signer("HS256"), signer("RS256")
    issuers = [
        {"issuer": issuer, "audiences": ["orders"], "algorithms": [each.algorithm], "keys": each.keys}
        for issuer, each in (("https://one.example", hmac_signer), ("https://two.example", rsa_signer))
    ]
    for issuer, reason in (
        ("https://one.example", "signature_invalid"),
        ("https://two.example", "algorithm_not_allowed"),
    ):
        for secret in (json.dumps(rsa_signer.jwk).encode(), decode(rsa_signer.jwk["n"])):
            refused(hmac_signer, Signer("HS256", secret, None).token({"iss": issuer}), reason, issuers=issuers)
    allowed(hmac_signer, hmac_signer.token({"iss": "https://one.example"}), issuers=issuers)
    allowed(hmac_signer, rsa_signer.token({"iss": "https://two.example"}), issuers=issuers)
