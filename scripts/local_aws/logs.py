"""What the authorizer of the running local stack logs, as it comes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scripts.lib.console import paint, say
from scripts.lib.local_stack import StackInfo

_STYLES = {"allow": "green", "deny": "red", "unauthorized": "red", "error": "bold"}
_POLL_SECONDS = 1.0


def follow(info: StackInfo, sleep: Callable[[float], object] = time.sleep) -> None:
    """Print the log's lines, those that are there and those that come, until an interrupt."""
    logs = info.client("logs")
    seen: set[Any] = set()
    since = 0
    while True:
        for event in events(logs, info.authorizer_log_group, since):
            # MiniStack gives events no id.
            identity = event.get("eventId") or (event.get("logStreamName"), event["timestamp"], event["message"])
            if identity not in seen:
                seen.add(identity)
                since = max(since, event["timestamp"])
                say(line(event["message"].rstrip("\n")))
        sleep(_POLL_SECONDS)


def events(logs: Any, group: str, since: int) -> Iterator[Mapping[str, Any]]:
    """The events of a log group from a time on (milliseconds since 1970), oldest first; none without the group."""
    try:
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since):
            yield from page["events"]
    except logs.exceptions.ResourceNotFoundException:
        return


def line(message: str) -> str:
    """A message as it is printed: a decision begins with its outcome in colour, all else is dim."""
    try:
        outcome = json.loads(message)["outcome"]
    except (ValueError, KeyError, TypeError):
        return paint(message, "dim")
    return f"{paint(str(outcome).ljust(12), _STYLES.get(outcome, 'bold'))} {message}"
