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


ROOT_GROUP = "/aws/lambda/jwt-api-local-authorizer"
EXAMPLE_GROUP = "/aws/lambda/http-api-authorizer"


@pytest.fixture
def log(aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The local AWS's logs, with the group of the root's authorizer and that of its backend."""
    client = boto3.client("logs")
    monkeypatch.setattr(StackInfo, "client", lambda _, service: boto3.client(service))
    for name in (ROOT_GROUP, "/aws/lambda/jwt-api-local-backend"):
        create(client, name)
    put(client, 0, '{"outcome": "of the backend"}', "/aws/lambda/jwt-api-local-backend")
    return client


def create(client: Any, group: str) -> None:
    client.create_log_group(logGroupName=group)
    client.create_log_stream(logGroupName=group, logStreamName="one")


def put(client: Any, at: int, message: str, group: str = ROOT_GROUP) -> None:
    now = int(time.time() * 1000)
    client.put_log_events(
        logGroupName=group, logStreamName="one", logEvents=[{"timestamp": now + at, "message": message}]
    )


def test_lines_that_are_there_and_lines_that_come_are_printed_once(
    log: Any, running_stack: StackInfo, capsys: pytest.CaptureFixture[str]
) -> None:
    put(log, 0, ALLOW)
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1:
            put(log, 5, DENY)
            create(log, EXAMPLE_GROUP)
            put(log, 0, ALLOW, EXAMPLE_GROUP)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        logs.follow(running_stack, sleep)
    assert capsys.readouterr().out.splitlines() == [
        f"allow        {ALLOW}",
        f"allow        {ALLOW}",
        f"deny         {DENY}",
    ]


def test_events_without_an_id_are_printed_once(
    running_stack: StackInfo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    event = {"timestamp": 1, "logStreamName": "one", "message": ALLOW}
    monkeypatch.setattr(StackInfo, "client", lambda *_: None)
    monkeypatch.setattr(logs, "groups", lambda _: [ROOT_GROUP])
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
    assert logs.line('{"outcome": "deny", "reason": "x", "_aws": {"Timestamp": 1}}').endswith(
        '{"outcome": "deny", "reason": "x"}'
    )
    assert logs.line("[ERROR] Unauthorized: Unauthorized") == "<dim>[ERROR] Unauthorized: Unauthorized"


def test_without_a_stack_it_says_what_to_run(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["logs", "--folder", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "local stack: nothing is up: `make up` starts it\n"
