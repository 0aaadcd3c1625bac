"""Whatever the authorizer accepts, PyJWT and joserfc accept too: its own code only refuses more."""

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any
from unittest import mock

import joserfc.jwt
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from joserfc.errors import JoseError

from scripts.fuzz import libraries
from tests.security.door import ALGORITHMS, FAMILIES, ISSUER, Signer, allowed, decode, door, signer
from tests.unit.conftest import claims

NOW = 1_800_000_000.25
LEEWAYS = (0, 10)

families = pytest.mark.parametrize("algorithm", FAMILIES)
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

_TIMES = st.builds(
    lambda offset, fraction: NOW + offset + fraction,
    st.sampled_from([-3600, -11, -10, -1, 0, 1, 10, 11, 3600]),
    st.sampled_from([-0.5, -0.25, 0, 0.25, 0.5, 0.75]),
)
_VALUES = st.one_of(
    _TIMES,
    _TIMES.map(int),
    st.sampled_from([None, True, False, 0, -1, "", "orders", ISSUER, ["orders"], ["orders", 1], [], {}, "4102444800"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
)
_CLAIM_NAMES = st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "cnf"]) | st.text(max_size=5)
_HEADER_NAMES = st.text(max_size=5) | st.sampled_from(
    ["alg", "typ", "cty", "kid", "jwk", "jku", "x5u", "x5c", "x5t", "crit", "b64", "zip", "enc", "epk", "url"]
)
_CHANGES = st.fixed_dictionaries(
    {
        "payload": st.dictionaries(_CLAIM_NAMES, _VALUES, max_size=3),
        "header": st.dictionaries(_HEADER_NAMES, _VALUES | st.just(["a"]) | st.text(max_size=900), max_size=2),
    }
)


