"""A process beside this one: it ends with its starter unless it is detached, and a file lets a later run find it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts import ROOT
from scripts.lib import processes

_STAY = b"stay"


class Companion:
    """One Python program of a folder; ``<name>.json`` notes its process, ``<name>.log`` holds what it writes."""

    def __init__(self, folder: Path, name: str, stop_seconds: float) -> None:
        self.log = folder / f"{name}.log"
        self._folder = folder
        self._note = folder / f"{name}.json"
        self._stop_seconds = stop_seconds
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def started_here(self) -> bool:
        """Whether this object started the process, and will stop it."""
        return self._process is not None

    def noted(self) -> dict[str, Any] | None:
        """What is noted of the process: ``pid``, ``identity`` and what else was noted; None when it has ended.

        A later process of the same number has another identity.
        """
        try:
            note = json.loads(self._note.read_text())
            return dict(note) if processes.identity(int(note["pid"])) == note["identity"] else None
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    def _begin(
        self, arguments: Sequence[str], environment: Mapping[str, str], output: int | None = None, **more: Any
    ) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
        """Start it, in a session of its own.

        Takes Python's arguments, the environment, where standard output goes (``subprocess.PIPE``; None: to the log)
        and what else to note. Returns the process, and what is noted of it.
        """
        with self.log.open("wb") as log, processes.uninterrupted():
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.PIPE,
                stdout=log if output is None else output,
                stderr=log,
                env={**environment, "LOCAL_STACK_FOLDER": str(self._folder)},
                cwd=ROOT,
                start_new_session=True,
            )
            identity = processes.identity(self._process.pid) or ""
            note = {"pid": self._process.pid, "identity": identity, **more}
            self._note.write_text(json.dumps(note, indent=2) + "\n")
        return self._process, note

    def detach(self) -> None:
        """Let the process that was started here outlive this one."""
        if self._process is not None and self._process.stdin is not None:
            with processes.uninterrupted(), self._process.stdin as stdin:
                stdin.write(_STAY)
                self._process = None

    def stop(self) -> bool:
        """Stop the process of this folder, also one that an earlier run started; returns whether there was one."""
        with processes.uninterrupted():
            found = self.noted()
            if found is not None:
                processes.stop(found["pid"], self._stop_seconds)
            if self._process is not None:
                self._process.communicate()
                self._process = None
            self._note.unlink(missing_ok=True)
        return found is not None


def exit_with_parent() -> None:
    """In the program itself, in a thread: end it and its workers when the starter ends without detaching it."""
    # Not sys.stdin: a thread that waits in it keeps the interpreter from ending.
    if os.read(sys.stdin.fileno(), len(_STAY)) == _STAY:
        return
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)
    os.killpg(os.getpgid(0), signal.SIGKILL)
