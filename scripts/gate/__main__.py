"""Guard a pull request before it is planned: ``python -m scripts.gate guard --base FOLDER --head FOLDER``.

Both folders are clean checkouts. Prints what stops the pull request, one line for each place. Exits 0 when it may be
planned, 3 when a person has to plan it, and 2 when the folders cannot be read. ``packages --from FOLDER --to FOLDER``
takes over the Lambda packages of a pull request, or exits 2 when they are not what they should be.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.gate import guard, packages
from scripts.gate.configuration import Problem
from scripts.lib.console import say
from scripts.lib.program import UsageError, run

STOPPED = 3

ADVICE = (
    "This pull request is not planned by itself, for its plan could use the identity that reads AWS.",
    "Somebody who may read the environment reads these places, checks the branch out and runs `make plan review`.",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    given = _parser().parse_args(arguments)
    return run("guard", lambda: int(given.action(given)))


def _guard(given: argparse.Namespace) -> int:
    for folder in (given.base, given.head):
        if not (folder / given.root).is_dir():
            raise UsageError(f"{folder / given.root} is no folder: name two checkouts that hold {given.root}")
    try:
        found = guard.examine(given.base, given.head, given.root)
    except OSError as error:
        raise UsageError(f"{error.filename or 'a file'} cannot be read: {error.strerror or error}") from None
    except RecursionError:
        raise UsageError("definitions refer to each other too deeply to be followed") from None
    for problem in found:
        say(f"guard: {_line(problem)}")
    for line in ADVICE if found else ():
        say(f"guard: {line}")
    return STOPPED if found else 0


def _packages(given: argparse.Namespace) -> int:
    names = packages.take_over(given.source, given.target)
    say(f"guard: {len(names)} files of packages in {given.target}")
    return 0


def _line(problem: Problem) -> str:
    """One line, whatever the names hold: each character that is not printable ASCII is written out."""
    text = f"{problem.place.file}:{problem.place.line}: {problem.what}"
    return "".join(character if " " <= character <= "~" else ascii(character)[1:-1] for character in text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="guard", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("guard", help="what stops a pull request")
    command.add_argument("--base", type=Path, required=True, help="a checkout of the commit to merge into")
    command.add_argument("--head", type=Path, required=True, help="a checkout of the pull request")
    command.add_argument("--root", default="terraform", help="the folder of the root module (default: terraform)")
    command.set_defaults(action=_guard)
    command = commands.add_parser("packages", help="take over Lambda packages that were built elsewhere")
    command.add_argument("--from", dest="source", type=Path, required=True, help="the folder where they arrived")
    command.add_argument("--to", dest="target", type=Path, required=True, help="the folder to copy them to")
    command.set_defaults(action=_packages)
    return parser


if __name__ == "__main__":
    sys.exit(main())
