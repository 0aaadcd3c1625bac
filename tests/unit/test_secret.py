"""HMAC secrets: where they are read from, and which are refused."""

import base64
import json
from collections.abc import Callable

import boto3
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from jwt_authorizer.errors import ConfigurationError, KeysUnavailable, Unauthorized
from jwt_authorizer.keys.secret import check_secret, secret_keys
from jwt_authorizer.keys.stores import read_secrets_manager
from tests.unit.conftest import SECRET, Invoke, mint

Start = Callable[..., Invoke]
OTHER_SECRET = "another secret for tests, no less long than what the hash asks for"


def test_the_secret_may_be_in_secrets_manager(start: Start, aws: None) -> None:
    boto3.client("secretsmanager").create_secret(Name="orders-hmac", SecretString=SECRET)
    assert start(keys={"secret": {"secrets_manager": "orders-hmac"}})(mint())["principalId"] == "user-1"


def test_a_binary_secret_is_read_as_its_bytes(start: Start, aws: None) -> None:
    boto3.client("secretsmanager").create_secret(Name="orders-hmac", SecretBinary=SECRET.encode())
    assert start(keys={"secret": {"secrets_manager": "orders-hmac"}})(mint())["principalId"] == "user-1"


def test_the_secret_may_be_in_parameter_store(start: Start, aws: None) -> None:
    boto3.client("ssm").put_parameter(Name="/orders/hmac", Value=SECRET, Type="SecureString")
    assert start(keys={"secret": {"ssm": "/orders/hmac"}})(mint())["principalId"] == "user-1"


@pytest.mark.parametrize(
    ("encoding", "encode"), [("base64", lambda secret: base64.b64encode(secret).decode()), ("hex", bytes.hex)]
)
def test_the_encoding_is_as_configured(start: Start, aws: None, encoding: str, encode: Callable[[bytes], str]) -> None:
    boto3.client("ssm").put_parameter(Name="/hmac", Value=encode(SECRET.encode()) + "\n", Type="SecureString")
    assert start(keys={"secret": {"ssm": "/hmac", "encoding": encoding}})(mint())["principalId"] == "user-1"


@pytest.mark.parametrize("encoding", ["base64", "hex"])
def test_a_secret_that_is_not_in_its_encoding_stops_the_start(start: Start, encoding: str) -> None:
    with pytest.raises(ConfigurationError, match=r"issuers\[0\]\.keys\.secret\.environment: the secret is not"):
        start(keys={"secret": {"environment": "TEST_SECRET", "encoding": encoding}})


def test_a_rotated_secret_leaves_the_tokens_of_the_one_before_valid(start: Start, aws: None) -> None:
    client = boto3.client("secretsmanager")
    client.create_secret(Name="orders-hmac", SecretString=SECRET)
    client.put_secret_value(SecretId="orders-hmac", SecretString=OTHER_SECRET)
    invoke = start(keys={"secret": {"secrets_manager": "orders-hmac"}})
    assert invoke(mint(secret=SECRET))["principalId"] == "user-1"
    assert invoke(mint(secret=OTHER_SECRET))["principalId"] == "user-1"
    client.put_secret_value(SecretId="orders-hmac", SecretString="a third secret for tests, as long as the others are")
    with pytest.raises(Unauthorized):
        start(keys={"secret": {"secrets_manager": "orders-hmac"}})(mint(secret=SECRET))


def test_the_secret_that_a_rotation_prepares_is_good_before_it_is_current(start: Start, aws: None) -> None:
    client = boto3.client("secretsmanager")
    client.create_secret(Name="orders-hmac", SecretString=SECRET)
    client.put_secret_value(SecretId="orders-hmac", SecretString=OTHER_SECRET, VersionStages=["AWSPENDING"])
    invoke = start(keys={"secret": {"secrets_manager": "orders-hmac"}})
    for secret in (SECRET, OTHER_SECRET):
        assert invoke(mint(secret=secret))["principalId"] == "user-1"


