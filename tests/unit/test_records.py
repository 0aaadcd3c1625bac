"""Old records of the example backend, which get their owners."""

import json
from typing import Any

import boto3
import pytest

from backend import records
from backend.caller import Caller
from scripts.operate.records import main

ISSUER = "https://login.example.com/"


@pytest.fixture
def table(aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("RECORDS_TABLE", "records")
    made = boto3.resource("dynamodb").create_table(
        TableName="records",
        KeySchema=[{"AttributeName": "principal", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "principal", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    records._client.cache_clear()
    yield made
    records._client.cache_clear()


def old(table: Any, key: str, record: Any) -> None:
    table.put_item(Item={"principal": key, "record": json.dumps(record)})


def record_of(principal: str, issuer: str | None) -> Any:
    return records.load(Caller(principal, {"iss": issuer}))


@pytest.mark.parametrize("issuer", [ISSUER, ""])
def test_records_that_were_kept_by_the_principal_become_those_of_one_issuer(table: Any, issuer: str) -> None:
    old(table, "alice", {"a": 1})
    assert main(["--table", "records", "--kept-by", "principal", "--issuer", issuer]) == 0
    assert record_of("alice", issuer or None) is None
    assert main(["--table", "records", "--kept-by", "principal", "--issuer", issuer, "--write"]) == 0
    assert record_of("alice", issuer or None) == {"a": 1}
    assert record_of("alice", "batch-jobs") is None


def test_records_that_were_kept_by_issuer_and_principal_stay_theirs(table: Any) -> None:
    old(table, json.dumps([ISSUER, "alice"]), {"a": 1})
    for odd in ("bob", "[]", '["a"]', '["a", 1]', "7"):
        old(table, odd, {"planted": True})
    assert main(["--table", "records", "--kept-by", "pair", "--write"]) == 0
    assert record_of("alice", ISSUER) == {"a": 1}
    assert sum("subject" in item for item in table.scan()["Items"]) == 1


def test_a_record_that_has_an_owner_is_never_overwritten(table: Any, capsys: pytest.CaptureFixture[str]) -> None:
    old(table, "alice", {"old": True})
    records.store(Caller("alice", {"iss": ISSUER}), {"new": True})
    assert main(["--table", "records", "--kept-by", "principal", "--issuer", ISSUER, "--write"]) == 0
    assert record_of("alice", ISSUER) == {"new": True}
    assert "0 records have their owner; 1 were left alone" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--kept-by", "pair", "--issuer", ISSUER], ["--kept-by", "principal"]])
def test_an_issuer_goes_with_bare_principals_alone(arguments: list[str]) -> None:
    assert main(["--table", "records", *arguments]) == 2


def test_a_table_that_is_not_there_is_told(aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--table", "nobodys", "--kept-by", "pair"]) == 1
    assert "the table nobodys cannot be changed: ResourceNotFoundException" in capsys.readouterr().err
