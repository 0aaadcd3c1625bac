"""What the security tests share: signers of every algorithm, and the authorizer's door, watched for leaks."""

import base64
import contextlib
import functools
import io
import json
import os
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest import mock

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from jwt_authorizer.errors import Unauthorized, reasons
from jwt_authorizer.policy import UNAUTHENTICATED
from tests.unit.conftest import SECRET, STAGE_ARN, claims, start_handler

ISSUER = "https://login.example.com/"
# One algorithm of each family, for attacks that have nothing to do with the length of a hash.
FAMILIES = ("HS256", "RS256", "PS256", "ES256", "EdDSA")
# Every algorithm there is, under each of its names.
ALGORITHMS = (
    *("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519", "Ed448"),
)
MODES = ("unauthorized", "deny")

_CURVES: dict[str, type[ec.EllipticCurve]] = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


def encode(data: bytes) -> str:
    """A segment."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(segment: str) -> bytes:
    """A segment's bytes."""
    return base64.urlsafe_b64decode(segment + "==")


class Signer(NamedTuple):
    """Who signs tokens by one algorithm, and what a configuration says of them."""

    algorithm: str
    private: Any
    key_id: str | None = "k1"

    @property
    def public(self) -> Any:
        """The public half; of a secret, the secret."""
        return self.private if isinstance(self.private, bytes) else self.private.public_key()

    @property
    def jwk(self) -> dict[str, Any]:
        """The public JWK."""
        jwk: dict[str, Any] = _implementation(self.algorithm).to_jwk(self.public, as_dict=True)
        return jwk | ({} if self.key_id is None else {"kid": self.key_id})

    @property
    def keys(self) -> dict[str, Any]:
        """The member `keys` of an issuer's configuration."""
        if isinstance(self.private, bytes):
            return {"secret": {"environment": "TEST_SECRET"}}
        return {"jwks": {"keys": [self.jwk]}}

    def signature(self, signing_input: str) -> bytes:
        """The signature of `<header>.<payload>`."""
        signature: bytes = _implementation(self.algorithm).sign(signing_input.encode(), self.private)
        return signature

    def token(self, payload: dict[str, Any] | bytes | None = None, header: dict[str, Any] | bytes | None = None) -> str:
        """A token with a good signature over any header and payload.

        Objects are changes to the good header and claims, in which None leaves a member out; bytes are taken as they
        are.
        """
        if not isinstance(payload, bytes):
            payload = json.dumps(claims(**(payload or {}))).encode()
        if not isinstance(header, bytes):
            members = {"alg": self.algorithm, "typ": "JWT", "kid": self.key_id, **(header or {})}
            header = json.dumps({name: value for name, value in members.items() if value is not None}).encode()
        signing_input = f"{encode(header)}.{encode(payload)}"
        return f"{signing_input}.{encode(self.signature(signing_input))}"


def _implementation(algorithm: str) -> Any:
    return jwt.get_algorithm_by_name("EdDSA" if algorithm.startswith("Ed") else algorithm)


@functools.cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """One RSA key of this length for all tests."""
    return rsa.generate_private_key(65537, bits)


@functools.cache
def signer(algorithm: str, name: str = "k1") -> Signer:
    """The one signer of this algorithm and name."""
    if algorithm.startswith("HS"):
        return Signer(algorithm, f"{SECRET} {name}".encode(), None)
    if algorithm in _CURVES:
        return Signer(algorithm, ec.generate_private_key(_CURVES[algorithm]()), name)
    if algorithm == "Ed448":
        return Signer(algorithm, ed448.Ed448PrivateKey.generate(), name)
    if algorithm.startswith("Ed"):
        return Signer(algorithm, ed25519.Ed25519PrivateKey.generate(), name)
    return Signer(algorithm, rsa_key() if name == "k1" else rsa.generate_private_key(65537, 2048), name)


