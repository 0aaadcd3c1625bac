"""Revoking from the command line: what is written, what is flushed, and what is said of it."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from jwt_authorizer.errors import Unauthorized
from jwt_authorizer.revocation import subject_key, token_key
from scripts.operate import deployment, revoke
from scripts.operate.deployment import Deployment
from tests.unit.conftest import Invoke, configuration, mint

Start = Callable[..., Invoke]
ISSUER = "https://login.example.com/"
TABLE = "revoked"


class Gateway:
    """API Gateway, which moto does not have here: it counts its requests, and fails on demand."""

    def __init__(self) -> None:
        self.flushed: list[dict[str, str]] = []
        self.failure: Exception | None = None

    def _flush(self, **request: str) -> None:
        if self.failure:
            raise self.failure
        self.flushed.append(request)

    flush_stage_authorizers_cache = reset_authorizers_cache = _flush


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    made = Gateway()
    monkeypatch.setattr(
        Deployment, "client", lambda _, name: made if name.startswith("apigateway") else boto3.client(name)
    )
    return made


@pytest.fixture
def table(aws: None) -> Any:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "revoked", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "revoked", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch, table: Any, gateway: Gateway) -> Gateway:
    """An environment with a denylist."""
    settings = configuration(revocation={"table": TABLE}, rules={"signed-in": {}, "never-kept": {"cache_seconds": 0}})
    found = Deployment("dev", settings, "a1b2c3d4e5", "dev", ("orders-hmac",))
    monkeypatch.setattr(deployment, "find", lambda _: found)
    return gateway


def run(*arguments: str) -> int:
    return revoke.main(list(arguments), sleep=lambda _: None)


def items(client: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.scan(TableName=TABLE)["Items"]
    return found


def test_a_revoked_token_is_refused_from_then_on_and_no_other(start: Start, dev: Gateway) -> None:
    invoke = start(revocation={"table": TABLE})
    token = mint(jti="t1")
    assert invoke(token)["principalId"] == "user-1"
    assert run("--token", f"Bearer {token}") == 0
    with pytest.raises(Unauthorized):
        invoke(token)
    assert invoke(mint(jti="t2"))["principalId"] == "user-1"


def test_a_revoked_subjects_tokens_are_refused_and_those_issued_later_are_not(
    start: Start, dev: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke = start(revocation={"table": TABLE}, leeway_seconds=10)
    settings = configuration(revocation={"table": TABLE}, leeway_seconds=10)
    monkeypatch.setattr(deployment, "find", lambda _: Deployment("dev", settings))
    now = int(time.time())
    assert run("--subject", "user-1") == 0
    # The last is by an issuer whose clock is as far ahead as is accepted.
    for issued_at in (now - 3600, now - 1, None, now + 9):
        with pytest.raises(Unauthorized):
            invoke(mint(iat=issued_at))
    monkeypatch.setattr("jwt_authorizer.authorizer.time.time", lambda: now + 20)
    assert invoke(mint(iat=now + 15))["principalId"] == "user-1"
    assert invoke(mint(iat=now - 3600, sub="user-2"))["principalId"] == "user-2"
    good_from = re.search(r"its iat is (\d+) or later", capsys.readouterr().out)
    assert good_from is not None
    assert invoke(mint(iat=int(good_from[1])))["principalId"] == "user-1"
    with pytest.raises(Unauthorized):
        invoke(mint(iat=int(good_from[1]) - 1))


def test_a_tokens_entry_is_kept_until_the_token_is_refused_anyway(dev: Gateway, table: Any) -> None:
    assert run("--token", mint(jti="t1", exp=4102444800)) == 0
    (item,) = items(table)
    # The configuration of these tests has no leeway.
    assert item == {"revoked": {"S": token_key(ISSUER, "t1")}, "expires_at": {"N": "4102444800"}}


def test_a_token_that_never_expires_is_revoked_for_ever(
    dev: Gateway, table: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--token", mint(jti="t1", exp=None)) == 0
    assert items(table) == [{"revoked": {"S": token_key(ISSUER, "t1")}}]
    assert "kept for ever" in capsys.readouterr().out


def test_a_subjects_entry_is_kept_as_long_as_the_longest_token_lives(dev: Gateway, table: Any) -> None:
    now = int(time.time())
    assert run("--subject", "user-1", "--keep", "2d") == 0
    (item,) = items(table)
    assert item["revoked"] == {"S": subject_key(ISSUER, "user-1")}
    assert int(item["issued_before"]["N"]) == pytest.approx(now + 1, abs=2)
    assert int(item["expires_at"]["N"]) == pytest.approx(now + 2 * 86400, abs=3)


def test_the_cache_is_emptied_after_the_entry_and_once_more_for_what_was_under_way(
    dev: Gateway, table: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    pauses: list[float] = []
    assert revoke.main(["--token", mint(jti="t1")], sleep=pauses.append) == 0
    assert dev.flushed == [{"restApiId": "a1b2c3d4e5", "stageName": "dev"}] * 2
    assert pauses == [3.0]
    printed = capsys.readouterr().out
    assert "stage dev of REST API a1b2c3d4e5: not at all" in printed
    assert "the rule's cache_seconds, 300 s at most" in printed
    assert "WebSocket APIs: up to 2 h" in printed
    assert printed.startswith("Revoking on dev.\n")


def test_an_http_apis_cache_is_emptied_too(table: Any, gateway: Gateway) -> None:
    token = mint(jti="t1")
    assert run("--token", token, "--table", TABLE, "--http-api-id", "h1", "--stage", "$default") == 0
    assert gateway.flushed == [{"ApiId": "h1", "StageName": "$default"}] * 2


def test_a_table_and_a_stage_may_be_named_without_any_state(
    table: Any, gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    token = mint(jti="t1", exp=4102444800)
    assert run("--token", token, "--table", TABLE, "--rest-api-id", "x1", "--stage", "prod") == 0
    assert gateway.flushed[0] == {"restApiId": "x1", "stageName": "prod"}
    (item,) = items(table)
    # The leeway is not known there, so it is taken for the greatest that there may be.
    assert item["expires_at"] == {"N": str(4102444800 + 300)}
    assert run("--token", token, "--table", TABLE) == 0
    assert "every stage and API" in capsys.readouterr().out


def test_nothing_of_the_token_is_told_but_who_and_which_it_is(dev: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    token = mint(jti="t1", email="alice@example.com", sub="a\x1b[31m")
    assert run("--token", token) == 0
    printed = capsys.readouterr()
    for part in (*token.split("."), "alice", "\x1b"):
        assert part not in printed.out + printed.err
    assert 'jti "t1", iss "https://login.example.com/", sub "a\\u001b[31m"' in printed.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "write either TOKEN=<jwt> or SUBJECT=<sub>"),
        (("--token", "x", "--subject", "y"), "write either TOKEN=<jwt> or SUBJECT=<sub>"),
        (("--token", "x.y"), "three parts"),
        (
            ("--token", mint(jti="t1", iss="https://other.example.com")),
            'no issuer of this configuration is "https://other.example.com", and nothing is revoked: '
            "name the environment that the token is for by ENV=<environment>",
        ),
        (("--token", mint()), 'make revoke SUBJECT="user-1" ISSUER="https://login.example.com/"'),
        (("--subject", "user-1", "--issuer", "other"), "other is no issuer of this configuration"),
        (("--subject", "user-1", "--keep", "soon"), "not a length of time"),
        (("--subject", "user-1", "--keep=-1d"), "KEEP must be longer"),
        (("--subject", "user-1", "--table", TABLE), "write ISSUER=<iss>"),
        (("--token", "x.y.z", "--table", TABLE, "--rest-api-id", "a"), "name the API's stage too"),
    ],
)
def test_what_makes_no_sense_is_told_with_what_to_write(
    dev: Gateway, table: Any, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert run(*arguments) == 2
    assert said in capsys.readouterr().err
    assert items(table) == []
    assert dev.flushed == []


def test_an_entry_must_not_end_before_the_longest_token(
    dev: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = configuration(revocation={"table": TABLE}, max_age_seconds=7 * 86400)
    monkeypatch.setattr(deployment, "find", lambda _: Deployment("dev", settings))
    assert run("--subject", "user-1", "--keep", "1d") == 2
    assert "tokens of https://login.example.com/ live for 7 days" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"exp": 1}, "has expired"),
        ({"exp": "soon"}, "exp is not a number"),
        ({"jti": 7}, "jti is not a string"),
    ],
)
def test_a_token_that_is_refused_anyway_needs_no_entry(
    dev: Gateway, table: Any, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], said: str
) -> None:
    assert run("--token", _unchecked(jti="t1") if not changes else _unchecked(**{"jti": "t1", **changes})) == 0
    assert said in capsys.readouterr().out
    assert items(table) == []


def _unchecked(**changes: Any) -> str:
    """A token with claims that PyJWT would not sign."""
    import base64

    from tests.unit.conftest import claims

    parts = (json.dumps({"alg": "HS256"}), json.dumps(claims(**changes)), "signature")
    return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)


def test_the_signature_is_not_asked_for(dev: Gateway, table: Any) -> None:
    assert run("--token", _unchecked(jti="t1")) == 0
    assert len(items(table)) == 1


def test_without_a_denylist_it_says_so(
    monkeypatch: pytest.MonkeyPatch, dev: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deployment, "find", lambda _: Deployment("dev", configuration()))
    assert run("--token", mint(jti="t1")) == 2
    assert "dev has no denylist" in capsys.readouterr().err


def test_a_table_that_is_gone_is_told_and_nothing_is_flushed(dev: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--token", mint(jti="t1"), "--table", "gone", "--rest-api-id", "x", "--stage", "y") == 1
    assert "nothing is revoked: the table gone does not take the entry (ResourceNotFound" in capsys.readouterr().err
    assert dev.flushed == []


def test_a_cache_that_cannot_be_emptied_is_told_with_how_long_that_matters(
    dev: Gateway, table: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    dev.failure = RuntimeError("no")
    assert run("--token", mint(jti="t1")) == 1
    printed = capsys.readouterr()
    assert "Revoked:" in printed.out
    assert "the cache of stage dev of REST API a1b2c3d4e5 could not be emptied (RuntimeError)" in printed.err
    assert "lives for up to 300 s" in printed.err
    assert len(items(table)) == 1


def test_the_token_may_come_by_the_environment(dev: Gateway, table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", mint(jti="t1"))
    assert run() == 0
    assert len(items(table)) == 1
