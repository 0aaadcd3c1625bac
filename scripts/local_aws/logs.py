"""What the authorizers of the running local stack log, as it comes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scripts.lib.console import paint, say
from scripts.lib.local_stack import StackInfo

_STYLES = {"allow": "green", "deny": "red", "unauthorized": "red", "error": "bold"}
_POLL_SECONDS = 1.0
_METRICS = "_aws"
"""The member by which CloudWatch reads the metrics of a line: long, and the same in every line."""


def follow(info: StackInfo, sleep: Callable[[float], object] = time.sleep) -> None:
    """Print the lines of every authorizer's log, those that are there and those that come, until an interrupt.

    The examples' authorizers count too, also those that are applied later.
    """
    logs = info.client("logs")
    seen: set[Any] = set()
    since: dict[str, int] = {}
    while True:
        for group in groups(logs):
            for event in events(logs, group, since.get(group, 0)):
                # MiniStack gives events no id.
                stream = (group, event.get("logStreamName"), event["timestamp"], event["message"])
                identity = event.get("eventId") or stream
                if identity not in seen:
                    seen.add(identity)
                    since[group] = max(since.get(group, 0), event["timestamp"])
                    say(line(event["message"].rstrip("\n")))
        sleep(_POLL_SECONDS)


def groups(logs: Any) -> list[str]:
    """The log groups of the authorizers, which the root and every example name alike."""
    pages = logs.get_paginator("describe_log_groups").paginate()
    names = [str(group["logGroupName"]) for page in pages for group in page["logGroups"]]
    return sorted(name for name in names if name.endswith("-authorizer"))


def events(logs: Any, group: str, since: int) -> Iterator[Mapping[str, Any]]:
    """The events of a log group from a time on (milliseconds since 1970), oldest first; none once it is gone."""
    try:
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since):
            yield from page["events"]
    except logs.exceptions.ResourceNotFoundException:
        return


def decision(message: str) -> dict[str, Any] | None:
    """The decision in a message, without its metrics; None for a message that is none."""
    try:
        found = json.loads(message)
        return {name: value for name, value in found.items() if name != _METRICS} if "outcome" in found else None
    except (ValueError, AttributeError, TypeError):
        return None


def line(message: str) -> str:
    """A message as it is printed: a decision begins with its outcome in colour, all else is dim."""
    found = decision(message)
    if found is None:
        return paint(message, "dim")
    outcome = found["outcome"]
    return f"{paint(str(outcome).ljust(12), _STYLES.get(outcome, 'bold'))} {json.dumps(found)}"