class Outcome(NamedTuple):
    """What came of one call: `effect` is Allow, Deny or Unauthorized."""

    effect: str
    answer: dict[str, Any]
    line: dict[str, Any]

    @property
    def reason(self) -> str | None:
        """The reason in the log."""
        reason: str | None = self.line.get("reason")
        return reason


class Door:
    """The authorizer as API Gateway meets it, in an execution environment of its own."""

    def __init__(self, configuration: str, secret: bytes) -> None:
        environment = {"AUTHORIZER_CONFIG": configuration, "TEST_SECRET": secret.decode("latin-1")}
        with mock.patch.dict(os.environ, environment):
            self._invoke = start_handler()

    def ask(self, credentials: str | None, **event: Any) -> Outcome:
        """Call the authorizer, and check what holds of every call.

        The answer names the stage and nothing else, and the one line of the log repeats nothing that the token says
        or proves.
        """
        with watched() as printed:
            try:
                answer = self._invoke(credentials, **event)
                effect = answer["policyDocument"]["Statement"][0]["Effect"]
            except Unauthorized as refusal:
                answer, effect = {}, str(refusal)
        (line,) = printed.getvalue().splitlines()
        record: dict[str, Any] = json.loads(line)
        for segment in (credentials or "").split(".")[1:]:
            assert len(segment) < 16 or segment not in line
        if effect != "Allow":
            assert record["reason"] in reasons() | {"context_too_large"}
        if answer:
            (statement,) = answer["policyDocument"]["Statement"]
            resource = statement["Resource"]
            assert statement == {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
            assert resource == STAGE_ARN or not event["methodArn"].startswith(STAGE_ARN[:-1])
            assert resource.endswith("/*")
            assert not set("*?{") & set(resource.removesuffix("*"))
            assert all(isinstance(value, str) for value in answer["context"].values())
        return Outcome(effect, answer, record)


@contextlib.contextmanager
def watched() -> Iterator[io.StringIO]:
    """Whatever is printed meanwhile."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        yield printed


def door(trusted: Signer, mode: str = "unauthorized", **changes: Any) -> Door:
    """A door that trusts one signer; `changes` replace members of its issuer's settings, or of the whole."""
    issuer = {
        "issuer": ISSUER,
        "audiences": ["orders"],
        "algorithms": [trusted.algorithm],
        "keys": trusted.keys,
        "leeway_seconds": 0,
    }
    document: dict[str, Any] = {"issuers": [issuer], "rules": {"signed-in": {}}, "on_invalid_token": mode}
    for name, value in changes.items():
        (document if name in ("issuers", "context_claims") else issuer)[name] = value
    return _open(json.dumps(document), trusted.private if isinstance(trusted.private, bytes) else SECRET.encode())


@functools.lru_cache(maxsize=256)
def _open(configuration: str, secret: bytes) -> Door:
    return Door(configuration, secret)


def allowed(trusted: Signer, credentials: str, **changes: Any) -> dict[str, Any]:
    """Assert that a token is allowed, and return the answer."""
    outcome = door(trusted, **changes).ask(credentials)
    assert (outcome.effect, outcome.reason) == ("Allow", None)
    return outcome.answer


def refused(trusted: Signer, credentials: str | None, reason: str | set[str], **changes: Any) -> None:
    """Assert that a token is refused for one of these reasons: by 401, and by a Deny where that is configured."""
    expected = {reason} if isinstance(reason, str) else reason
    event = changes.pop("event", {})
    outcome = door(trusted, **changes).ask(credentials, **event)
    assert outcome.effect == "Unauthorized"
    assert outcome.reason in expected
    denied = door(trusted, mode="deny", **changes).ask(credentials, **event)
    assert (denied.effect, denied.reason) == ("Deny", outcome.reason)
    assert denied.answer["principalId"] == UNAUTHENTICATED
    assert denied.answer["context"] == {"reason": outcome.reason}


def now() -> int:
    """The time in whole seconds."""
    return int(time.time())
