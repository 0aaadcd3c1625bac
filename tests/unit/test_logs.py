"""The authorizer's log lines of the local stack, as they are printed."""

from __future__ import annotations

import time
from typing import Any

import boto3
import pytest

from scripts.lib.local_stack import StackInfo
from scripts.local_aws import __main__ as command
from scripts.local_aws import logs

ALLOW = '{"outcome": "allow", "rule": "signed-in"}'
DENY = '{"outcome": "deny", "reason": "insufficient_scope"}'


@pytest.fixture
def group(aws: None, running_stack: StackInfo, monkeypatch: pytest.MonkeyPatch) -> Any:
    client = boto3.client("logs")
    monkeypatch.setattr(StackInfo, "client", lambda _, service: boto3.client(service))
    client.create_log_group(logGroupName=running_stack.authorizer_log_group)
    client.create_log_stream(logGroupName=running_stack.authorizer_log_group, logStreamName="one")
    return client


def put(client: Any, info: StackInfo, at: int, message: str) -> None:
    client.put_log_events(
        logGroupName=info.authorizer_log_group,
        logStreamName="one",
        logEvents=[{"timestamp": at, "message": message}],
    )


def test_lines_that_are_there_and_lines_that_come_are_printed_once(
    group: Any, running_stack: StackInfo, capsys: pytest.CaptureFixture[str]
) -> None:
    now = int(time.time() * 1000)
    put(group, running_stack, now, ALLOW)
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1:
            put(group, running_stack, now + 5, DENY)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        logs.follow(running_stack, sleep)
    assert capsys.readouterr().out.splitlines() == [f"allow        {ALLOW}", f"deny         {DENY}"]


def test_events_without_an_id_are_printed_once(
    running_stack: StackInfo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    event = {"timestamp": 1, "logStreamName": "one", "message": ALLOW}
    monkeypatch.setattr(StackInfo, "client", lambda *_: None)
    monkeypatch.setattr(logs, "events", lambda *_: iter([event, event, {**event, "timestamp": 2}]))

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        logs.follow(running_stack, stop)
    assert capsys.readouterr().out.count("allow ") == 2


def test_a_log_group_that_is_not_there_yet_has_no_lines(aws: None) -> None:
    assert list(logs.events(boto3.client("logs"), "/aws/lambda/none", 0)) == []


def test_each_outcome_has_its_colour_and_other_lines_are_dim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "paint", lambda text, style: f"<{style}>{text}")
    assert logs.line(ALLOW).startswith("<green>allow")
    assert logs.line(DENY).startswith("<red>deny")
    assert logs.line("[ERROR] Unauthorized: Unauthorized") == "<dim>[ERROR] Unauthorized: Unauthorized"


def test_without_a_stack_it_says_what_to_run(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["logs", "--folder", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "local stack: nothing is up: `make up` starts it\n"
