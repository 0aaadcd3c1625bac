"""How long `make package` takes: with nothing built but the wheels downloaded, and with nothing changed."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.workshop import ROOT, WorkshopError


def measure(runs: int = 3) -> dict[str, list[float]]:
    """The seconds of each build for AWS, `cold` and `unchanged`."""
    samples: dict[str, list[float]] = {"cold": [], "unchanged": []}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as output:
            for kind in samples:
                samples[kind].append(_build(Path(output)))
    return samples


def _build(output: Path) -> float:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "scripts.package", "--target", "aws", "--output", str(output)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise WorkshopError(f"the packages cannot be built: {done.stderr}")
    return time.perf_counter() - started
