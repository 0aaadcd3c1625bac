"""One structured log line per decision, which is its metrics too; no token, secret or signature is ever in it.

The metrics are CloudWatch's embedded metric format: the line itself says which of its members are metrics, and
CloudWatch reads them from the log.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import os
import sys
import time
from contextlib import suppress
from functools import cache
from typing import Any

from jwt_authorizer.settings import Telemetry

_cold_start = True

# A line is made here and holds nothing of itself, so nobody looks for that.
_to_json = json.JSONEncoder(check_circular=False).encode


class Decision:
    """The log record of one call; `log` writes it as a line of JSON."""

    def __init__(self, settings: Telemetry, request_id: str) -> None:
        global _cold_start
        self.fields: dict[str, Any] = {"request_id": request_id, "cold_start": _cold_start}
        _cold_start = False
        self._settings = settings
        self._steps: dict[str, float] = {}
        self._started = self._marked = time.perf_counter()

    def mark(self, step: str) -> None:
        """Record that a step has just ended: the log shows the milliseconds since the one before."""
        now = time.perf_counter()
        self._steps[step] = round((now - self._marked) * 1000, 3)
        self._marked = now

    def principal(self, principal: str) -> None:
        """Record who is calling; the log shows it only where the configuration allows it."""
        if self._settings.log_principal:
            self.fields["principal"] = principal

    def log(self, outcome: str, reason: str | None = None, **fields: Any) -> None:
        """Write the line: `outcome` is allow, deny, unauthorized or error; `reason` says why, where it is not allow.

        An allow that is not sampled is counted all the same, by a line of nothing but its metrics.
        """
        milliseconds = round((time.perf_counter() - self._started) * 1000, 3)
        metrics = {"decisions": (1, "Count"), "latency": (milliseconds, "Milliseconds")}
        if outcome == "allow" and not _sampled(self._settings.allow_sample):
            if self._settings.namespace:
                write({"outcome": outcome}, self._settings.namespace, metrics)
            return
        record = {"outcome": outcome, "reason": reason, **self.fields, **fields, "steps": self._steps}
        write(record, self._settings.namespace, metrics)


def _sampled(share: float) -> bool:
    # os.urandom, because importing random slows the cold start, and copies of one snapshot would share its state.
    return share >= 1 or int.from_bytes(os.urandom(4)) < share * 2**32


def event(settings: Telemetry, name: str, message: str) -> None:
    """Write a line about something other than a decision, such as a key source that fails, and count it."""
    write({"event": name, "message": message}, settings.namespace, {name: (1, "Count")})


def write(
    record: dict[str, Any], namespace: str | None = None, metrics: dict[str, tuple[float, str]] | None = None
) -> None:
    """Write one line of JSON to the function's log, leaving out what is None.

    With a namespace, the metrics (name to value and unit) are CloudWatch's too, by function and by whichever of
    outcome and reason the record has. What the log does not take is lost: a log that fails never changes a decision.
    """
    line = {name: value for name, value in record.items() if value is not None}
    line.update({name: value for name, (value, _) in (metrics or {}).items()})
    aws = ""
    if namespace and metrics:
        line["function"] = _function_name()
        units = tuple((name, unit) for name, (_, unit) in metrics.items())
        directives = _directives(namespace, units, "outcome" in line, "reason" in line)
        aws = f', "_aws": {{"Timestamp": {int(time.time() * 1000)}, "CloudWatchMetrics": {directives}}}'
    with suppress(OSError, ValueError):
        # One write, for a background thread may be writing too, and CloudWatch reads metrics from whole lines only.
        sys.stdout.write(f"{_to_json(line)[:-1]}{aws}}}\n")


@cache
def _function_name() -> str:
    """The function's name, which Lambda gives an execution environment once."""
    return os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or "unknown"


@cache
def _directives(namespace: str, units: tuple[tuple[str, str], ...], has_outcome: bool, has_reason: bool) -> str:
    """Which members of a line are metrics, and their dimensions, in JSON; the same for every line of one kind.

    Each metric is paid for once for each value of its dimensions, so durations, whose reasons nobody compares, have
    the outcome alone.
    """
    outcome = [["function", "outcome"]] if has_outcome else []
    directives = [_directive(namespace, [["function"], *outcome], units)]
    counts = tuple((name, unit) for name, unit in units if unit == "Count")
    if has_reason and counts:
        directives.append(_directive(namespace, [["function", "reason"]], counts))
    return json.dumps(directives)


def _directive(namespace: str, dimensions: list[list[str]], units: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    named = [{"Name": name, "Unit": unit} for name, unit in units]
    return {"Namespace": namespace, "Dimensions": dimensions, "Metrics": named}
