"""Make a release, or build one again and compare: ``python -m scripts.release make VERSION | verify TAG``.

    make    builds the release of the commit HEAD twice in different places, compares both to the byte, and makes the
            tag; the files of the release go to ``build/release``. Nothing is pushed, the work tree is not touched
    verify  builds a tag's release again from the source that the tag names, and compares the trees
    tree    writes the tree of a release to a folder: the other two run it, in a copy of the source

Exits 0 when it did so, 1 when the builds differ or cannot be made, 2 when something has to be done first.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts import ROOT
from scripts.lib.program import run
from scripts.release import making, tree
from scripts.release.git import Repository


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    given = _parser().parse_args(arguments)
    return run("release", lambda: int(given.action(given)))


def _make(given: argparse.Namespace) -> int:
    return making.make(Repository(ROOT), making.checked(given.version))


def _verify(given: argparse.Namespace) -> int:
    return making.verify(Repository(ROOT), given.release)


def _tree(given: argparse.Namespace) -> int:
    tree.write(ROOT, making.checked(given.version), given.output)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("make", help="make the tag of a release")
    command.add_argument("version", help="the version, such as 1.0.0")
    command.set_defaults(action=_make)
    command = commands.add_parser("verify", help="build a release again and compare")
    command.add_argument("release", help="the tag, such as v1.0.0")
    command.set_defaults(action=_verify)
    command = commands.add_parser("tree", help="write the tree of a release")
    command.add_argument("version", help="the version, such as 1.0.0")
    command.add_argument("--output", type=Path, required=True, help="the folder to write to, which must not exist")
    command.set_defaults(action=_tree)
    return parser


if __name__ == "__main__":
    sys.exit(main())
