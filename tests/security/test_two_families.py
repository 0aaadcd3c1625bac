"""One issuer with two entries, for secrets and for public keys: the algorithm chooses, and nothing is tried."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jwt_authorizer import config
from jwt_authorizer.errors import ConfigurationError
from tests.security.door import ISSUER, Door, Signer, decode, signer
from tests.unit.conftest import configuration

HMAC, PUBLIC = signer("HS256"), signer("RS256")


def entry(trusted: Signer, *more: str) -> dict[str, Any]:
    return {
        "issuer": ISSUER,
        "audiences": ["orders"],
        "algorithms": [trusted.algorithm, *more],
        "keys": trusted.keys,
    }


def both(*entries: dict[str, Any]) -> Door:
    return Door(json.dumps({"issuers": entries, "rules": {"signed-in": {}}}), HMAC.private)


MIGRATING = both(entry(HMAC), entry(PUBLIC))


@pytest.mark.parametrize("trusted", [HMAC, PUBLIC], ids=["secret", "public"])
def test_tokens_of_both_families_are_good_while_an_issuer_migrates(trusted: Signer) -> None:
    assert MIGRATING.ask(trusted.token()).effect == "Allow"
    assert MIGRATING.ask(signer(trusted.algorithm, "attacker").token(header={"kid": "k1"})).effect == "Unauthorized"


@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_public_key_is_never_a_secret_there(encoding: Encoding, form: PublicFormat) -> None:
    public = PUBLIC.public.public_bytes(encoding, form)
    modulus = decode(PUBLIC.jwk["n"])
    for secret in (public, public.strip(), base64.b64encode(public), modulus, json.dumps(PUBLIC.jwk).encode()):
        for key_id in (None, "k1"):
            outcome = MIGRATING.ask(Signer("HS256", secret, key_id).token())
            assert (outcome.effect, outcome.reason) in (
                ("Unauthorized", "signature_invalid"),
                ("Unauthorized", "key_unknown"),
            )


def test_an_algorithm_of_neither_entry_is_refused() -> None:
    for algorithm in ("HS512", "ES256", "PS256"):
        outcome = MIGRATING.ask(signer(algorithm).token())
        assert (outcome.effect, outcome.reason) == ("Unauthorized", "algorithm_not_allowed")


def test_an_entry_alone_refuses_the_other_family() -> None:
    assert both(entry(PUBLIC)).ask(HMAC.token()).reason == "algorithm_not_allowed"
    assert both(entry(HMAC)).ask(PUBLIC.token()).reason == "algorithm_not_allowed"


@pytest.mark.parametrize(
    "entries",
    [
        [entry(PUBLIC), entry(PUBLIC)],
        [entry(HMAC), entry(HMAC)],
        [entry(HMAC), entry(PUBLIC), entry(signer("ES256"))],
        [entry(HMAC), entry(PUBLIC, "HS256")],
        [entry(HMAC, "RS256")],
    ],
)
def test_no_family_has_two_entries_and_no_entry_two_families(entries: list[dict[str, Any]]) -> None:
    with pytest.raises(ConfigurationError, match=r"write one (entry for each issuer|kind only)"):
        config.parse(configuration(issuers=entries))
