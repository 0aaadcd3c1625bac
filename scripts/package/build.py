"""From sources and requirements to zips and their manifest."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from scripts.package import archive, bytecode, fingerprint, manifest, wheels
from scripts.package.functions import FUNCTIONS, Function, sources
from scripts.package.interpreters import Interpreter
from scripts.package.snapshots import Snapshot
from scripts.package.targets import Target

WHEEL_CACHE = ".local/wheels"

Say = Callable[[str], None]


SNAPSHOTS = "snapshots"
"""The folder beside the manifest that keeps the snapshots, for builds on machines that cannot take them."""


def build(
    root: Path,
    target: Target,
    interpreter: Interpreter | None,
    output: Path,
    inputs: str,
    say: Say,
    snapshots: Sequence[Snapshot] = (),
    functions: Sequence[Function] = FUNCTIONS,
) -> None:
    """Build the functions of the repository at ``root`` into the folder ``output``.

    ``interpreter`` compiles the bytecode, and there is none without it. ``inputs`` is recorded beside the
    manifest as the fingerprint of this build; ``say`` gets a line for each step. ``snapshots`` go into every
    function that can use them, and are kept beside the manifest. Everything is made in a
    temporary folder first and then renamed, so that ``output`` never holds half a file. Raises Error.
    """
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=output) as temporary:
        made = Path(temporary)
        entries = {}
        for function in functions:
            files = _files(root, function, target, interpreter, say) | _snapshots(function, snapshots, say)
            zip_file = made / f"{function.name}.zip"
            archive.write_zip(zip_file, files)
            entries[function.name] = manifest.entry(
                function, target, zip_file, files, interpreter.release if interpreter else None
            )
        manifest.write(made / manifest.NAME, target, entries)
        outputs = [*(made / entry["file"] for entry in entries.values()), made / manifest.NAME]
        fingerprint.write(made / fingerprint.NAME, inputs, outputs)
        for path in [*outputs, made / fingerprint.NAME]:
            path.replace(output / path.name)
        for snapshot in snapshots:
            (output / SNAPSHOTS).mkdir(exist_ok=True)
            (made / snapshot.file_name).write_bytes(snapshot.to_bytes())
            (made / snapshot.file_name).replace(output / SNAPSHOTS / snapshot.file_name)


def _snapshots(function: Function, snapshots: Sequence[Snapshot], say: Say) -> dict[str, bytes]:
    if function.snapshots is None:
        return {}
    for snapshot in snapshots:
        say(f"{function.name}: the keys of {snapshot.source} as of {_utc(snapshot.taken_at)}")
    return {f"{function.snapshots}/{snapshot.file_name}": snapshot.to_bytes() for snapshot in snapshots}


def _utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _files(
    root: Path, function: Function, target: Target, interpreter: Interpreter | None, say: Say
) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as temporary:
        staging = Path(temporary)
        requirements = root / function.requirements
        if requirements.exists():
            say(f"{function.name}: wheels for {target.runtime} on {target.architecture}")
            downloaded = wheels.fetch(requirements, target, root / WHEEL_CACHE)
            wheels.install(requirements, target, downloaded, staging)
        say(f"{function.name}: sources from {function.package}")
        parent = (root / function.package).parent
        for source in sources(root, function):
            copy = staging / source.relative_to(parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        if interpreter:
            say(f"{function.name}: bytecode of Python {interpreter.release}")
            bytecode.compile_folder(staging, interpreter)
        return archive.read_folder(staging)
