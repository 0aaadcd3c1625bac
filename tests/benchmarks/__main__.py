"""Measure everything: `python -m tests.benchmarks [--runs N] [--no-node] [--json FILE]`.

Prints a table for each thing measured, and every target with its verdict; writes the figures to `build/bench.json`.
`--page` measures nothing: it puts the figures of that file into the documentation. Exits with 1 when a target is
missed, with 2 when there is nothing to measure with, and as the shell expects when interrupted. Needs Linux, whose
/proc tells of CPU time and memory.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.lib.console import Steps, complain, paint, say
from scripts.lib.processes import Interrupted, interruptible
from scripts.lib.program import Error
from scripts.package.interpreters import Interpreter
from tests.benchmarks import cold, contestants, figures, packaging, report, targets, tokens, warm, workshop
from tests.benchmarks.runtime_api import RuntimeFailed
from tests.benchmarks.stand_ins import StandIns
from tests.benchmarks.targets import Verdict

JSON = workshop.ROOT / "build/bench.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    given = _arguments(arguments)
    try:
        if given.page:
            report.write(json.loads(given.json.read_text()))
            return 0
        with interruptible():
            measured = _measure(given.runs, with_node=not given.no_node)
    except (workshop.WorkshopError, RuntimeFailed, Error) as failure:
        complain(f"bench: {failure}")
        return 2
    except OSError as failure:
        complain(f"bench: {failure.filename or 'a file'}: {failure.strerror}")
        return 2
    except Interrupted as interrupt:
        complain("bench: interrupted")
        return interrupt.exit_code
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(measured, indent=2) + "\n")
    for name, table in report.TABLES.items():
        if name != "targets":
            say(f"\n{report.text(table(measured))}")
    say(f"\n{_coloured(report.text(report.targets(measured)))}")
    return 0 if all(Verdict(*verdict).is_met for verdict in measured["targets"]) else 1


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=21, help="how often to start each contestant (default: 21)")
    parser.add_argument("--no-node", action="store_true", help="leave out what needs Node.js")
    parser.add_argument("--json", type=Path, default=JSON, help="where the figures are (default: build/bench.json)")
    parser.add_argument("--page", action="store_true", help="put the figures into the documentation, and no more")
    given = parser.parse_args(arguments)
    if given.runs < 1:
        parser.error("--runs must be at least 1")
    return given


def _measure(runs: int, *, with_node: bool) -> dict[str, Any]:
    if sys.platform != "linux":
        raise workshop.WorkshopError("CPU time and memory are read from /proc, so this needs Linux")
    steps = Steps()
    interpreter = workshop.interpreter()
    python = workshop.runtime(interpreter, steps.say)
    packages, signers = workshop.ours(steps.say), tokens.signers()
    with StandIns(signers["RS256"].jwks) as stand_ins:
        everybody = contestants.prepare(
            python, interpreter, packages, signers, stand_ins, steps.say, with_node=with_node
        )
        steps.say(f"{runs} cold starts of each of {len(everybody)}, in turn")
        starts = cold.interleaved(everybody, runs, _tell_some(steps))
    steps.say("warm calls")
    rival, _ = workshop.rival("pyjwt_rs256", python, steps.say)
    calls = warm.measure(python, packages["authorizer"][0], rival, signers)
    steps.say("make package")
    builds = packaging.measure()
    run = targets.Run({contestant.name: contestant for contestant in everybody}, starts, calls)
    return {
        "machine": _machine(interpreter, with_node=with_node),
        "starts": targets.starts(run),
        "targets": targets.judge(run),
        "cold": figures.cold(everybody, starts),
        "warm": figures.medians(calls),
        "package": figures.medians(builds),
    }


def _tell_some(steps: Steps) -> cold.Tell:
    def tell(round_number: int) -> None:
        if round_number and round_number % 5 == 0:
            steps.say(f"  {round_number} of each")

    return tell


def _machine(interpreter: Interpreter, *, with_node: bool) -> dict[str, Any]:
    node = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout if with_node else ""
    return {
        "architecture": platform.machine(),
        "processors": os.cpu_count(),
        "python": interpreter.release,
        "node": node.strip().removeprefix("v"),
    }


def _coloured(table: str) -> str:
    return table.replace("MISSED", paint("MISSED", "red"))


if __name__ == "__main__":
    sys.exit(main())
