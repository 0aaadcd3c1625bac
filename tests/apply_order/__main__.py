"""Prove every change, and pairs of changes: ``python -m tests.apply_order``, which goes on where it was stopped."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.apply_order.changes import Change, pairs, singles
from tests.apply_order.expectation import third_states
from tests.apply_order.proof import Proof, Result
from tests.apply_order.record import STOPPED, Record
from tests.apply_order.system import ApplyFailed, System


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the record does not have yet; returns 0 when all that the record has holds."""
    options = _options(arguments)
    everything = _runs(_all(options.pairs), options.seeds)
    known = {**singles(), **pairs()}
    chosen = _runs([known[name] for name in options.change], options.seeds) if options.change else everything
    wanted = [(change.name, seed) for change, seed in everything]
    record = Record()
    ahead = [(change, seed) for change, seed in _part(chosen, options.part) if not record.has(change.name, seed)]
    print(f"{len(ahead)} of {len(chosen)} are not in the record of these modules yet, or have to be planned again")
    folder = Path(tempfile.mkdtemp(prefix="apply-order-"))
    until = time.monotonic() + 60 * options.minutes
    try:
        with System(folder) as system:
            proof = Proof(system)
            for change, seed in ahead:
                if time.monotonic() > until:
                    break
                if record.has(change.name, seed):
                    continue  # the order before was the only one
                result = _proved(proof, record, wanted, change, seed)
                if result is not None:
                    record.add(result, wanted)
                    _say(result)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if record.violated() else 0


def _proved(
    proof: Proof, record: Record, wanted: Sequence[tuple[str, int]], change: Change, seed: int
) -> Result | None:
    """Prove a change; None where the record has it from older modules, under which Terraform does the same."""
    try:
        record.renew(change.name, proof.plan(change).key, wanted)
        if record.has(change.name, seed):
            print(f"the same  {change.name} (seed {seed})")
            return None
        return proof.prove(change, seed, stop=seed == STOPPED)
    except ApplyFailed as error:
        return Result(change.name, seed, violations=[f"cannot be applied: {' '.join(str(error).split())[-600:]}"])


def _all(number_of_pairs: int) -> list[Change]:
    """Every single change, every pair with a third state, and so many other pairs, which are the same each time."""
    every_pair = list(pairs().values())
    random.Random("pairs").shuffle(every_pair)  # noqa: S311
    return [*singles().values(), *sorted(every_pair, key=lambda pair: not third_states(pair))[:number_of_pairs]]


def _runs(changes: Sequence[Change], seeds: int) -> list[tuple[Change, int]]:
    """Each change with each of its seeds, the first seed of all first; a pair has one, after those that stop."""
    runs = [(change, seed) for change in changes for seed in range(1, (seeds if change.name in singles() else 1) + 1)]
    return sorted(runs, key=lambda run: run[1] if run[0].name in singles() else STOPPED)


def _part(runs: list[tuple[Change, int]], part: str) -> list[tuple[Change, int]]:
    """The runs of each n-th change, where "2/3" is the second part of three."""
    number, parts = map(int, part.split("/"))
    names = list(dict.fromkeys(change.name for change, _ in runs))
    mine = set(names[number - 1 :: parts])
    return [(change, seed) for change, seed in runs if change.name in mine]


def _say(result: Result) -> None:
    print(f"{'holds   ' if result.holds else 'VIOLATED'} {result.change} (seed {result.seed}, {result.states} states)")
    for line in result.violations:
        print(f"    {line}")
    sys.stdout.flush()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="prove", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many orders of each change")
    parser.add_argument("--pairs", type=int, default=60, help="how many pairs, in one order each")
    parser.add_argument("--minutes", type=float, default=24 * 60, help="after how many minutes to stop")
    parser.add_argument("--change", action="append", default=[], help="only the change, or the pair, of this name")
    parser.add_argument("--part", default="1/1", help="only this part of the changes, 1/2: for two side by side")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
