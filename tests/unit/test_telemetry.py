"""What the log and the metrics tell of a decision."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from jwt_authorizer.errors import KeysUnavailable, Unauthorized
from tests.unit.conftest import Invoke, mint

Start = Callable[..., Invoke]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_decisions_line_is_its_metrics_too(start: Start, lines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders-authorizer")
    with pytest.raises(Unauthorized):
        start()(mint(exp=1))
    (line,) = lines()
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "JwtAuthorizer"
    assert directive["Dimensions"] == [["function"], ["function", "outcome"], ["function", "reason"]]
    assert directive["Metrics"] == [
        {"Name": "decisions", "Unit": "Count"},
        {"Name": "latency", "Unit": "Milliseconds"},
    ]
    # The format asks that every dimension and metric is a member of the line, dimensions as strings.
    for dimensions in directive["Dimensions"]:
        assert all(isinstance(line[name], str) for name in dimensions)
    assert all(isinstance(line[metric["Name"]], int | float) for metric in directive["Metrics"])
    assert isinstance(line["_aws"]["Timestamp"], int)


def test_an_allow_has_no_reason_to_count_by(start: Start, lines: Any) -> None:
    start()(mint())
    (line,) = lines()
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["function"], ["function", "outcome"]]


def test_a_line_tells_the_milliseconds_of_each_step(start: Start, lines: Any) -> None:
    start()(mint())
    (line,) = lines()
    assert list(line["steps"]) == ["read", "verify", "rule"]
    assert sum(line["steps"].values()) <= line["latency"] + 0.01


def test_the_route_is_told_as_far_as_the_event_names_it(start: Start, lines: Any) -> None:
    start()(mint())
    (line,) = lines()
    assert line["route"] == "GET /hello"


def test_the_principal_is_told_only_where_the_configuration_says_so(start: Start, lines: Any) -> None:
    start()(mint())
    start(telemetry={"log_principal": True})(mint())
    assert [line.get("principal") for line in lines()] == [None, "user-1"]


def test_allows_that_are_not_sampled_are_counted_all_the_same(start: Start, lines: Any) -> None:
    invoke = start(telemetry={"allow_sample": 0})
    for _ in range(5):
        invoke(mint())
    with pytest.raises(Unauthorized):
        invoke(mint(exp=1))
    told = lines()
    assert [line["decisions"] for line in told] == [1] * 6
    assert all("rule" not in line for line in told[:5])
    assert told[5]["reason"] == "token_expired"


def test_without_a_namespace_there_are_no_metrics_and_no_sampled_lines(start: Start, lines: Any) -> None:
    start(telemetry={"namespace": None, "allow_sample": 0})(mint())
    assert lines() == []
    start(telemetry={"namespace": None})(mint())
    assert "_aws" not in lines()[0]


def test_a_key_source_that_fails_is_told_and_counted(start: Start, aws: None, lines: Any) -> None:
    invoke = start(keys={"secret": {"ssm": "/absent"}})
    with pytest.raises(KeysUnavailable):
        invoke(mint())
    failure, decision = lines()
    assert (failure["event"], failure["key_source_failures"]) == ("key_source_failures", 1)
    assert failure["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "key_source_failures", "Unit": "Count"}]
    assert "/absent" in failure["message"]
    assert decision["reason"] == "keys_unavailable"
