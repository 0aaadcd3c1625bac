"""The strict reader: what is a compact JWS and what is not."""

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwt_authorizer import jws
from jwt_authorizer.errors import (
    HeaderInvalid,
    HeaderUnsupported,
    KeyAmbiguous,
    KeyUnknown,
    Rejected,
    SignatureInvalid,
    TokenMalformed,
    TokenTooLong,
    reasons,
)
from jwt_authorizer.keys.keyset import Key, KeySet

SECRET = b"s" * 64
KEYS = KeySet((Key(frozenset(["HS256", "HS384", "HS512"]), SECRET),))


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header: dict[str, Any] | bytes, payload: bytes = b"{}") -> str:
    """A JWS with a good HS256 signature over any header and payload."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    signing_input = f"{encode(text)}.{encode(payload)}"
    algorithm = jwt.get_algorithm_by_name("HS256")
    return f"{signing_input}.{encode(algorithm.sign(signing_input.encode(), SECRET))}"


@given(st.binary(max_size=500), st.sampled_from(["HS256", "HS384", "HS512"]))
def test_any_payload_comes_back_as_it_was_signed(payload: bytes, algorithm: str) -> None:
    token = jwt.api_jws.encode(payload, SECRET, algorithm=algorithm)
    verified = jws.verify(token, KEYS, [algorithm])
    assert verified.payload == payload
    assert verified.header["alg"] == algorithm


@given(st.data())
def test_any_change_to_any_character_is_refused(data: st.DataObject) -> None:
    token = sign({"alg": "HS256"}, b'{"sub":"user-1"}')
    position = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.characters().filter(lambda drawn: drawn != token[position]))
    with pytest.raises(Rejected) as refusal:
        jws.verify(token[:position] + character + token[position + 1 :], KEYS, ["HS256"])
    assert refusal.value.reason in reasons()


@given(st.text(max_size=300))
def test_any_text_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(Rejected):
        jws.verify(text, KEYS, ["HS256"])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token + "=",
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: token + ".",
        lambda token: token + ".x",
        lambda token: token.replace(".", "..", 1),
        lambda token: token.rpartition(".")[0],
        lambda token: token[:-1] + {"A": "B"}.get(token[-1], "A" if token[-1] != "A" else "B"),
        lambda token: "." + token.partition(".")[2],
    ],
)
def test_what_is_not_three_canonical_segments_is_refused(spoil: Any) -> None:
    with pytest.raises((TokenMalformed, HeaderInvalid, SignatureInvalid)):
        jws.verify(spoil(sign({"alg": "HS256"})), KEYS, ["HS256"])


def test_a_signature_is_spelt_in_one_way_only() -> None:
    token = sign({"alg": "HS256"})
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    accepted = []
    for last in alphabet:
        try:
            jws.verify(token[:-1] + last, KEYS, ["HS256"])
            accepted.append(last)
        except Rejected:
            pass
    assert accepted == [token[-1]]


def test_an_empty_signature_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        jws.verify(sign({"alg": "HS256"}).rpartition(".")[0] + ".", KEYS, ["HS256"])


def test_a_token_is_bounded_before_it_is_decoded() -> None:
    with pytest.raises(TokenTooLong):
        jws.verify("a" * 8193, KEYS, ["HS256"])


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]",
        b"null",
        b'"HS256"',
        b"{}",
        b'{"alg":1}',
        b'{"alg":["HS256"]}',
        b'{"alg":"HS256","alg":"HS256"}',
        b'\xef\xbb\xbf{"alg":"HS256"}',
        '{"alg":"HS256"}'.encode("utf-16"),
        '{"alg":"HS256"}'.encode("utf-32-le"),
        b'{"alg":"HS256","x":"\xff"}',
        b'{"alg":"HS256","x":"\\ud800"}',
        b'{"alg":"HS256","x":NaN}',
        b'{"alg":"HS256","x":Infinity}',
        b'{"alg":"HS256","kid":7}',
        b'{"alg":"HS256","kid":null}',
        b'{"alg":"HS256","kid":"' + b"k" * 257 + b'"}',
        b'{"alg":"HS256","typ":7}',
        b'{"alg":"HS256","x":' + b"[" * 2000 + b"]" * 2000 + b"}",
        b'{"alg":"HS256","x":' + b"9" * 5000 + b"}",
        b'{"alg":"HS256"} x',
        b"{'alg':'HS256'}",
    ],
)
def test_a_header_that_is_not_a_strict_jose_header_is_refused(header: bytes) -> None:
    with pytest.raises(HeaderInvalid):
        jws.verify(sign(header), KEYS, ["HS256"])


@pytest.mark.parametrize(
    "member",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False},
        {"b64": True},
        {"zip": "DEF"},
        {"enc": "A256GCM"},
        {"cty": "JWT"},
        {"cty": "application/jwt"},
    ],
)
def test_a_header_that_changes_what_the_payload_means_is_refused(member: dict[str, Any]) -> None:
    with pytest.raises(HeaderUnsupported):
        jws.verify(sign({"alg": "HS256", **member}), KEYS, ["HS256"])


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "hs256", "HS1", "RS256", "HS384", ""])
def test_only_a_configured_algorithm_is_accepted(algorithm: str) -> None:
    with pytest.raises(Rejected) as refusal:
        jws.verify(sign({"alg": algorithm}), KEYS, ["HS256"])
    assert refusal.value.reason == "algorithm_not_allowed"


@pytest.mark.parametrize("key_id", ["../../etc/passwd", "' OR 1=1 --", "a\nb", "", "unknown"])
def test_a_hostile_key_id_is_just_an_unknown_one(key_id: str) -> None:
    named = KeySet((Key(frozenset(["HS256"]), SECRET, "k1"),))
    with pytest.raises(KeyUnknown):
        jws.verify(sign({"alg": "HS256", "kid": key_id}), named, ["HS256"])


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


def test_keys_named_by_the_token_itself_are_never_believed() -> None:
    header = {"alg": "HS256", "jwk": {"kty": "oct", "k": encode(b"y" * 64)}, "jku": "https://evil.example/keys"}
    signing_input = f"{encode(json.dumps(header).encode())}.{encode(b'{}')}"
    signature = jwt.get_algorithm_by_name("HS256").sign(signing_input.encode(), b"y" * 64)
    with pytest.raises(SignatureInvalid):
        jws.verify(f"{signing_input}.{encode(signature)}", KEYS, ["HS256"])
