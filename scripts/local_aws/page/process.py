"""The page in a process of its own, beside the stack that it shows: start it, find it again, stop it."""

from __future__ import annotations

import os
import select
import subprocess
import time
from pathlib import Path

from scripts.lib.console import tail
from scripts.lib.program import Error
from scripts.local_aws.companion import Companion

START_SECONDS = 20.0
STOP_SECONDS = 3.0


class PageProcess(Companion):
    """The page of one folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "page", STOP_SECONDS)

    def start(self, port: int = 0) -> str:
        """Start the page anew, on a port or on any free one (0); returns its one-time URL.

        It ends with this process unless ``detach`` is called. Raises Error when it does not start.
        """
        self.stop()
        process, _ = self._begin(
            ["-m", "scripts.local_aws.page", str(self._folder), str(port)], os.environ, subprocess.PIPE
        )
        url = _first_line(process, START_SECONDS)
        if not url:
            self.stop()
            raise Error(tail(self.log, 1).strip() or f"it did not answer within {START_SECONDS:.0f} s")
        return url


def _first_line(process: subprocess.Popen[bytes], seconds: float) -> str:
    """The first line of a process's output; nothing when it ends or does not write one in time."""
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        if select.select([process.stdout], [], [], 0.2)[0]:
            return process.stdout.readline().decode().strip()
    return ""
