"""Hold an environment to ``terraform/callers.json``: ``python -m scripts.review_plan.check --environment dev``.

Holds the plan that ``make plan`` wrote, offline and by the authorizer's own code. ``local`` is the running local stack:
it is asked by real requests. Exits 0, or 1 when an answer is another, or 2 when something cannot be read.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from scripts import ROOT
from scripts.lib import local_stack
from scripts.lib.console import complain, paint, say
from scripts.lib.program import Error, UsageError
from scripts.review_plan import callers
from scripts.review_plan.access.decision import ALLOWED
from scripts.review_plan.access.routes import RouteTable
from scripts.review_plan.callers import Caller, Cell, Contract
from scripts.review_plan.errors import ReviewError
from scripts.review_plan.plan import document
from scripts.review_plan.plan.state import State

CALLERS: Final = ROOT / "terraform" / "callers.json"
_PARAMETER: Final = re.compile(r"\{([^}+]+)\+?\}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="check", description=(__doc__ or "").partition("\n")[0])
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--environment", metavar="NAME", help="what `make plan ENV=NAME` wrote; or local")
    where.add_argument("--plan", type=Path, metavar="FILE", help="the output of `terraform show -json`")
    parser.add_argument("--name", default="", help="the environment in the file of callers that a plan is of")
    parser.add_argument("--callers", type=Path, default=CALLERS, help="the file (default: terraform/callers.json)")
    given = parser.parse_args(arguments)
    try:
        contract = callers.read(given.callers, given.environment or given.name)
        found = list(_of_stack(contract) if given.environment == "local" else _of_plan(contract, _plan(given)))
    except (ReviewError, UsageError, Error) as error:
        complain(f"check: {error}")
        return 2
    wrong = [each for each in found if not isinstance(each, Cell) or not each.holds]
    for each in wrong:
        say(f"{paint('✗', 'red')} {each}")
    cells = sum(isinstance(each, Cell) for each in found)
    say(f"{cells} answers are held against {given.callers.name}; {len(wrong) or 'none'} of what is there is wrong")
    return 1 if wrong else 0


def _plan(given: argparse.Namespace) -> bytes:
    if given.plan is not None:
        try:
            data: bytes = given.plan.read_bytes()
        except OSError as error:
            raise ReviewError(f"{given.plan} cannot be read: {error.strerror}") from None
        return data
    from scripts.operate import environment

    return environment.show(given.environment)


def _of_plan(contract: Contract, plan: bytes) -> Iterator[Cell | str]:
    read = document.read(plan)
    table = RouteTable(State(read, after=True), State(read, after=False))
    yield from callers.compare(contract, list(table.all), int(time.time()))


def _of_stack(contract: Contract) -> Iterator[Cell | str]:
    """What the running local stack answers to real requests."""
    info = local_stack.read()
    if info is None:
        raise UsageError("no local stack runs: run `make up`, or name an environment that is planned")
    from scripts.smoke.http import ask

    secret = info.secret()
    for name in info.routes:
        expectation = contract.routes.get(name)
        if expectation is None:
            yield f"{name} has no expectation: write what it answers each caller"
            continue
        verb, _, path = name.partition(" ")
        where = _PARAMETER.sub(lambda found, own=expectation.path: own.get(found[1], found[1]), path)  # type: ignore[misc]
        for caller in contract.callers:
            token = _token(caller, secret, info.algorithm)
            status = ask(f"{info.base_url.rstrip('/')}{where}", token, verb).status
            actual = str(status) if status in (401, 403) else ALLOWED
            expected = ALLOWED if expectation.public else expectation.answers[caller.name]
            yield Cell(name, caller.name, expected, actual)


def _token(caller: Caller, secret: bytes, algorithm: str) -> str | None:
    if caller.claims is None:
        return None
    from scripts.token.minting import mint

    return f"Bearer {mint(caller.token_claims(int(time.time())), secret, algorithm)}"


if __name__ == "__main__":
    sys.exit(main())
