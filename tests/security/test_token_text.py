"""The token as text: what is not one strict compact JWS by a configured algorithm is refused before it is believed."""

import base64
import hashlib
import json
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from unittest import mock

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from jwt_authorizer.errors import ConfigurationError
from jwt_authorizer.jws import MAXIMUM_TOKEN_BYTES
from tests.security.door import (
    ALGORITHMS,
    FAMILIES,
    ISSUER,
    Door,
    Signer,
    allowed,
    decode,
    door,
    encode,
    refused,
    rsa_key,
    signer,
)
from tests.unit.conftest import claims

PUBLIC_KEY_FAMILIES = ("RS256", "PS256", "ES256", "EdDSA")

families = pytest.mark.parametrize("algorithm", FAMILIES)


def hmac_token(secret: bytes, algorithm: str = "HS256", **header: Any) -> str:
    return Signer(algorithm, secret, None).token(header=header)


def certificate(trusted: Signer) -> x509.Certificate:
    """A certificate that the signer made of itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "login.example.com")])
    builder = x509.CertificateBuilder(name, name, trusted.public, 1, datetime(2020, 1, 1), datetime(2040, 1, 1))
    return builder.sign(trusted.private, hashes.SHA256())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_good_token_of_every_algorithm_is_allowed(algorithm: str) -> None:
    trusted = signer(algorithm)
    assert allowed(trusted, trusted.token())["principalId"] == "user-1"
    assert allowed(trusted, f"Bearer {trusted.token()}")["principalId"] == "user-1"


# alg: none


@families
@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "none ", "n\u0000one", ""])
def test_an_unsigned_token_is_refused_however_its_algorithm_is_spelt(algorithm: str, name: str) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token(header={"alg": name}), "algorithm_not_allowed")
    refused(trusted, trusted.token(header={"alg": name}).rpartition(".")[0] + ".", "signature_invalid")


@families
def test_a_token_without_its_signature_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    unsigned = trusted.token().rpartition(".")[0]
    refused(trusted, f"{unsigned}.", "signature_invalid")
    refused(trusted, unsigned, "token_malformed")
    refused(trusted, f"{unsigned}.{encode(bytes(64))}", "signature_invalid")


# Another algorithm than the configured one


_EDWARDS = {"EdDSA", "Ed25519", "Ed448"}
_OTHER_ALGORITHMS = [
    (configured, claimed)
    for configured in ALGORITHMS
    for claimed in (*ALGORITHMS, "hs256", "rs256", "HS1", "RS1", "ES256K", "A128KW", "dir")
    # The names of EdDSA may mean the same; which curve is then meant, other tests show.
    if configured != claimed and not {configured, claimed} <= _EDWARDS
]


@pytest.mark.parametrize(("configured", "claimed"), _OTHER_ALGORITHMS)
def test_no_algorithm_but_the_configured_one_is_ever_tried(configured: str, claimed: str) -> None:
    trusted = signer(configured)
    outcome = door(trusted).ask(trusted.token(header={"alg": claimed}))
    assert (outcome.effect, outcome.reason) == ("Unauthorized", "algorithm_not_allowed")


@pytest.mark.parametrize(
    ("configured", "used"), [("RS256", "PS256"), ("PS256", "RS256"), ("RS256", "RS512"), ("HS256", "HS512")]
)
def test_the_right_key_used_by_another_algorithm_is_refused(configured: str, used: str) -> None:
    trusted = signer(configured)
    refused(trusted, trusted._replace(algorithm=used).token(), "algorithm_not_allowed")


def public_texts(trusted: Signer) -> dict[str, bytes]:
    """Every spelling of a public key that somebody may take for a secret."""
    public = trusted.public
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    texts = {
        "pem": pem,
        "pem without its last line break": pem.strip(),
        "pem with dos line breaks": pem.replace(b"\n", b"\r\n"),
        "pem after a comment": b"subject=login.example.com\n" + pem,
        "der": public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        "base64 of der": b"".join(pem.splitlines()[1:-1]),
        "jwk": json.dumps(trusted.jwk).encode(),
        "compact jwk": json.dumps(trusted.jwk, separators=(",", ":"), sort_keys=True).encode(),
        "key set": json.dumps({"keys": [trusted.jwk]}).encode(),
    }
    texts |= {
        "base64 of pem": base64.b64encode(pem),
        "base64url of jwk": base64.urlsafe_b64encode(texts["jwk"]).rstrip(b"="),
        "base64url of der": base64.urlsafe_b64encode(texts["der"]),
        "hex of der": texts["der"].hex().encode(),
        "pem in utf-16": pem.decode().encode("utf-16"),
        "list of jwks": json.dumps([trusted.jwk]).encode(),
        "jwk in a string": json.dumps(json.dumps(trusted.jwk)).encode(),
    }
    if trusted.algorithm.startswith(("RS", "PS")):
        texts["pkcs1"] = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1)
        texts["modulus"] = decode(trusted.jwk["n"])
    if not trusted.algorithm.startswith("Ed"):
        texts["certificate"] = certificate(trusted).public_bytes(serialization.Encoding.PEM)
        texts["certificate in der"] = certificate(trusted).public_bytes(serialization.Encoding.DER)
    if trusted.algorithm != "PS256":
        ssh = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        body = ssh.split()[1]
        texts |= {
            "ssh": ssh,
            "ssh alone": body,
            "ssh after options": b"no-pty " + ssh,
            "ssh as sent": base64.b64decode(body),
        }
        texts["ssh2"] = b"---- BEGIN SSH2 PUBLIC KEY ----\n" + body + b"\n---- END SSH2 PUBLIC KEY ----\n"
    return texts


@pytest.mark.parametrize("algorithm", PUBLIC_KEY_FAMILIES)
@pytest.mark.parametrize("hmac", ["HS256", "HS384", "HS512"])
def test_a_public_key_in_any_spelling_is_never_an_hmac_secret(algorithm: str, hmac: str) -> None:
    trusted = signer(algorithm)
    for secret in public_texts(trusted).values():
        refused(trusted, hmac_token(secret, hmac), "algorithm_not_allowed")
        refused(trusted, hmac_token(secret, hmac, kid=trusted.key_id), "algorithm_not_allowed")
        # The same signature under the configured algorithm's name is no better.
        refused(trusted, hmac_token(secret, hmac, alg=algorithm, kid=trusted.key_id), "signature_invalid")


@pytest.mark.parametrize("algorithm", PUBLIC_KEY_FAMILIES)
def test_a_configured_secret_that_is_a_public_key_stops_the_start(algorithm: str) -> None:
    texts = public_texts(signer(algorithm))
    # Nothing tells these bytes from random ones.
    texts.pop("modulus", None)
    for spelling, secret in texts.items():
        issuer = {
            "issuer": ISSUER,
            "audiences": [],
            "algorithms": ["HS256"],
            "keys": {"secret": {"environment": "TEST_SECRET", "encoding": "base64"}},
            "minimum_secret_bytes": 1,
        }
        configuration = json.dumps({"issuers": [issuer], "rules": {"signed-in": {}}})
        with pytest.raises(ConfigurationError) as error:
            Door(configuration, base64.b64encode(secret))
        assert "store" in str(error.value), spelling
        assert secret.decode("latin-1") not in str(error.value)


@pytest.mark.parametrize("keys", [{"RS256": 1, "HS256": 1}, {"HS512": 1, "EdDSA": 1}])
def test_hmac_and_public_keys_are_never_configured_for_one_issuer(keys: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match="never share an issuer"):
        door(signer("RS256"), algorithms=list(keys))


# Keys that the token brings along


@families
def test_keys_that_the_token_brings_or_names_are_neither_trusted_nor_fetched(algorithm: str) -> None:
    trusted, attacker = signer(algorithm), signer(algorithm, "attacker")
    thief = signer("RS256", "attacker")
    chain = [base64.b64encode(certificate(thief).public_bytes(serialization.Encoding.DER)).decode()]
    headers: list[dict[str, Any]] = [
        {"jwk": attacker.jwk},
        {"jwk": attacker.jwk | {"kid": "k1"}},
        {"jku": "https://attacker.example/keys"},
        {"x5u": "https://attacker.example/chain.pem"},
        {"x5c": chain},
        {"x5c": chain, "x5t": encode(bytes(20)), "x5t#S256": encode(bytes(32))},
        {"jku": ISSUER + ".well-known/jwks.json", "x5u": "file:///etc/passwd", "jwk": None},
    ]
    with mock.patch("socket.socket.connect", side_effect=AssertionError), mock.patch("socket.getaddrinfo") as lookup:
        for header in headers:
            members = {**header, "kid": trusted.key_id}
            refused(trusted, attacker.token(header=members), "signature_invalid")
            assert allowed(trusted, trusted.token(header=members))["principalId"] == "user-1"
        assert not lookup.called


# Key ids

KEY_IDS = (
    *("../../../../dev/null", "/proc/sys/kernel/randomize_va_space", "k1\u0000", "k1/../k1", "file:///etc/passwd"),
    *("' OR '1'='1", "k1' UNION SELECT 'secret';--", "$(id)", "`id`", "{{7*7}}", "${jndi:ldap://attacker.example/a}"),
    *('k1\n{"outcome":"allow"}', "k1\r\nX-Header: 1", " k1", "k1 ", "K1", "", "k" * 256, "\u212a1", "\U0001f511"),
)


@pytest.mark.parametrize("algorithm", PUBLIC_KEY_FAMILIES)
@pytest.mark.parametrize("key_id", KEY_IDS)
def test_a_key_id_is_nothing_but_a_name_to_look_up(algorithm: str, key_id: str) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token(header={"kid": key_id}), "key_unknown")
    # It may be a secret, so the log has its hash.
    digest = hashlib.sha256(key_id.encode()).hexdigest()
    assert door(trusted).ask(trusted.token(header={"kid": key_id})).line["key_id"] == f"sha256:{digest[:16]}"


@pytest.mark.parametrize("key_id", KEY_IDS)
def test_a_key_id_does_not_change_which_secret_has_no_name(key_id: str) -> None:
    trusted = signer("HS256")
    assert allowed(trusted, trusted.token(header={"kid": key_id}))["principalId"] == "user-1"
    for secret in (b"", b"\0", key_id.encode()):
        refused(trusted, hmac_token(secret, kid=key_id), "signature_invalid")


@families
@pytest.mark.parametrize("key_id", ["k" * 257, "k" * 4000, 1, 1.5, True, ["k1"], {"kid": "k1"}])
def test_a_key_id_that_is_no_short_string_is_refused(algorithm: str, key_id: Any) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token(header={"kid": key_id}), "header_invalid")
    assert "key_id" not in door(trusted).ask(trusted.token(header={"kid": key_id})).line


def test_a_null_key_id_is_not_a_missing_one() -> None:
    trusted = signer("RS256")
    refused(trusted, trusted.token(header=b'{"alg":"RS256","kid":null}'), "header_invalid")


# Extensions, encryption, nesting and other serialisations


@families
@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 4102444800},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64"], "b64": True},
        {"crit": ["alg"]},
        {"crit": "exp"},
        {"crit": False},
        {"crit": ["http://openbanking.org.uk/iat"], "http://openbanking.org.uk/iat": 0},
        {"b64": False},
        {"b64": True},
        {"zip": "DEF"},
        {"zip": ""},
        {"enc": "A256GCM"},
        {"cty": "JWT"},
        {"cty": "jwt"},
        {"cty": "application/jwt"},
        {"cty": "Application/JWT"},
    ],
)
def test_a_well_signed_token_that_asks_for_an_extension_is_refused(algorithm: str, header: dict[str, Any]) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token(header=header), "header_unsupported")


@families
def test_a_null_extension_is_still_one(algorithm: str) -> None:
    trusted = signer(algorithm)
    for name in ("crit", "b64", "zip", "enc"):
        refused(trusted, trusted.token(header=f'{{"alg":"{algorithm}","{name}":null}}'.encode()), "header_unsupported")


@families
def test_a_detached_payload_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    header, _, signature = trusted.token().split(".")
    refused(trusted, f"{header}..{signature}", "payload_invalid")


@families
def test_a_payload_that_is_not_encoded_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    header = encode(json.dumps({"alg": algorithm, "b64": False, "crit": ["b64"]}).encode())
    for payload in ("$.02", "{}", json.dumps(claims(), separators=(",", ":"))):
        token = f"{header}.{payload}.{encode(trusted.signature(f'{header}.{payload}'))}"
        refused(trusted, token, {"token_malformed", "header_unsupported"})


@families
def test_a_compressed_payload_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    packed = zlib.compress(json.dumps(claims()).encode())[2:-4]
    refused(trusted, trusted.token(packed, {"zip": "DEF"}), "header_unsupported")
    refused(trusted, trusted.token(packed), "payload_invalid")


@families
def test_an_encrypted_token_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    header = encode(b'{"alg":"dir","enc":"A128CBC-HS256"}')
    refused(trusted, f"{header}..{encode(bytes(16))}.{encode(bytes(32))}.{encode(bytes(16))}", "token_malformed")
    refused(trusted, f"{header}.{encode(bytes(16))}.{encode(bytes(16))}", "header_unsupported")


@families
def test_a_token_within_a_token_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    inner = trusted.token().encode()
    refused(trusted, trusted.token(inner, {"cty": "JWT"}), "header_unsupported")
    refused(trusted, trusted.token(inner), "payload_invalid")
    refused(trusted, trusted.token(json.dumps(inner.decode()).encode()), "payload_invalid")


@families
def test_the_json_serialisation_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    header, payload, signature = trusted.token().split(".")
    flattened = {"protected": header, "signature": signature}
    for document in ({"payload": payload, **flattened}, {"payload": payload, "signatures": [flattened]}):
        for separators in ((",", ":"), (", ", ": ")):
            refused(trusted, json.dumps(document, separators=separators), "token_malformed")
            refused(trusted, "Bearer " + json.dumps(document, separators=separators), "token_malformed")


# Repeated members


@families
@pytest.mark.parametrize(
    "header",
    [
        '{"alg":"ALG","alg":"none"}',
        '{"alg":"none","alg":"ALG"}',
        '{"alg":"ALG","alg":"ALG"}',
        '{"alg":"ALG","\\u0061lg":"none"}',
        '{"alg":"ALG","kid":"k1","kid":"k2"}',
        '{"alg":"ALG","x":{"y":1,"y":1}}',
        '{"alg":"ALG","x":[{"y":1,"y":2}]}',
    ],
)
def test_a_member_is_never_twice_in_the_header(algorithm: str, header: str) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token(header=header.replace("ALG", algorithm).encode()), "header_invalid")


@families
@pytest.mark.parametrize(
    "members",
    [
        '"sub":"user-1","sub":"admin"',
        '"sub":"user-1","su\\u0062":"admin"',
        '"exp":1',
        '"iss":"https://attacker.example/"',
        '"realm":{"roles":[],"roles":["admin"]}',
        '"list":[{"a":1,"a":1}]',
    ],
)
def test_a_member_is_never_twice_in_the_payload(algorithm: str, members: str) -> None:
    trusted = signer(algorithm)
    payload = json.dumps(claims(sub=None))[:-1] + f",{members}}}"
    refused(trusted, trusted.token(payload.encode()), "payload_invalid")


# Base64url in its one spelling


def respelt(segment: str) -> list[str]:
    """Other texts that lax decoders take for the same bytes."""
    padded = segment + "=" * (-len(segment) % 4)
    texts = [
        *(segment + "=", segment + "==", segment + "====", segment + "\n", segment + "\r\n", segment + "\t"),
        *("=" + segment, "\t" + segment, segment[:8] + "\n" + segment[8:], segment[:8] + "=" + segment[8:]),
        *(segment[:8] + "!" + segment[8:], segment + "%3D", segment[:8] + "\u2028" + segment[8:], segment + "A"),
        *(segment[:8] + "\x00" + segment[8:], segment[:8] + "%2E" + segment[8:], "\ufeff" + segment),
        segment.replace("-", "+").replace("_", "/"),
        padded,
    ]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    free_bits = {0: 0, 2: 4, 3: 2}[len(segment) % 4]
    last = alphabet.index(segment[-1])
    texts += [segment[:-1] + alphabet[last ^ stray] for stray in range(1, 1 << free_bits)]
    return [text for text in texts if text != segment]


@families
def test_every_segment_is_spelt_in_one_way_only(algorithm: str) -> None:
    trusted = signer(algorithm)
    # The payload is long enough to be spelt with - and _, and with stray bits too.
    segments = trusted.token({"name": "\u00ff\u00fe?>~" * 9, "pad": "xy"}).split(".")
    opened = door(trusted)
    for index, segment in enumerate(segments):
        for text in respelt(segment):
            outcome = opened.ask(".".join([*segments[:index], text, *segments[index + 1 :]]))
            assert outcome.effect == "Unauthorized"
            # What is canonical, if other, is a change that the signature does not stand.
            assert outcome.reason in {"token_malformed", "header_invalid", "payload_invalid", "signature_invalid"}


@families
@pytest.mark.parametrize(
    "respell",
    [
        lambda token: token + ".",
        lambda token: "." + token,
        lambda token: token + ".e30",
        lambda token: token.replace(".", "..", 1),
        lambda token: token.replace(".", ""),
        lambda token: token.replace(".", ",", 1),
        lambda token: token.replace(".", "\u3002"),
        lambda token: token.partition(".")[0],
        lambda token: f'"{token}"',
        lambda token: f"<{token}>",
        lambda token: f"{token};",
        lambda token: token + "#",
    ],
)
def test_a_token_has_exactly_three_segments_and_nothing_around_them(
    algorithm: str, respell: Callable[[str], str]
) -> None:
    trusted = signer(algorithm)
    refused(trusted, respell(trusted.token()), {"token_malformed", "header_invalid"})
    for text in (".", "..", "...", "a.b", "e30.e30.e30"):
        refused(trusted, text, {"token_malformed", "header_invalid"})


# Texts that are not strict UTF-8


def other_texts(text: str) -> list[bytes]:
    """The same JSON in every encoding that it might be guessed in, and UTF-8 that is not strict."""
    encoded = [text.encode(name) for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")]
    member = b',"x":"%s"}'
    spoilt = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\\ud800", b"\\udfff\\ud800"]
    spoilt += [b"\x00", b"\x1f", b"\n"]
    return [
        *encoded,
        b"\xef\xbb\xbf" + text.encode(),
        text.encode("utf-7").replace(b"{", b"+AHs-"),
        *(text[:-1].encode() + member % part for part in spoilt),
        text[:-1].encode() + b',"\\ud800":1}',
    ]


@families
def test_a_header_is_read_in_strict_utf_8_only(algorithm: str) -> None:
    trusted = signer(algorithm)
    for header in other_texts(json.dumps({"alg": algorithm})):
        refused(trusted, trusted.token(header=header), "header_invalid")


@families
def test_a_payload_is_read_in_strict_utf_8_only(algorithm: str) -> None:
    trusted = signer(algorithm)
    for payload in other_texts(json.dumps(claims())):
        refused(trusted, trusted.token(payload), "payload_invalid")


@families
def test_a_whole_surrogate_pair_is_one_character(algorithm: str) -> None:
    trusted = signer(algorithm)
    answer = allowed(trusted, trusted.token(json.dumps(claims(sub="\U0001f600")).encode()))
    assert answer["principalId"] == "\U0001f600"


CONTROLS = ["\x00", "\x07", "\n", "\r\n", "\x1b[2J", "\x7f", "\x85", "\x9b", "\u2028", "\u2029"]


@families
@pytest.mark.parametrize("control", CONTROLS)
def test_control_characters_reach_neither_the_principal_nor_the_context(algorithm: str, control: str) -> None:
    trusted = signer(algorithm)
    refused(trusted, trusted.token({"sub": f"user{control}1"}), "claim_invalid")
    refused(trusted, trusted.token({"name": f"a{control}b"}), "claim_invalid", context_claims=["name"])
    refused(trusted, trusted.token({f"na{control}me": "a"}), "claim_invalid", context_claims=["*"])
    refused(trusted, trusted.token({f"na{control}me": 1}), "claim_invalid", context_claims=["*"])
    # Within JSON text they are escaped.
    answer = allowed(trusted, trusted.token({"list": [f"a{control}b"]}), context_claims=["list"])
    assert answer["context"]["list"].isprintable()
    # A claim that goes nowhere may hold anything.
    allowed(trusted, trusted.token({"name": f"a{control}b"}))


# Not an object, and bombs

NOT_OBJECTS = (
    *(b"", b" ", b"[]", b"[{}]", b"null", b"true", b"0", b'"text"', b"{", b"}", b"{}{}", b"{} x", b"{'a':1}"),
    *(b'{"a":1,}', b"{a:1}", b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b'{"a":0x1}', b"{/**/}", b'{"a":1//\n}'),
)
BOMBS = {
    "deep lists": b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}",
    "deep objects": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "unclosed lists": b'{"a":' + b"[" * 5000,
    "many lists": b'{"a":[' + b"[]," * 1500 + b"[]]}",
    "many digits": b'{"a":' + b"9" * 5000 + b"}",
    "many negative digits": b'{"a":-' + b"9" * 5000 + b"}",
    "a number beyond every float": b'{"a":1e400}',
    "a negative one": b'{"a":-1e999999999}',
    "no number": b'{"a":NaN}',
    "infinity": b'{"a":-Infinity}',
}


@families
def test_a_header_that_is_no_object_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    for header in NOT_OBJECTS:
        refused(trusted, trusted.token(header=header), "header_invalid")


@families
def test_a_payload_that_is_no_object_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    for payload in NOT_OBJECTS:
        refused(trusted, trusted.token(payload), "payload_invalid")


@families
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_in_the_header_and_in_the_payload(algorithm: str, bomb: bytes) -> None:
    trusted = signer(algorithm)
    header = f'{{"alg":"{algorithm}",'.encode() + bomb[1:]
    refused(trusted, trusted.token({}, header), {"header_invalid", "token_too_long"})
    refused(trusted, trusted.token(bomb), {"payload_invalid", "token_too_long"})


@pytest.mark.parametrize("depth", range(440, 520, 3))
def test_what_can_be_read_can_be_passed_on_or_is_refused(depth: int) -> None:
    """A claim as deep as the reader lets through must not break the writer."""
    trusted = signer("HS256")
    opened = door(trusted, context_claims=["*"])
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        nested = opening * depth + "1" + closing * depth
        payload = json.dumps(claims())[:-1] + f',"nested":{nested}}}'
        outcome = opened.ask(trusted.token(payload.encode()))
        assert outcome.reason in (None, "payload_invalid")


def test_the_longest_number_that_is_read_is_passed_on() -> None:
    trusted = signer("HS256")
    payload = json.dumps(claims())[:-1] + ',"number":' + "9" * 4300 + "}"
    answer = allowed(trusted, trusted.token(payload.encode()), context_claims=["number"])
    assert answer["context"]["number"] == "9" * 4300


# Credentials


@families
def test_a_token_may_have_eight_kilobytes_and_is_not_even_decoded_beyond(algorithm: str) -> None:
    trusted = signer(algorithm)
    spare = MAXIMUM_TOKEN_BYTES - len(trusted.token({"pad": ""}))
    longest = max(
        (trusted.token({"pad": "x" * (spare * 3 // 4 - cut)}) for cut in range(8)),
        key=lambda token: len(token) if len(token) <= MAXIMUM_TOKEN_BYTES else 0,
    )
    assert MAXIMUM_TOKEN_BYTES - 3 < len(longest) <= MAXIMUM_TOKEN_BYTES
    allowed(trusted, longest)
    with mock.patch("jwt_authorizer.base64url.decode", side_effect=AssertionError):
        refused(trusted, "e30." * 3000, "token_too_long")
        refused(trusted, trusted.token({"pad": "x" * 7000}), "token_too_long")
        refused(trusted, "a" * (MAXIMUM_TOKEN_BYTES + 1), "token_too_long")
        refused(trusted, "\U0001f600" * 1_000_000, "token_too_long")


@families
def test_an_authorization_with_more_or_less_than_one_token_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    token, other = trusted.token(), trusted.token({"sub": "user-2"})
    for credentials, reason in {
        None: "token_missing",
        "": "token_missing",
        " ": "token_malformed",
        "Bearer": "token_malformed",
        "Bearer ": "token_missing",
        "Bearer  ": "token_missing",
        f"Bearer {token} {other}": "token_malformed",
        f"Bearer {token}, Bearer {other}": "token_malformed",
        f"Bearer {token},Bearer {other}": "token_malformed",
        f"Bearer {token},{other}": "token_malformed",
        f"{token},{other}": "token_malformed",
        f"{token} {token}": "token_malformed",
        f"Bearer Bearer {token}": "token_malformed",
        f"Bearer bearer {token}": "token_malformed",
        f"Bearer\t{token}": "token_malformed",
        f"Bearer\n{token}": "token_malformed",
        f"Bearer\u00a0{token}": "token_malformed",
        f" {token}": "token_malformed",
        f"{token} ": "token_malformed",
        f"Bearer:{token}": "token_malformed",
        f"Basic {token}": "token_malformed",
        f"DPoP {token}": "token_malformed",
        f"JWT {token}": "token_malformed",
        f"Bearer={token}": "token_malformed",
        f'Bearer "{token}"': "token_malformed",
        f"access_token={token}": "token_malformed",
    }.items():
        refused(trusted, credentials, reason)


def test_the_tests_mean_what_they_say() -> None:
    """The library that signs here agrees that the attacks which need a good signature have one."""
    trusted = signer("HS256")
    assert jwt.decode(trusted.token(), trusted.private, ["HS256"], audience="orders")["sub"] == "user-1"
    assert rsa_key().key_size == 2048
