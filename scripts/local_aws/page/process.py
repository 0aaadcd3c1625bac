"""The page in a process of its own, beside the stack that it shows: start it, find it again, stop it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

from scripts import ROOT
from scripts.lib import processes
from scripts.lib.console import tail
from scripts.lib.program import Error
from scripts.local_aws.launcher import STAY

START_SECONDS = 20.0
STOP_SECONDS = 3.0


class PageProcess:
    """The page of one folder, which holds its process's number and its log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "page.log"
        self._pid_file = folder / "page.json"
        self._starter: subprocess.Popen[bytes] | None = None

    def start(self, port: int = 0) -> str:
        """Start the page anew, on a port or on any free one (0); returns its one-time URL.

        It ends with this process unless ``detach`` is called. Raises Error when it does not start.
        """
        self.stop()
        with self.log.open("wb") as output, processes.uninterrupted():
            self._starter = subprocess.Popen(
                [sys.executable, "-m", "scripts.local_aws.page", str(self.folder), str(port)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                cwd=ROOT,
                env={**os.environ, "LOCAL_STACK_FOLDER": str(self.folder)},
                start_new_session=True,
            )
            noted = {"pid": self._starter.pid, "identity": processes.identity(self._starter.pid) or ""}
            self._pid_file.write_text(json.dumps(noted) + "\n")
        url = _first_line(self._starter, START_SECONDS)
        if not url:
            self.stop()
            raise Error(tail(self.log, 1).strip() or f"it did not answer within {START_SECONDS:.0f} s")
        return url

    @property
    def started_here(self) -> bool:
        """Whether this object started the page, and will stop it."""
        return self._starter is not None

    def detach(self) -> None:
        """Let the page started here outlive this process."""
        if self._starter is not None and self._starter.stdin is not None:
            with processes.uninterrupted(), self._starter.stdin as stdin:
                stdin.write(STAY)
                self._starter = None

    def stop(self) -> bool:
        """Stop the page of this folder; returns whether there was one."""
        with processes.uninterrupted():
            pid = self._running()
            if pid is not None:
                processes.stop(pid, STOP_SECONDS)
            if self._starter is not None:
                self._starter.communicate()
                self._starter = None
            self._pid_file.unlink(missing_ok=True)
        return pid is not None

    def _running(self) -> int | None:
        try:
            noted = json.loads(self._pid_file.read_text())
            pid, identity = int(noted["pid"]), noted["identity"]
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None
        return pid if processes.identity(pid) == identity else None


def _first_line(process: subprocess.Popen[bytes], seconds: float) -> str:
    """The first line of a process's output; nothing when it ends or does not write one in time."""
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        if select.select([process.stdout], [], [], 0.2)[0]:
            return process.stdout.readline().decode().strip()
    return ""
