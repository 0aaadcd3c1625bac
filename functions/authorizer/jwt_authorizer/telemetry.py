"""One structured log line per decision, with no token, secret or signature in it."""

import json
import sys
import time
from typing import Any

_cold_start = True


class Decision:
    """What is known of one call so far; `log` writes it as a line of JSON."""

    def __init__(self, request_id: str) -> None:
        global _cold_start
        self.fields: dict[str, Any] = {"request_id": request_id, "cold_start": _cold_start}
        _cold_start = False
        self._started = time.perf_counter()

    def log(self, outcome: str, reason: str | None = None, **fields: Any) -> None:
        """Write the line: `outcome` is allow, deny, unauthorized or error; `reason` says why, where it is not allow."""
        milliseconds = round((time.perf_counter() - self._started) * 1000, 3)
        record = {"outcome": outcome, "reason": reason, **self.fields, **fields, "milliseconds": milliseconds}
        write(record)


def write(record: dict[str, Any]) -> None:
    """Write one line of JSON to the function's log, leaving out what is None."""
    line = json.dumps({name: value for name, value in record.items() if value is not None})
    # Lambda's standard output is not buffered, so that `print` would make a second system call for the line's end.
    sys.stdout.write(line + "\n")
