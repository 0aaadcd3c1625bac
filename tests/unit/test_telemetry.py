"""What the log and the metrics tell of a decision."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from jwt_authorizer import telemetry
from jwt_authorizer.errors import ConfigurationError, EventNotRecognized, KeysUnavailable, Unauthorized
from tests.unit.conftest import Invoke, mint

Start = Callable[..., Invoke]


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The function has a name, which it looks for once."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders-authorizer")
    telemetry._function_name.cache_clear()
    yield
    telemetry._function_name.cache_clear()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("named")
def test_a_decisions_line_is_its_metrics_too(start: Start, lines: Any) -> None:
    with pytest.raises(Unauthorized):
        start()(mint(exp=1))
    (line,) = lines()
    first, second = line["_aws"]["CloudWatchMetrics"]
    assert line["function"] == "orders-authorizer"
    assert first["Dimensions"] == [["function"], ["function", "outcome"]]
    assert first["Metrics"] == [{"Name": "decisions", "Unit": "Count"}, {"Name": "latency", "Unit": "Milliseconds"}]
    assert second["Dimensions"] == [["function", "reason"]]
    assert second["Metrics"] == [{"Name": "decisions", "Unit": "Count"}]


def check_format(line: dict[str, Any]) -> None:
    """What the specification says of a line: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html"""
    about = line["_aws"]
    assert set(about) == {"Timestamp", "CloudWatchMetrics"}
    assert type(about["Timestamp"]) is int
    assert about["Timestamp"] > 1e12, "the milliseconds since 1970"
    for directive in about["CloudWatchMetrics"]:
        assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
        assert 1 <= len(directive["Namespace"]) <= 255
        assert 1 <= len(directive["Metrics"]) <= 100
        assert len(json.dumps(line)) < 256 * 1024
        for dimensions in directive["Dimensions"]:
            assert len(dimensions) <= 30
            for name in dimensions:
                assert isinstance(line[name], str), "a dimension's value is a text in the root of the line"
                assert 1 <= len(line[name]) <= 1024
                assert line[name].isascii()
        for metric in directive["Metrics"]:
            assert set(metric) == {"Name", "Unit"}
            assert metric["Unit"] in ("Count", "Milliseconds")
            assert type(line[metric["Name"]]) in (int, float)


def test_every_line_is_as_the_embedded_metric_format_asks(start: Start, aws: None, lines: Any) -> None:
    invoke = start(telemetry={"allow_sample": 0}, context_claims=["name"], rules={"signed-in": {"scopes": ["a"]}})
    for changes in ({"scope": "a"}, {}, {"exp": 1}, {"name": "x" * 9000, "scope": "a"}):
        with suppress(Unauthorized):
            invoke(mint(**changes))
    with suppress(EventNotRecognized):
        invoke(None, methodArn="?")
    with suppress(KeysUnavailable):
        start(keys={"secret": {"ssm": "/absent"}})(mint())
    logged = lines()
    assert {line.get("outcome") for line in logged} == {None, "allow", "deny", "unauthorized", "error"}
    for line in logged:
        check_format(line)


def test_metrics_are_few_however_many_the_reasons(start: Start, lines: Any) -> None:
    invoke = start()
    for changes in ({}, {"exp": 1}, {"aud": "x"}, {"sub": None}, {"nbf": 4102444800}):
        with suppress(Unauthorized):
            invoke(mint(**changes))
    paid_for = {
        (metric["Name"], *((name, line[name]) for name in dimensions))
        for line in lines()
        for directive in line["_aws"]["CloudWatchMetrics"]
        for dimensions in directive["Dimensions"]
        for metric in directive["Metrics"]
    }
    # Both metrics as a whole and for each of two outcomes; of four reasons, the count alone.
    assert len(paid_for) == 2 * 3 + 4


class Broken(io.StringIO):
    """A log that takes nothing."""

    def write(self, text: str) -> int:  # noqa: ARG002 - a file's
        raise OSError(28, "No space left on device")


def test_a_log_that_takes_nothing_changes_no_decision(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    invoke = start()
    monkeypatch.setattr("sys.stdout", Broken())
    assert invoke(mint())["principalId"] == "user-1"
    with pytest.raises(Unauthorized):
        invoke(mint(exp=1))
    with pytest.raises(ConfigurationError):
        invoke(mint(), alias="nobody's")


def test_a_line_is_written_whole(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr("sys.stdout.write", written.append)
    start()(mint())
    (text,) = written
    assert json.loads(text)["outcome"] == "allow"
    assert text.endswith("}\n")


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
    logged = lines()
    assert [line["decisions"] for line in logged] == [1] * 6
    assert all("rule" not in line for line in logged[:5])
    assert logged[5]["reason"] == "token_expired"


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
    assert failure["message"] == "issuers[0].keys.secret.ssm: SSM has no parameter of this name"
    assert decision["reason"] == "keys_unavailable"


def test_a_start_that_fails_is_told_and_counted(start: Start, lines: Any) -> None:
    with pytest.raises(ConfigurationError) as wrong_rules:
        start(rules={})
    # By its name the alarm tells a start from a single call, in Lambda's own line too.
    assert wrong_rules.type.__name__ == "StartFailure"
    with pytest.raises(ConfigurationError):
        start(keys={"secret": {"environment": "ABSENT"}}, telemetry={"namespace": "Orders"})
    wrong, absent = lines()
    for line in (wrong, absent):
        check_format(line)
        assert (line["event"], line["start_failures"]) == ("start_failures", 1)
    assert "rules is {}: write an object of one rule or more" in wrong["message"]
    assert "the environment variable ABSENT is not set" in absent["message"]
    assert [line["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in (wrong, absent)] == [
        "JwtAuthorizer",
        "Orders",
    ]
