"""The denylist: which tokens it refuses, what it costs, and what happens when it cannot be read."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from jwt_authorizer.errors import ClaimInvalid, ClaimMissing, RevocationUnavailable, TokenRevoked, Unauthorized
from jwt_authorizer.revocation import Denylist, subject_key, token_key
from jwt_authorizer.settings import Revocation
from tests.unit.conftest import Invoke, mint

Start = Callable[..., Invoke]
ISSUER = "https://login.example.com/"
NOW = int(time.time())


@pytest.fixture
def table(aws: None) -> Any:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="revoked",
        KeySchema=[{"AttributeName": "revoked", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "revoked", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


def put(client: Any, key: str, **attributes: int) -> None:
    item = {name: {"N": str(value)} for name, value in attributes.items()}
    client.put_item(TableName="revoked", Item={"revoked": {"S": key}, **item})


def test_a_revoked_token_is_unauthorized_and_no_other(
    start: Start, table: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    put(table, token_key(ISSUER, "t1"))
    invoke = start(revocation={"table": "revoked"})
    with pytest.raises(Unauthorized):
        invoke(mint(jti="t1"))
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["reason"] == "token_revoked"
    assert invoke(mint(jti="t2"))["principalId"] == "user-1"
    assert invoke(mint())["principalId"] == "user-1"


def test_a_subjects_earlier_tokens_are_revoked_and_later_ones_are_good(start: Start, table: Any) -> None:
    put(table, subject_key(ISSUER, "user-1"), issued_before=NOW - 100)
    invoke = start(revocation={"table": "revoked"})
    for issued_at in (NOW - 101, None):
        with pytest.raises(Unauthorized):
            invoke(mint(iat=issued_at))
    assert invoke(mint(iat=NOW - 100))["principalId"] == "user-1"
    assert invoke(mint(iat=NOW - 101, sub="user-2"))["principalId"] == "user-2"


def test_a_token_of_another_with_the_same_id_is_good(start: Start, table: Any) -> None:
    put(table, token_key("another", "t1"))
    assert start(revocation={"table": "revoked"})(mint(jti="t1"))["principalId"] == "user-1"


@pytest.mark.parametrize("token_id", [7, ["t1"], True])
def test_a_token_id_that_is_no_string_is_unauthorized(start: Start, table: Any, token_id: Any) -> None:
    with pytest.raises(Unauthorized):
        start(revocation={"table": "revoked"})(mint(jti=token_id))


def test_without_the_table_there_is_no_decision(start: Start, aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RevocationUnavailable, match="revoked cannot be read: ResourceNotFoundException"):
        start(revocation={"table": "revoked"})(mint(jti="t1"))
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["reason"] == "denylist_unavailable"


def test_tokens_pass_without_the_table_only_where_the_configuration_says_so(
    start: Start, aws: None, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke = start(revocation={"table": "revoked", "on_failure": "allow"})
    assert invoke(mint(jti="t1"))["principalId"] == "user-1"
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in events if "event" in line] == ["denylist_failures"]


class Table:
    """A table that remembers its requests, and answers as the test says."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.requests: list[Any] = []
        self._answer = answer

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's own name
        self.requests.append(RequestItems)
        return self._answer


def test_one_consistent_read_is_all_that_a_decision_costs() -> None:
    table = Table({"Responses": {"revoked": []}})
    Denylist(Revocation(table="revoked", allow_on_failure=False), table).check({"iss": "i", "jti": "t", "sub": "s"})
    ((request,),) = (table.requests,)
    assert request["revoked"]["ConsistentRead"] is True
    assert len(request["revoked"]["Keys"]) == 2


def test_a_token_that_nothing_could_revoke_is_refused_and_asks_nothing() -> None:
    table = Table({})
    with pytest.raises(ClaimMissing, match="jti or sub"):
        Denylist(Revocation(table="revoked", allow_on_failure=False), table).check({"iss": "i"})
    assert table.requests == []


@pytest.mark.parametrize(
    "answer", [{}, {"Responses": {}}, {"Responses": {"another": []}}, {"Responses": {"revoked": None}}]
)
def test_an_answer_without_the_table_is_no_answer(answer: dict[str, Any]) -> None:
    with pytest.raises(RevocationUnavailable, match="revoked cannot be read: it is not in the answer"):
        Denylist(Revocation(table="revoked", allow_on_failure=False), Table(answer)).check({"jti": "t"})


def test_a_throttled_table_is_no_answer() -> None:
    table = Table({"Responses": {}, "UnprocessedKeys": {"revoked": {}}})
    with pytest.raises(RevocationUnavailable, match="throttled"):
        Denylist(Revocation(table="revoked", allow_on_failure=False), table).check({"jti": "t"})


@pytest.mark.parametrize("claim", ["jti", "sub"])
def test_what_is_too_long_to_be_looked_up_is_no_good_token(claim: str) -> None:
    table = Table({})
    with pytest.raises(ClaimInvalid):
        # Six bytes each, as a key has it.
        Denylist(Revocation(table="revoked", allow_on_failure=True), table).check({"iss": "i", claim: "語" * 341})
    assert table.requests == []


class Silent:
    """A table whose connection ends without an answer: botocore then says `response = None`."""

    def batch_get_item(self, **_: Any) -> Any:
        raise ReadTimeoutError(endpoint_url="https://dynamodb.eu-west-1.amazonaws.com")


def test_a_connection_that_ends_without_an_answer_is_a_table_that_cannot_be_read() -> None:
    with pytest.raises(RevocationUnavailable, match="the table revoked cannot be read: ReadTimeoutError"):
        Denylist(Revocation(table="revoked", allow_on_failure=False), Silent()).check({"iss": "i", "jti": "t"})


def test_off_it_costs_nothing(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "jwt_authorizer.revocation")
    start()(mint())
    assert "jwt_authorizer.revocation" not in sys.modules


@given(st.none() | st.text(), st.text(), st.none() | st.text(), st.text())
def test_no_two_tokens_or_subjects_share_a_key(issuer: str | None, one: str, other: str | None, two: str) -> None:
    assert token_key(issuer, one) != subject_key(issuer, one)
    if (issuer, one) != (other, two):
        assert token_key(issuer, one) != token_key(other, two)
        assert subject_key(issuer, one) != subject_key(other, two)


@given(st.integers(0, 2_000_000_000) | st.floats(0, 2e9), st.integers(0, 2_000_000_000))
def test_a_subjects_entry_divides_time_exactly(issued_at: float, before: int) -> None:
    table = Table({"Responses": {"revoked": [{"issued_before": {"N": str(before)}}]}})
    denylist = Denylist(Revocation(table="revoked", allow_on_failure=False), table)
    if issued_at < before:
        with pytest.raises(TokenRevoked):
            denylist.check({"sub": "s", "iat": issued_at})
    else:
        denylist.check({"sub": "s", "iat": issued_at})