def test_versions_of_one_value_are_one_key(aws: None) -> None:
    client = boto3.client("secretsmanager")
    client.create_secret(Name="orders-hmac", SecretString=SECRET)
    version = client.put_secret_value(
        SecretId="orders-hmac", SecretString=OTHER_SECRET, VersionStages=["AWSCURRENT", "AWSPENDING"]
    )
    assert set(version["VersionStages"]) == {"AWSCURRENT", "AWSPENDING"}
    assert read_secrets_manager("orders-hmac") == [OTHER_SECRET.encode(), SECRET.encode()]


def test_an_environment_variable_that_is_not_set_stops_the_start(start: Start) -> None:
    with pytest.raises(ConfigurationError, match="the environment variable AUTH_TOKEN_SALT is not set"):
        start(keys={"secret": {"environment": "AUTH_TOKEN_SALT"}})


def test_every_unfit_secret_is_listed_at_once(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHORT", "0123456789")
    shared = {"audiences": [], "algorithms": ["HS256"]}
    with pytest.raises(ConfigurationError) as error:
        start(
            issuers=[
                {"issuer": "one", "keys": {"secret": {"environment": "SHORT"}}, **shared},
                {"issuer": "two", "keys": {"secret": {"environment": "ABSENT"}}, **shared},
            ]
        )
    assert [line.partition(":")[0] for line in str(error.value).splitlines()] == [
        "issuers[0].keys.secret.environment",
        "issuers[1].keys.secret.environment",
    ]
    assert "0123456789" not in str(error.value)


@pytest.mark.parametrize(("algorithm", "least"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_a_secret_shorter_than_the_hash_stops_the_start(
    start: Start, monkeypatch: pytest.MonkeyPatch, algorithm: str, least: int
) -> None:
    monkeypatch.setenv("SHORT", "s" * (least - 1))
    with pytest.raises(ConfigurationError, match=f"has {least - 1} bytes and needs {least}"):
        start(algorithms=[algorithm], keys={"secret": {"environment": "SHORT"}})
    monkeypatch.setenv("SHORT", "s" * least)
    invoke = start(algorithms=[algorithm], keys={"secret": {"environment": "SHORT"}})
    assert invoke(mint(secret="s" * least, algorithm=algorithm))["principalId"] == "user-1"


def _public_key(encoding: serialization.Encoding, form: serialization.PublicFormat) -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(encoding, form)


@pytest.mark.parametrize(
    "secret",
    [
        b"",
        b" " * 64,
        b"\n" * 64,
        b"secret",
        b" Secret\n",
        b"changeme",
        b"your-256-bit-secret",
        json.dumps({"kty": "oct", "k": "A" * 64}).encode(),
        _public_key(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        _public_key(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        _public_key(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH),
    ],
    # The keys are new each time, and a test's name must not be.
    ids=["empty", "blank", "lines", "word", "spaced", "default", "example", "JWK", "PEM", "DER", "OpenSSH"],
)
def test_a_secret_that_others_know_or_hold_is_refused_however_low_the_minimum(secret: bytes) -> None:
    with pytest.raises(ConfigurationError):
        check_secret(secret, minimum_bytes=1)


@given(st.binary(min_size=32, max_size=128).filter(lambda secret: secret[0] not in b"0{ \t\r\n" and secret.strip()))
def test_random_bytes_of_enough_length_are_a_fit_secret(secret: bytes) -> None:
    (key,) = secret_keys([secret], "utf8", ["HS256"], 32).keys
    assert key.material == secret


def test_an_unfit_previous_version_is_left_out() -> None:
    good = b"s" * 32
    assert [key.material for key in secret_keys([good, b"short"], "utf8", ["HS256"], 32).keys] == [good]


def test_a_version_without_a_value_is_left_out(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    versions: list[dict[str, str] | None] = [{"SecretString": "current"}, {}, None]
    monkeypatch.setattr("jwt_authorizer.keys.stores._call", lambda *_: versions)
    assert read_secrets_manager("orders-hmac") == [b"current"]
    versions[0] = {}
    with pytest.raises(KeysUnavailable, match="no value for orders-hmac yet"):
        read_secrets_manager("orders-hmac")