@contextlib.contextmanager
def stopped_clock() -> Iterator[None]:
    """The same moment for the authorizer and for both libraries."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(NOW, tz)

    with mock.patch("time.time", return_value=NOW), mock.patch("jwt.api_jwt.datetime", Stopped):
        yield


def token(trusted: Signer, changes: dict[str, Any]) -> str:
    """A well-signed token with these changes; null stays in it, unlike in other tests."""
    header = {"alg": trusted.algorithm, "typ": "JWT", "kid": trusted.key_id or "k1", **changes["header"]}
    payload = {**claims(exp=NOW + 3600), **changes["payload"]}
    return trusted.token(json.dumps(payload).encode(), json.dumps(header).encode())


def expected(trusted: Signer, leeway: int = 0) -> libraries.Expected:
    # The two names of one curve's algorithm; the signer called EdDSA has a key of Ed25519.
    names = {"EdDSA": ["EdDSA", "Ed25519"], "Ed25519": ["EdDSA", "Ed25519"], "Ed448": ["EdDSA", "Ed448"]}
    algorithms = names.get(trusted.algorithm, [trusted.algorithm])
    return libraries.Expected(trusted.public, algorithms, ISSUER, "orders", leeway)


def is_allowed(trusted: Signer, text: str, leeway: int = 0) -> bool:
    return door(trusted, leeway_seconds=leeway).ask(text).effect == "Allow"


@every_algorithm
@quick
@given(changes=_CHANGES, leeway=st.sampled_from(LEEWAYS))
def test_what_is_allowed_is_good_to_pyjwt_and_to_joserfc(algorithm: str, changes: dict[str, Any], leeway: int) -> None:
    trusted = signer(algorithm)
    with stopped_clock():
        text = token(trusted, changes)
        if is_allowed(trusted, text, leeway):
            read = json.loads(json.dumps({**claims(exp=NOW + 3600), **changes["payload"]}))
            assert libraries.by_pyjwt(text, expected(trusted, leeway)) == read
            assert libraries.by_joserfc(text, expected(trusted, leeway)) == read


@pytest.mark.parametrize(
    ("part", "name"), [("payload", "exp"), ("payload", "jti"), ("header", "typ"), ("header", "url")]
)
def test_the_law_is_about_tokens_that_are_changed_and_allowed(part: str, name: str) -> None:
    trusted = signer("HS256")

    def changed_and_allowed(changes: dict[str, Any]) -> bool:
        return name in changes[part] and is_allowed(trusted, token(trusted, changes))

    with stopped_clock():
        find(_CHANGES, changed_and_allowed, settings=settings(max_examples=5000, database=None))


@every_algorithm
@pytest.mark.parametrize(
    "changes",
    [
        {"sub": 1},
        {"jti": 1},
        {"jti": None},
        {"aud": ["orders", 1]},
        {"exp": NOW},
        {"exp": NOW + 0.5},
        {"exp": True},
        {"nbf": NOW + 1},
        {"iat": NOW + 1},
        {"iss": [ISSUER]},
    ],
    ids=str,
)
def test_what_pyjwt_refuses_is_refused(algorithm: str, changes: dict[str, Any]) -> None:
    trusted = signer(algorithm)
    with stopped_clock():
        text = token(trusted, {"payload": changes, "header": {}})
        assert libraries.by_pyjwt(text, expected(trusted)) is None
        assert not is_allowed(trusted, text)


# The exceptions


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@families
@pytest.mark.parametrize(
    "header",
    [{"url": 1}, {"jku": "no URL"}, {"jwk": "none"}, {"x5c": 1}, {"x5t": 1}, {"x": "x" * 600}],
    ids=["an unknown member", "jku", "jwk", "x5c", "x5t", "more than 512 bytes"],
)
def test_joserfc_alone_refuses_what_is_never_read_and_what_is_long(algorithm: str, header: dict[str, Any]) -> None:
    trusted = signer(algorithm)
    text = trusted.token(header=header)
    allowed(trusted, text)
    good = expected(trusted)
    assert libraries.claims_of(text, good)
    with pytest.raises(JoseError):
        joserfc.jwt.decode(text, libraries.joserfc_key(good.key), good.algorithms)


@families
def test_a_token_that_pyjwt_reads_differently_is_refused(algorithm: str) -> None:
    trusted = signer(algorithm)
    text = trusted.token()
    opened = door(trusted)
    assert opened.ask(text).effect == "Allow"
    other = {"alg": algorithm, "typ": "JWT", "kid": "k2"}
    for read in ((other, json.dumps(claims()).encode()), (json.loads(decode(text.partition(".")[0])), b"{}")):
        with mock.patch("jwt_authorizer.pyjwt.Verifier.verify", return_value=read):
            outcome = opened.ask(text)
        assert (outcome.effect, outcome.reason) == ("Unauthorized", "token_malformed")


@families
def test_a_token_that_pyjwt_refuses_is_refused_whatever_else_holds(algorithm: str) -> None:
    trusted = signer(algorithm)
    opened = door(trusted)
    with mock.patch("jwt_authorizer.pyjwt.Verifier.verify", return_value=None):
        outcome = opened.ask(trusted.token())
    assert (outcome.effect, outcome.reason) == ("Unauthorized", "signature_invalid")


_EDWARDS = [
    (configured, curve, claimed)
    for configured in ("Ed25519", "Ed448", "EdDSA")
    for curve in ("Ed25519", "Ed448")
    for claimed in ("Ed25519", "Ed448", "EdDSA")
    # A configuration whose keys fit none of its algorithms does not start, as another test shows.
    if configured in (curve, "EdDSA")
]


@pytest.mark.parametrize(("configured", "curve", "claimed"), _EDWARDS)
def test_an_edwards_curve_is_bound_to_its_name_though_pyjwt_takes_either(
    configured: str, curve: str, claimed: str
) -> None:
    trusted = signer(curve)
    text = trusted.token(header={"alg": claimed})
    assert libraries.by_pyjwt(text, expected(trusted)._replace(algorithms=["Ed25519", "Ed448", "EdDSA"]))
    outcome = door(trusted, algorithms=[configured]).ask(text)
    assert (outcome.effect == "Allow") == (claimed in (curve, "EdDSA"))
