"""Hold an environment to ``terraform/callers.json``: ``python -m scripts.review_plan.check --environment dev``.

Holds the plan that ``make plan`` wrote, offline and by the authorizer's own code. ``local`` is the local stack: the one
that ``make up`` started, or else one for this check alone, is asked by real requests and a WebSocket client. Exits 0,
or 1 when an answer is another, or 2 when something cannot be read.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from scripts import ROOT
from scripts.lib import local_stack, processes
from scripts.lib.console import Steps, complain, paint, say
from scripts.lib.local_stack import StackInfo
from scripts.lib.program import UsageError, run
from scripts.review_plan import callers, callers_file
from scripts.review_plan.access.routes import RouteTable
from scripts.review_plan.callers import Cell, Contract
from scripts.review_plan.errors import ReviewError
from scripts.review_plan.plan import document
from scripts.review_plan.plan.state import State

CALLERS: Final = ROOT / "terraform" / "callers.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    given = _options(arguments)
    try:
        return run("check", lambda: _check(given))
    except ReviewError as error:
        complain(f"check: {error}")
        return 2


def _check(given: argparse.Namespace) -> int:
    environment = given.environment or given.name
    if not environment:
        raise UsageError("name the environment that the plan is of: --name dev")
    contract = callers_file.read(given.callers, environment)
    found = list(_of_local(contract) if given.environment == "local" else _of_plan(contract, _plan(given)))
    wrong = [each for each in found if not isinstance(each, Cell) or not each.holds]
    for each in wrong:
        say(f"{paint('✗', 'red')} {each}")
    cells = sum(isinstance(each, Cell) for each in found)
    say(f"{cells} answers are held against {given.callers.name}; {len(wrong) or 'none'} of what is there is wrong")
    return 1 if wrong else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="check", description=(__doc__ or "").partition("\n")[0])
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--environment", metavar="NAME", help="what `make plan ENV=NAME` wrote; or local")
    where.add_argument("--plan", type=Path, metavar="FILE", help="the output of `terraform show -json`")
    parser.add_argument("--name", default="", help="the environment in the file of callers that a plan is of")
    parser.add_argument("--callers", type=Path, default=CALLERS, help="the file (default: terraform/callers.json)")
    return parser.parse_args(arguments)


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


def _of_local(contract: Contract) -> list[Cell | str]:
    """What the local stack answers: the one that runs, or one that is started for this and stopped again."""
    info = local_stack.read()
    if info is not None:
        say(f"Asking the stack of `make up` at {info.base_url}, as it was applied")
        return list(of_stack(contract, info))
    from scripts.local_aws.stack import Stack

    stack = Stack(local_stack.FOLDER / "check", Steps())
    with processes.interruptible(), stack.up() as started:
        found = list(of_stack(contract, started))
    stack.down()
    return found


def of_stack(contract: Contract, info: StackInfo) -> Iterator[Cell | str]:
    """What a running local stack answers to real requests with signed tokens, each route by its own verb."""
    from scripts.smoke.contract import CONNECT, answer, expected

    secret = info.secret()
    urls = dict.fromkeys(info.routes, info.base_url)
    if info.websocket_url is not None:
        urls[CONNECT] = info.websocket_url
    by_route = {expectation.route: (key, expectation) for key, expectation in contract.routes.items()}
    for route in by_route.keys() - urls.keys():
        yield f"{by_route[route][0]} is in the file and is no route of the stack: remove it, or correct its name"
    for route, url in urls.items():
        if route not in by_route:
            yield f"{route} has no expectation: write what it answers each caller"
            continue
        expectation = by_route[route][1]
        for caller in contract.callers:
            actual = answer(url, expectation, authorization(caller, secret, info.algorithm))
            yield Cell(route, caller.name, expected(expectation, caller), actual)


def authorization(caller: callers.Caller, secret: bytes, algorithm: str) -> str | None:
    """The Authorization header of a caller, whose token is made now; None for a caller without a token."""
    if caller.claims is None:
        return None
    from scripts.token.minting import mint

    return f"Bearer {mint(caller.token_claims(int(time.time())), secret, algorithm)}"


if __name__ == "__main__":
    sys.exit(main())
