"""Processes that never outlive their purpose: interrupts, children, and the identity of a process.

Every child gets a session of its own: Ctrl-C in a terminal reaches this process alone, which then stops its children in
order. An interrupt is held back between the start of a child and the record of it. After the first interrupt the later
ones are ignored, for the work that they ask for is under way and ends in bounded time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NamedTuple

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """SIGINT, SIGTERM or SIGHUP arrived; ``exit_code`` is what the shell expects of a process it ended."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


class _Interrupts:
    holders = 0
    arrived: int | None = None
    raised = False


def _on_signal(number: int, _frame: FrameType | None) -> None:
    _Interrupts.arrived = number
    _raise_what_arrived()


def _raise_what_arrived() -> None:
    if _Interrupts.arrived is not None and not _Interrupts.holders and not _Interrupts.raised:
        _Interrupts.raised = True
        raise Interrupted(_Interrupts.arrived)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise Interrupted in the main thread, wherever it is, when the first of the signals arrives."""
    _Interrupts.arrived, _Interrupts.raised = None, False
    before = {number: signal.signal(number, _on_signal) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold interrupts back; one that arrived meanwhile is raised at the end."""
    _Interrupts.holders += 1
    try:
        yield
    finally:
        _Interrupts.holders -= 1
        _raise_what_arrived()


def run(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    patience: float = 15,
) -> int:
    """Run a command to its end, its output appended to a log.

    Takes how long an interrupted command may take to end by itself (seconds). Returns the exit code.
    """
    child = None
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("ab") as output, uninterrupted():
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=cwd,
                start_new_session=True,
            )
        return child.wait()
    finally:
        if child is not None and child.returncode is None:
            stop(child.pid, patience)
            child.wait()


def stop(pid: int, patience: float) -> None:
    """End the leader of a process group by an interrupt, and whatever is left of the group by force.

    Takes how long the leader may take to end by itself (seconds). Returns when nothing of the group runs any more.
    """
    with uninterrupted():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        _wait_while(lambda: is_running(pid), patience)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        _wait_while(lambda: any(process.group == pid for process in _running()), patience)


def is_running(pid: int) -> bool:
    """Whether a process runs. One that has ended and is not waited for yet does not."""
    return identity(pid) is not None


def identity(pid: int) -> str | None:
    """When a process started, which distinguishes it from a later one of the same number.

    Returns None when there is no such process, or when it has ended.
    """
    return next((process.started for process in _running(pid)), None)


class _Process(NamedTuple):
    group: int
    started: str


def _running(pid: int | None = None) -> Iterator[_Process]:
    """The process of this number, or all there are; without those that have ended."""
    if Path("/proc/self/stat").exists():
        return _running_by_proc("[0-9]*" if pid is None else str(pid))
    return _running_by_ps([] if pid is None else ["-p", str(pid)])


def _running_by_proc(pattern: str) -> Iterator[_Process]:
    """https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"""
    for file in Path("/proc").glob(f"{pattern}/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            # After the name in parentheses: the state is field 3, the group field 5, the start field 22.
            fields = file.read_text().rpartition(")")[2].split()
            if fields[0] not in "ZX":
                yield _Process(int(fields[2]), fields[19])


def _running_by_ps(choice: Sequence[str]) -> Iterator[_Process]:
    """https://pubs.opengroup.org/onlinepubs/9699919799/utilities/ps.html, with two columns that all systems have"""
    columns = ["-o", "pgid=", "-o", "stat=", "-o", "lstart="]
    listed = subprocess.run(["ps", *(choice or ["-A"]), *columns], capture_output=True, text=True, check=False)
    for line in listed.stdout.splitlines():
        group, state, started = line.split(None, 2)
        if not state.startswith("Z"):
            yield _Process(int(group), started.strip())


def _wait_while(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while condition() and time.monotonic() < deadline:
        time.sleep(0.02)
