"""Good tokens and events, changed at random: no change is accepted, and none leads anywhere but to an answer."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jwt_authorizer.errors import ConfigurationError, EventNotRecognized
from tests.security.door import ALGORITHMS, FAMILIES, MODES, Door, decode, door, encode, signer
from tests.unit.conftest import METHOD_ARN

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
FOREVER = {"exp": 4102444800, "name": "\u00fc"}

quick = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


def assert_refused(opened: Door, token: str) -> None:
    outcome = opened.ask(token)
    assert outcome.effect == "Unauthorized", token
    assert outcome.reason is not None


@every_algorithm
def test_no_character_of_a_token_can_be_replaced_left_out_or_doubled(algorithm: str) -> None:
    trusted = signer(algorithm)
    token, opened = trusted.token(FOREVER), door(trusted)
    assert opened.ask(token).effect == "Allow"
    for index, character in enumerate(token):
        other = ALPHABET[(ALPHABET.find(character) + 1 + index % 62) % 64]
        assert_refused(opened, token[:index] + other + token[index + 1 :])
        if index % 4 == 0:
            assert_refused(opened, token[:index] + token[index + 1 :])
            assert_refused(opened, token[:index] + character + token[index:])


@every_algorithm
def test_no_bit_of_header_payload_or_signature_can_be_changed(algorithm: str) -> None:
    trusted = signer(algorithm)
    segments, opened = trusted.token(FOREVER).split("."), door(trusted)
    for which, segment in enumerate(segments):
        data = decode(segment)
        for index in range(len(data)):
            changed = bytearray(data)
            changed[index] ^= 1 << (index % 8)
            assert_refused(opened, ".".join([*segments[:which], encode(bytes(changed)), *segments[which + 1 :]]))


@every_algorithm
@quick
@given(data=st.data())
def test_no_change_to_a_good_token_is_accepted(algorithm: str, data: st.DataObject) -> None:
    trusted = signer(algorithm)
    token = trusted.token(FOREVER)
    start = data.draw(st.integers(0, len(token)))
    end = data.draw(st.integers(start, min(start + 8, len(token))))
    text = data.draw(st.text(st.sampled_from(ALPHABET + ".=+/ \n\u00e9"), max_size=8))
    changed = token[:start] + text + token[end:]
    if changed != token:
        assert_refused(door(trusted), changed)


@every_algorithm
@quick
@given(data=st.data())
def test_no_change_to_the_bytes_of_a_segment_is_accepted(algorithm: str, data: st.DataObject) -> None:
    trusted = signer(algorithm)
    segments = trusted.token(FOREVER).split(".")
    which = data.draw(st.integers(0, 2))
    old = decode(segments[which])
    start = data.draw(st.integers(0, len(old)))
    end = data.draw(st.integers(start, min(start + 4, len(old))))
    new = old[:start] + data.draw(st.binary(max_size=4)) + old[end:]
    if new != old:
        segments[which] = encode(new)
        assert_refused(door(trusted), ".".join(segments))


@every_algorithm
def test_segments_of_two_good_tokens_are_no_third(algorithm: str) -> None:
    trusted = signer(algorithm)
    one = trusted.token(FOREVER).split(".")
    two = trusted.token({**FOREVER, "sub": "admin"}, {"typ": "at+jwt"}).split(".")
    opened = door(trusted)
    for mask in range(1, 7):
        assert_refused(opened, ".".join((one, two)[mask >> index & 1][index] for index in range(3)))
    for order in ((0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0), (0, 0, 2), (1, 1, 2), (0, 1, 1)):
        assert_refused(opened, ".".join(one[index] for index in order))


@every_algorithm
def test_signatures_of_other_algorithms_do_not_carry_over(algorithm: str) -> None:
    trusted = signer(algorithm)
    header, payload, _ = trusted.token(FOREVER).split(".")
    for other in ALGORITHMS:
        if other != algorithm:
            assert_refused(
                door(trusted), f"{header}.{payload}.{encode(signer(other).signature(f'{header}.{payload}'))}"
            )


# What is well signed, and odd

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
_CLAIM_NAMES = st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "client_id", "claims"])
_HEADER_NAMES = st.sampled_from(["alg", "typ", "cty", "kid", "jwk", "jku", "x5c", "crit", "b64", "zip", "enc"])


@pytest.mark.parametrize("algorithm", FAMILIES)
@pytest.mark.parametrize("mode", MODES)
@quick
@given(
    claims=st.dictionaries(_CLAIM_NAMES | st.text(max_size=9), _VALUES, max_size=4),
    header=st.dictionaries(_HEADER_NAMES | st.text(max_size=9), _VALUES, max_size=3),
)
def test_any_well_signed_claims_end_in_an_answer(
    algorithm: str, mode: str, claims: dict[str, Any], header: dict[str, Any]
) -> None:
    trusted = signer(algorithm)
    opened = door(trusted, mode=mode, context_claims=["*"], max_age_seconds=3600, client_ids=["a"])
    assert opened.ask(trusted.token(claims, header)).effect in ("Allow", "Deny", "Unauthorized")
    assert door(trusted, mode=mode).ask(trusted.token(claims)).effect in ("Allow", "Deny", "Unauthorized")


@pytest.mark.parametrize("algorithm", FAMILIES)
@pytest.mark.parametrize("mode", MODES)
@quick
@given(payload=st.binary(max_size=200), header=st.binary(max_size=100), keep=st.booleans())
def test_any_well_signed_bytes_are_refused(
    algorithm: str, mode: str, payload: bytes, header: bytes, keep: bool
) -> None:
    trusted = signer(algorithm)
    token = trusted.token(payload, None if keep else header)
    assert door(trusted, mode=mode).ask(token).effect == {"unauthorized": "Unauthorized", "deny": "Deny"}[mode]


@pytest.mark.parametrize("mode", MODES)
@quick
@given(
    credentials=st.none() | st.text(max_size=300) | st.from_regex(r"(Bearer )?[\w-]*\.[\w-]*\.[\w-]*", fullmatch=True)
)
def test_any_text_for_a_token_is_refused(mode: str, credentials: str | None) -> None:
    outcome = door(signer("RS256"), mode=mode).ask(credentials)
    assert outcome.effect == {"unauthorized": "Unauthorized", "deny": "Deny"}[mode]


_EVENT_NAMES = st.sampled_from(["type", "authorizationToken", "methodArn", "headers", "requestContext", "version"])
_ARNS = st.builds(
    "{}:{}:{}:{}:{}:{}".format,
    *(st.sampled_from(["arn", "aws", "execute-api", "eu-west-1", "123456789012", "", "*"]) for _ in range(5)),
    st.text(max_size=30) | st.just("a1b2c3d4e5/dev/GET/hello"),
)


@pytest.mark.parametrize("mode", MODES)
@settings(quick, max_examples=150)
@given(event=st.dictionaries(_EVENT_NAMES | st.text(max_size=9), _VALUES | _ARNS | st.just("TOKEN"), max_size=6))
def test_any_event_ends_in_an_answer_or_in_a_documented_error(mode: str, event: dict[str, Any]) -> None:
    trusted = signer("ES256")
    with contextlib.suppress(EventNotRecognized):
        door(trusted, mode=mode).ask(trusted.token(), **event)


@pytest.mark.parametrize("mode", MODES)
@settings(quick, max_examples=100)
@given(arn=_ARNS, alias=st.text(max_size=20) | st.none())
def test_any_arn_and_alias_end_in_an_answer_or_in_a_documented_error(mode: str, arn: str, alias: str | None) -> None:
    trusted = signer("ES256")
    for changes in ({"methodArn": arn}, {"alias": alias}, {"methodArn": f"{METHOD_ARN}/{arn}"}):
        with contextlib.suppress(EventNotRecognized, ConfigurationError):
            door(trusted, mode=mode).ask(trusted.token(), **changes)


def test_a_changed_payload_is_still_json() -> None:
    """The changes above reach past the reader: some of them leave a token that is well formed."""
    payload = json.dumps(FOREVER).encode()
    assert json.loads(payload.replace(b"4102444800", b"4102444801")) != FOREVER
