"""Guard a pull request before it is planned: ``python -m scripts.gate guard --base FOLDER --head FOLDER``.

Both folders are clean checkouts. Prints what stops the pull request, one line for each place. Exits 0 when it may be
planned, 3 when a person has to plan it, and 2 when the folders cannot be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.gate import guard
from scripts.gate.configuration import Problem

STOPPED = 3

ADVICE = (
    "This pull request is not planned by itself, for its plan could use the identity that reads AWS.",
    "Somebody who may read the environment reads these places, checks the branch out and runs `make plan review`.",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    given = _parser().parse_args(arguments)
    for folder in (given.base, given.head):
        if not (folder / given.root).is_dir():
            print(
                f"guard: {folder / given.root} is no folder: name two checkouts that hold {given.root}", file=sys.stderr
            )
            return 2
    try:
        found = guard.examine(given.base, given.head, given.root)
    except OSError as error:
        print(f"guard: {error.filename or 'a file'} cannot be read: {error.strerror or error}", file=sys.stderr)
        return 2
    except RecursionError:
        print("guard: definitions refer to each other too deeply to be followed", file=sys.stderr)
        return 2
    for problem in found:
        print(f"guard: {_line(problem)}")
    if found:
        print("guard:", "\nguard: ".join(ADVICE))
    return STOPPED if found else 0


def _line(problem: Problem) -> str:
    """One line, whatever the names hold: each character that is not printable ASCII is written out."""
    text = f"{problem.place.file}:{problem.place.line}: {problem.what}"
    return "".join(character if " " <= character <= "~" else ascii(character)[1:-1] for character in text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.gate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command = parser.add_subparsers(dest="command", required=True).add_parser("guard", help="what stops a pull request")
    command.add_argument("--base", type=Path, required=True, help="a checkout of the commit to merge into")
    command.add_argument("--head", type=Path, required=True, help="a checkout of the pull request")
    command.add_argument("--root", default="terraform", help="the folder of the root module (default: terraform)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
