"""Children end with their purpose, interrupts lose nothing, and a process is not taken for another."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.lib import processes


def in_a_moment(act: Callable[[], None]) -> None:
    threading.Timer(0.3, act).start()


def interrupt_me() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_a_commands_output_and_exit_code_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert processes.run(["sh", "-c", "echo out; echo err >&2; exit 3"], log) == 3
    assert log.read_text() == "out\nerr\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_command_is_stopped_with_its_children(tmp_path: Path, number: signal.Signals) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 60 & echo $! $$ > {pids}; wait"
    in_a_moment(lambda: os.kill(os.getpid(), number))
    with pytest.raises(processes.Interrupted) as interrupt, processes.interruptible():
        processes.run(["sh", "-c", script], tmp_path / "log", patience=1)
    assert interrupt.value.exit_code == 128 + number
    assert [pid for pid in pids.read_text().split() if processes.is_running(int(pid))] == []


def test_a_command_that_ignores_the_interrupt_is_killed(tmp_path: Path) -> None:
    in_a_moment(interrupt_me)
    began = time.monotonic()
    with pytest.raises(processes.Interrupted), processes.interruptible():
        processes.run(["sh", "-c", "trap '' INT; sleep 60"], tmp_path / "log", patience=1)
    assert time.monotonic() - began < 5


def test_an_interrupt_waits_for_what_must_not_be_cut() -> None:
    done = []

    def start_something() -> None:
        with processes.uninterrupted():
            interrupt_me()
            done.append("noted")
        done.append("went on")

    with pytest.raises(processes.Interrupted), processes.interruptible():
        start_something()
    assert done == ["noted"]


def test_a_second_interrupt_does_not_cut_the_cleaning_up() -> None:
    done = []

    def work() -> None:
        try:
            interrupt_me()
        finally:
            interrupt_me()
            done.append("cleaned up")

    with pytest.raises(processes.Interrupted), processes.interruptible():
        work()
    assert done == ["cleaned up"]


def test_the_handlers_of_before_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with processes.interruptible():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_process_keeps_its_identity_until_it_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        first = processes.identity(child.pid)
        assert first is not None
        assert processes.identity(child.pid) == first
        assert child.stdin is not None
        child.stdin.close()
        deadline = time.monotonic() + 10
        while processes.is_running(child.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        # Nobody has waited for it yet: its number is taken, and it has ended all the same.
        assert processes.identity(child.pid) is None


def test_two_processes_are_told_apart() -> None:
    assert processes.identity(os.getpid()) != processes.identity(1)


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps")
def test_ps_tells_what_proc_tells_on_systems_without_it() -> None:
    (own,) = processes._running_by_ps(["-p", str(os.getpid())])
    assert own.group == os.getpgid(0)
    assert own.started
    assert own in list(processes._running_by_ps([]))
