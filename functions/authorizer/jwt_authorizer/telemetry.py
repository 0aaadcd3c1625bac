"""One structured log line per decision, which is its metrics too; no token, secret or signature is ever in it.

The metrics are CloudWatch's embedded metric format: the line itself says which of its members are metrics, and
CloudWatch reads them from the log.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import os
import random
import time
from typing import Any

from jwt_authorizer.settings import Telemetry

_cold_start = True


class Decision:
    """What is known of one call so far; `log` writes it as a line of JSON."""

    def __init__(self, settings: Telemetry, request_id: str) -> None:
        global _cold_start
        self.fields: dict[str, Any] = {"request_id": request_id, "cold_start": _cold_start}
        _cold_start = False
        self._settings = settings
        self._steps: dict[str, float] = {}
        self._started = self._marked = time.perf_counter()

    def mark(self, step: str) -> None:
        """Say that a step has just ended, to tell the milliseconds since the one before."""
        now = time.perf_counter()
        self._steps[step] = round((now - self._marked) * 1000, 3)
        self._marked = now

    def principal(self, principal: str) -> None:
        """Say who is calling, which is logged only where the configuration allows it."""
        if self._settings.log_principal:
            self.fields["principal"] = principal

    def log(self, outcome: str, reason: str | None = None, **fields: Any) -> None:
        """Write the line: `outcome` is allow, deny, unauthorized or error; `reason` says why, where it is not allow.

        An allow that is not sampled is counted all the same, by a line of nothing but its metrics.
        """
        milliseconds = round((time.perf_counter() - self._started) * 1000, 3)
        metrics = {"decisions": (1, "Count"), "latency": (milliseconds, "Milliseconds")}
        if outcome == "allow" and random.random() >= self._settings.allow_sample:  # noqa: S311 - not a secret
            if self._settings.namespace:
                write({"outcome": outcome}, self._settings.namespace, metrics)
            return
        told = {"outcome": outcome, "reason": reason, **self.fields, **fields, "steps": self._steps}
        write(told, self._settings.namespace, metrics)


def event(settings: Telemetry, name: str, message: str) -> None:
    """Write a line about something other than a decision, such as a key source that fails, and count it."""
    write({"event": name, "message": message}, settings.namespace, {name: (1, "Count")})


def write(
    record: dict[str, Any], namespace: str | None = None, metrics: dict[str, tuple[float, str]] | None = None
) -> None:
    """Write one line of JSON to the function's log, leaving out what is None.

    With a namespace, the metrics (name to value and unit) are CloudWatch's too, by function and by whichever of
    outcome and reason the record has.
    """
    line = {name: value for name, value in record.items() if value is not None}
    line.update({name: value for name, (value, _) in (metrics or {}).items()})
    if namespace and metrics:
        line["function"] = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        line["_aws"] = {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": namespace,
                    "Dimensions": [["function"]]
                    + [["function", name] for name in ("outcome", "reason") if name in line],
                    "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in metrics.items()],
                }
            ],
        }
    print(json.dumps(line))
