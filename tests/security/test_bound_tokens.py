"""Tokens that are bound to a key or certificate of their client's: none passes as a bearer token."""

import base64
import datetime
import hashlib
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jwt_authorizer import config
from jwt_authorizer.errors import ConfigurationError, Unauthorized
from tests.unit import events
from tests.unit.conftest import SECRET, Invoke, claims, configuration, mint

BOUND = {"binding": "mtls", "cache_seconds": 0}
THUMBPRINT = "x5t#S256"
Start = Callable[..., Invoke]
Event = Callable[[str], dict[str, Any]]


def certificate(name: str) -> tuple[str, str]:
    """A certificate as API Gateway hands it over, and its thumbprint."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (x509.CertificateBuilder(subject, subject, key.public_key(), 1, now, now + datetime.timedelta(days=1))).sign(
        key, hashes.SHA256()
    )
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(made.public_bytes(serialization.Encoding.DER)).digest())
    return made.public_bytes(serialization.Encoding.PEM).decode(), thumbprint.rstrip(b"=").decode()


PEM, NAME = certificate("the caller")
OTHER_PEM, OTHER_NAME = certificate("another caller")


def outcome(invoke: Invoke, event: dict[str, Any], alias: str) -> str:
    """Allow, Deny or Unauthorized."""
    try:
        return str(invoke(None, alias, **event)["policyDocument"]["Statement"][0]["Effect"])
    except Unauthorized as refusal:
        return str(refusal)


HTTP_EVENTS = [events.rest_request, events.http_1, events.http_2]
CONFIRMATIONS: list[Any] = [
    {THUMBPRINT: NAME}, {THUMBPRINT: OTHER_NAME}, {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
    {"jwk": {"kty": "oct"}}, {"kid": "a"}, {"x": 1}, {}, [], None, "", NAME, True, 0,
]  # fmt: skip


def kind(value: object) -> str:
    """What a case is called: the certificates are new in every process, and so no names."""
    return type(value).__name__


def bound(confirmation: Any) -> str:
    """A token with this `cnf`."""
    return jwt.encode({**claims(), "cnf": confirmation}, SECRET)


@pytest.mark.parametrize("event", [events.rest_token, *HTTP_EVENTS, events.websocket])
@pytest.mark.parametrize("confirmation", CONFIRMATIONS, ids=kind)
def test_a_bound_token_is_no_bearer_token(start: Start, event: Event, confirmation: Any) -> None:
    request = event(bound(confirmation))
    assert outcome(start(), request, "signed-in") == "Unauthorized"
    if event in HTTP_EVENTS:
        assert outcome(start(), events.with_certificate(request, PEM), "signed-in") == "Unauthorized"


@pytest.mark.parametrize("event", HTTP_EVENTS)
def test_a_bound_token_is_taken_with_its_certificate_alone(start: Start, event: Event) -> None:
    invoke = start(rules={"bound": BOUND})
    token = mint(cnf={THUMBPRINT: NAME})
    assert outcome(invoke, events.with_certificate(event(token), PEM), "bound") == "Allow"
    assert outcome(invoke, events.with_certificate(event(token), PEM.replace("\n", "\r\n")), "bound") == "Allow"
    assert outcome(invoke, events.with_certificate(event(token), OTHER_PEM), "bound") == "Unauthorized"
    assert outcome(invoke, events.with_certificate(event(token), None), "bound") == "Unauthorized"


@pytest.mark.parametrize(
    "pem", ["", "x", PEM + OTHER_PEM, PEM * 2, PEM[28:], PEM.replace("MII", "!", 1), "\u00e9"], ids=kind
)
def test_what_is_not_one_certificate_proves_nothing(start: Start, pem: str) -> None:
    event = events.with_certificate(events.rest_request(mint(cnf={THUMBPRINT: NAME})), pem)
    assert outcome(start(rules={"bound": BOUND}), event, "bound") == "Unauthorized"


@pytest.mark.parametrize(
    "confirmation",
    [*CONFIRMATIONS[1:], {THUMBPRINT: NAME, "jkt": "a"}, {THUMBPRINT: [NAME]}, {THUMBPRINT: None}],
    ids=kind,
)
def test_every_member_of_cnf_must_be_proved(start: Start, confirmation: Any) -> None:
    event = events.with_certificate(events.rest_request(bound(confirmation)), PEM)
    assert outcome(start(rules={"bound": BOUND}), event, "bound") == "Unauthorized"


def test_a_rule_with_a_binding_refuses_a_token_that_has_none(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    event = events.with_certificate(events.rest_request(mint()), PEM)
    assert outcome(start(rules={"bound": BOUND}), event, "bound") == "Unauthorized"
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["reason"], line["detail"]) == ("binding_not_proved", "the token has no cnf")


def test_a_header_is_no_certificate(start: Start) -> None:
    event = events.rest_request(mint(cnf={THUMBPRINT: NAME}))
    event["headers"] |= {"X-Client-Cert": PEM, "clientCertPem": PEM, "X-Amzn-Mtls-Clientcert": PEM}
    assert outcome(start(rules={"bound": BOUND}), event, "bound") == "Unauthorized"


@pytest.mark.parametrize("event", [events.rest_token, events.websocket])
def test_an_authorizer_that_gets_no_certificate_is_an_error(start: Start, event: Event) -> None:
    with pytest.raises(ConfigurationError, match=r"bound binds tokens to client certificates, which .* do not get"):
        start(rules={"bound": BOUND})(None, "bound", **event(mint(cnf={THUMBPRINT: NAME})))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            {"binding": "mtls"},
            "rules.r.cache_seconds is 300, the default, beside binding, and an answer to one certificate would be used"
            " for another: write cache_seconds = 0.",
        ),
        ({"binding": "mtls", "cache_seconds": 1}, "rules.r.cache_seconds is 1 beside binding, and an answer"),
        ({"binding": "dpop"}, 'rules.r.binding is "dpop": write "mtls" for tokens that are bound to a client certifi'),
        ({"binding": "none"}, 'rules.r.binding is "none": write "mtls"'),
        ({"binding": True}, 'rules.r.binding is true: write "mtls"'),
    ],
)
def test_a_binding_that_cannot_be_had_stops_the_start_with_the_reason(rule: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        config.parse(configuration(rules={"r": rule}))
    assert str(error.value).splitlines()[1].startswith(expected)
    assert ("a proof is good for one request" in str(error.value)) == (rule["binding"] not in ("mtls",))
