"""Build the functions' packages: ``python -m scripts.package [--target aws|host] [--snapshot URL ...]``.

Writes a zip for each function and ``manifest.json``, to ``build/`` for AWS and to ``.local/build/`` for this
machine, or says that they are up to date. Snapshots are the key sets of issuers as they are now, for the authorizer
to begin with; each is also kept in ``snapshots/`` beside the manifest, where ``--snapshot-file`` finds it again on a
machine that cannot reach the issuer. With ``--example`` the one function of that example is built instead, to
``examples/NAME/`` below that folder. Exits with 1 when they cannot be built, with 2 when the arguments
are wrong and with 130 when interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts import ROOT
from scripts.lib.console import complain, say
from scripts.lib.program import Error, run
from scripts.package import fingerprint, interpreters, manifest, snapshots, targets
from scripts.package.functions import EXAMPLES, FUNCTIONS, Function


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    given = _arguments(arguments)
    return run("package", lambda: _run(given))


def _run(given: argparse.Namespace) -> int:
    target = (
        targets.host()
        if given.target == "host"
        else targets.aws(given.architecture or "arm64", given.runtime or targets.RUNTIMES[0])
    )
    chosen = [EXAMPLES[given.example]] if given.example else FUNCTIONS
    folder = f"{target.output}/examples/{given.example}" if given.example else target.output
    output: Path = given.output or ROOT / folder
    try:
        _package(target, output, snapshots.gather(given.snapshot, given.snapshot_file), chosen)
    except OSError as error:
        raise Error(f"{error.filename or 'a file'}: {error.strerror or error}") from None
    except KeyboardInterrupt:
        raise Error(f"interrupted; {_shown(output)} holds no half-written file", 130) from None
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.package",
        description="Build the functions' packages and their manifest, the same to the byte on every run.",
    )
    parser.add_argument(
        "--target", choices=("aws", "host"), default="aws", help="where they will run (default: %(default)s)"
    )
    parser.add_argument("--architecture", choices=targets.ARCHITECTURES, help="for AWS only (default: arm64)")
    parser.add_argument("--runtime", choices=targets.RUNTIMES, help=f"for AWS only (default: {targets.RUNTIMES[0]})")
    parser.add_argument("--output", type=Path, help="the folder to write to (default: build or .local/build)")
    parser.add_argument(
        "--snapshot",
        metavar="URL",
        action="extend",
        nargs="+",
        default=[],
        help="put the keys of this issuer or JWKS URL, as they are now, into the authorizer's package",
    )
    parser.add_argument(
        "--snapshot-file",
        metavar="URL=PATH",
        action="extend",
        nargs="+",
        default=[],
        help="the same from a file: a snapshot that an earlier build kept in its folder snapshots",
    )
    parser.add_argument("--example", choices=EXAMPLES, help="build the function of this example instead")
    given = parser.parse_args(arguments)
    if given.target == "host" and (given.architecture or given.runtime):
        parser.error("--architecture and --runtime are for --target aws: the host's are what they are")
    return given


def _package(
    target: targets.Target, output: Path, taken: Sequence[snapshots.Snapshot], functions: Sequence[Function]
) -> None:
    interpreter = interpreters.find(target.python)
    if interpreter is None:
        _warn_of_missing_bytecode(target)
    inputs = fingerprint.of_inputs(ROOT, target, interpreter, taken, functions)
    if fingerprint.is_current(output / fingerprint.NAME, inputs):
        say(f"package: {_shown(output)} is up to date")
        return
    # Imported here because it takes longer than finding out that there is nothing to do.
    from scripts.package.build import build

    build(ROOT, target, interpreter, output, inputs, lambda line: say(f"package: {line}"), taken, functions)
    _print_summary(output)


def _warn_of_missing_bytecode(target: targets.Target) -> None:
    name, release = target.runtime, target.runtime.removeprefix("python")
    complain(
        f"package: WARNING: THERE IS NO {name.upper()} ON THIS MACHINE, so the packages carry no bytecode "
        f"and will start slower. Install it, for instance by `uv python install {release}`, and run this again.",
    )


def _print_summary(output: Path) -> None:
    heading = ("file", "size", "content", "runtime", "bytecode")
    entries = manifest.read(output / manifest.NAME)["functions"].values()
    rows = [heading, *(_summary(output, entry) for entry in entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _summary(output: Path, entry: manifest.Entry) -> tuple[str, ...]:
    return (
        _shown(output / entry["file"]),
        f"{entry['size_bytes'] / 1000:.1f} KB",
        entry["content_hash"][:12],
        f"{entry['runtime']} {entry['architecture']}",
        "NONE" if entry["bytecode"] == manifest.NO_BYTECODE else entry["bytecode"],
    )


def _shown(path: Path) -> str:
    """A path as people write it: from where they are, when it lies below."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)


if __name__ == "__main__":
    sys.exit(main())
