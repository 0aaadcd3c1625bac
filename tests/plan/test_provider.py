"""The provider process that the plans share ends with the process that started it, however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from scripts.lib import processes
from tests.plan.provider import UNTIL_EOF

STARTER = """
import subprocess, sys, time
subprocess.Popen(["sh", "-c", sys.argv[1], "sh", "-c", "echo $$ >pid; exec sleep 60"], stdin=subprocess.PIPE)
time.sleep(60)
"""


def test_a_killed_starter_takes_its_program_along(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER, UNTIL_EOF], cwd=tmp_path) as starter:
        file = tmp_path / "pid"
        until = time.monotonic() + 20
        while not (file.exists() and file.read_text()) and time.monotonic() < until:
            time.sleep(0.02)
        pid = int(file.read_text())
        assert processes.is_running(pid)
        os.kill(starter.pid, 9)
    while processes.is_running(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not processes.is_running(pid)


def test_a_program_that_ends_by_itself_is_not_waited_for() -> None:
    with subprocess.Popen(
        ["sh", "-c", UNTIL_EOF, "false"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as program:
        assert program.wait(timeout=20) == 1
