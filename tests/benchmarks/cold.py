"""A cold start: from a fresh process to the first decision, in CPU time, wall time and memory."""

import itertools
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.runtime_api import RuntimeApi, RuntimeFailed

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:authorizer:signed-in"
_PATIENCE_SECONDS = 30.0

# Called with the number of each round that is over.
Tell = Callable[[int], None]


class Contestant(NamedTuple):
    """One function to start: `command` runs its runtime in `folder`, where its zip, of `zip_bytes`, was unpacked.

    `allows` says whether an answer to `event` is the one that a good token gets.
    """

    name: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    event: object
    allows: Callable[[Any], bool]
    zip_bytes: int = 0


class Sample(NamedTuple):
    """One cold start: milliseconds until the runtime fetched the event, and until it had the answer; kilobytes."""

    init_cpu_ms: float
    cpu_ms: float
    init_wall_ms: float
    wall_ms: float
    peak_kb: int
    after_kb: int


def interleaved(contestants: Sequence[Contestant], runs: int, tell: Tell = lambda _: None) -> dict[str, list[Sample]]:
    """Start every contestant in turn, and all of them again, so that whatever disturbs the machine disturbs them alike.

    A first round, which fills the page cache, does not count. Returns `runs` samples for each name.
    """
    samples: dict[str, list[Sample]] = {contestant.name: [] for contestant in contestants}
    for round_number, contestant in itertools.product(range(runs + 1), contestants):
        sample = start(contestant)
        if round_number:
            samples[contestant.name].append(sample)
        if contestant is contestants[-1]:
            tell(round_number)
    return samples


def start(contestant: Contestant) -> Sample:
    """Start a contestant once. Raises RuntimeFailed, with the end of its log, unless it allows the event."""
    moments: dict[str, tuple[float, float]] = {}
    process: subprocess.Popen[bytes] | None = None
    started = threading.Event()

    def note(moment: str) -> None:
        # On a busy machine the contestant may ask before its process is known here.
        started.wait(_PATIENCE_SECONDS)
        # Nothing of the contestant runs meanwhile: it waits for this very answer.
        assert process is not None
        moments[moment] = (time.perf_counter() - began, cpu_seconds(process.pid))

    with tempfile.TemporaryFile() as log, RuntimeApi(contestant.event, FUNCTION_ARN, note) as api:
        environment = _environment(contestant, api.address)
        began = time.perf_counter()
        process = subprocess.Popen(
            contestant.command, cwd=contestant.folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        started.set()
        try:
            answer = api.answer(_PATIENCE_SECONDS, lambda: process.poll() is None)
            memory = memory_kilobytes(process.pid)
        except RuntimeFailed as failure:
            log.seek(0)
            said = log.read().decode(errors="replace")[-2000:]
            raise RuntimeFailed(f"{contestant.name}: {failure}\n{said}") from None
        finally:
            process.kill()
            process.wait()
    if not contestant.allows(answer):
        raise RuntimeFailed(f"{contestant.name}: does not allow a good token: {answer}")
    (init_wall, init_cpu), (wall, cpu) = moments["initialized"], moments["answered"]
    return Sample(init_cpu * 1000, cpu * 1000, init_wall * 1000, wall * 1000, *memory)


def _environment(contestant: Contestant, runtime_api: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_LAMBDA_FUNCTION_NAME": "authorizer",
        "AWS_REGION": "eu-west-1",
        "LAMBDA_TASK_ROOT": str(contestant.folder),
        # Lambda's folder is read-only, so what was not compiled before is compiled every time.
        "PYTHONDONTWRITEBYTECODE": "1",
        **contestant.environment,
    }


def cpu_seconds(pid: int) -> float:
    """The CPU time of all threads of a process until now, to the nanosecond.

    https://docs.kernel.org/scheduler/sched-stats.html
    """
    total = 0
    for task in os.scandir(f"/proc/{pid}/task"):
        total += int(Path(task.path, "schedstat").read_text().split()[0])
    return total / 1e9


def memory_kilobytes(pid: int) -> tuple[int, int]:
    """The most memory that a process has had resident, and what it has now."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]), int(status["VmRSS"].split()[0])
