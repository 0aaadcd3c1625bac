"""Hold the tests of the modules that decide against mutants of these modules: `python -m tests.mutation`.

Goes on where it was stopped, which `tally.json` says, after trying again what has survived so far; `--minutes` ends it
after a slice. A changed module begins anew. Writes `docs/mutation.md`. Exits with 1 when something survives that is not
listed as equivalent, with 2 when the tests fail without any mutant.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from scripts import ROOT
from scripts.lib import environments
from scripts.lib.console import say
from scripts.lib.program import Error, run
from tests.mutation import report, runner
from tests.mutation.modules import TESTS, name_of

TALLY: Final = Path(__file__).with_name("tally.json")
REQUIREMENTS: Final = ROOT / "requirements-mutation.txt"
# A mutant that loops for ever is killed after so many times the time of the original, and some seconds.
_PATIENCE: Final = 4

Mutant = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="mutation", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=float("inf"), help="how long, at most")
    given = parser.parse_args(arguments)
    return run("mutation", lambda: _run(time.monotonic() + given.minutes * 60))


def _run(ends: float) -> int:
    python = environments.install("mutation", REQUIREMENTS)
    runner.prepare()
    tally: dict[str, Any] = json.loads(TALLY.read_text()) if TALLY.exists() else {}
    for path in TESTS:
        if time.monotonic() < ends:
            _module(path, tally, python, ends)
    (ROOT / report.PAGE).write_text(report.page({path: tally[path] for path in TESTS if path in tally}))
    unexplained = [survivor for path, entry in tally.items() for survivor in report.unexplained(path, entry)]
    return 1 if unexplained else 0


def _module(path: str, tally: dict[str, Any], python: Path, ends: float) -> None:
    """Try the mutants of one module that are not known to be killed, and note what becomes of each at once."""
    source = (ROOT / path).read_text()
    digest = hashlib.sha256(source.encode()).hexdigest()
    mutants = list(_mutants(path, python))
    entry = tally.get(path, {})
    if entry.get("source") != digest:
        entry = tally[path] = {"source": digest, "mutants": len(mutants), "tried": 0, "survived": []}
    opened = list(map(_key, report.unexplained(path, entry)))
    waiting = [mutant for mutant in mutants if _key(mutant) in opened]
    if not waiting and entry["tried"] == len(mutants):
        return
    original = runner.test(name_of(path), ROOT / path, source, TESTS[path], 600)
    if not original.passed:
        raise Error(f"{', '.join(TESTS[path])} do not pass as it is", 2)
    patience = 5 + _PATIENCE * original.seconds
    for number, mutant in enumerate([*waiting, *mutants[entry["tried"] :]]):
        if time.monotonic() > ends:
            break
        entry["survived"] = [known for known in entry["survived"] if _key(known) != _key(mutant)]
        if runner.test(name_of(path), ROOT / path, mutant.pop("source"), TESTS[path], patience).passed:
            entry["survived"].append(mutant)
            say(f"mutation: {path}:{mutant['line']}: {mutant['before']} -> {mutant['after']}")
        entry["tried"] += number >= len(waiting)
        entry["date"] = datetime.now(UTC).date().isoformat()
        TALLY.write_text(json.dumps(tally, indent=1, ensure_ascii=False) + "\n")
    say(f"mutation: {path}: {entry['tried']} of {len(mutants)} tried, {len(entry['survived'])} survived")


def _mutants(path: str, python: Path) -> Iterator[Mutant]:
    done = subprocess.run(
        [python, Path(__file__).with_name("mutants.py"), ROOT / path], capture_output=True, text=True, check=True
    )
    yield from map(json.loads, done.stdout.splitlines())


def _key(mutant: Mapping[str, Any]) -> tuple[str, int]:
    return mutant["operator"], mutant["occurrence"]


if __name__ == "__main__":
    sys.exit(main())
