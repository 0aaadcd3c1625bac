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
LONG = "8c1f0e6b47d29a3550bb7ce4f19da268" + "qW3zR8tY5uP0oL2kJ6hG4fD1sA9xC7vB"
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
    monkeypatch.setenv("SHORT", LONG[: least - 1])
    with pytest.raises(ConfigurationError, match=f"has {least - 1} bytes and needs {least}"):
        start(algorithms=[algorithm], keys={"secret": {"environment": "SHORT"}})
    monkeypatch.setenv("SHORT", LONG[:least])
    invoke = start(algorithms=[algorithm], keys={"secret": {"environment": "SHORT"}})
    assert invoke(mint(secret=LONG[:least], algorithm=algorithm))["principalId"] == "user-1"


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


@given(
    st.binary(min_size=32, max_size=128).filter(lambda secret: secret[0] not in b"0{ \t\r\n" and len(set(secret)) > 15)
)
def test_random_bytes_of_enough_length_are_a_fit_secret(secret: bytes) -> None:
    (key,) = secret_keys([secret], "utf8", ["HS256"], 32).keys
    assert key.material == secret


def test_an_unfit_previous_version_is_left_out() -> None:
    good = LONG[:32].encode()
    assert [key.material for key in secret_keys([good, b"short"], "utf8", ["HS256"], 32).keys] == [good]


def test_a_version_without_a_value_is_left_out(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    versions: list[dict[str, str] | None] = [{"SecretString": "current"}, {}, None]
    monkeypatch.setattr("jwt_authorizer.keys.stores._call", lambda *_: versions)
    assert read_secrets_manager("orders-hmac") == [b"current"]
    versions[0] = {}
    with pytest.raises(KeysUnavailable, match="no value for the secret yet"):
        read_secrets_manager("orders-hmac")


@pytest.mark.parametrize(
    "unit", [b"a", b"\0", b"ab", b"abc", b"secret!", b"0123456789", b"\xff\x00", b"123456789012345"]
)
@pytest.mark.parametrize("length", [32, 48, 64, 65, 200])
def test_a_secret_that_repeats_a_short_unit_is_refused(unit: bytes, length: int) -> None:
    with pytest.raises(ConfigurationError, match=r"well-known one|repeats one byte or a short text"):
        check_secret((unit * length)[:length], 32)


@pytest.mark.parametrize(
    "sample",
    [
        b"your-384-bit-secret",
        b"a-string-secret-at-least-256-bits-long",
        b"a-valid-string-secret-that-is-at-least-384-bits-long",
        b"a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
        b"your-super-secret-jwt-token-with-at-least-32-characters-long",
        b"404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970",
        bytes.fromhex("404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970"),
        b"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        base64.urlsafe_b64decode(
            b"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow=="
        ),
        base64.b64encode(b"a-string-secret-at-least-256-bits-long"),
        b"QWERTYUIOPASDFGHJKLZXCVBNM123456\n",
    ],
)
def test_a_published_sample_of_any_length_is_no_secret(sample: bytes) -> None:
    with pytest.raises(ConfigurationError, match="well-known one"):
        check_secret(sample, 1)


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (SECRET + "\n", "ends with a line break"),
        (SECRET + "\r\n", "line break"),
        ("\ufeff" + SECRET, "byte order mark"),
    ],
)
def test_a_line_break_or_byte_order_mark_in_a_secret_is_told_once(
    start: Start, aws: None, capsys: pytest.CaptureFixture[str], stored: str, said: str
) -> None:
    boto3.client("ssm").put_parameter(Name="/hmac", Value=stored, Type="SecureString")
    invoke = start(keys={"secret": {"ssm": "/hmac"}})
    assert invoke(mint(secret=stored))["principalId"] == "user-1"
    with pytest.raises(Unauthorized):
        invoke(mint())
    printed = capsys.readouterr().out
    doubts = [line for line in map(json.loads, printed.splitlines()) if line.get("event") == "secret_doubts"]
    assert len(doubts) == 1
    assert said in doubts[0]["message"]
    assert doubts[0]["message"].startswith("issuers[0].keys.secret.ssm: ")
    assert SECRET not in printed


@pytest.mark.parametrize("store", ["environment", "secrets_manager", "ssm"])
@pytest.mark.parametrize("value", ["correct horse: battery staple!", "hunter2 & more $ecrets", LONG + "!"])
def test_a_secret_in_the_place_of_its_name_is_not_quoted(start: Start, store: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        start(keys={"secret": {store: value}})
    assert f"issuers[0].keys.secret.{store}" in str(error.value)
    assert value not in str(error.value)


@pytest.mark.parametrize("value", [LONG, LONG.upper(), "0" + LONG, "A" * 64])
def test_a_secret_that_might_be_a_variables_name_is_not_quoted_either(start: Start, value: str) -> None:
    with pytest.raises(
        ConfigurationError, match="write the name of a variable that is, not the secret itself"
    ) as error:
        start(keys={"secret": {"environment": value}})
    assert value not in str(error.value)
