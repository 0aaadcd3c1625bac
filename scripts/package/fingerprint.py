"""Whether a build is still what a new one would give."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from scripts.package.functions import FUNCTIONS, Function, sources
from scripts.package.interpreters import Interpreter
from scripts.package.snapshots import Snapshot
from scripts.package.targets import Target

NAME = ".fingerprint.json"
"""Kept beside the manifest: the hash of all inputs, and the hash of each file that was made from them."""


def of_inputs(
    root: Path,
    target: Target,
    interpreter: Interpreter | None,
    snapshots: Sequence[Snapshot] = (),
    functions: Sequence[Function] = FUNCTIONS,
) -> str:
    """Hash all that a build depends on: sources, requirements, target, interpreter, snapshots, the builder itself."""
    digest = hashlib.sha256(repr((target, interpreter and interpreter.release, tuple(snapshots))).encode())
    requirements = [path for f in functions if (path := root / f.requirements).exists()]
    builder = sorted(Path(__file__).parent.glob("*.py"))
    for path in [*(path for f in functions for path in sources(root, f)), *requirements, *builder]:
        digest.update(f"\n{path.relative_to(root).as_posix()}\0{_hash(path)}".encode())
    return digest.hexdigest()


def write(path: Path, inputs: str, outputs: Iterable[Path]) -> None:
    """Record that ``outputs``, which lie beside ``path`` or will, were made from ``inputs``."""
    path.write_text(json.dumps({"inputs": inputs, "outputs": {o.name: _hash(o) for o in outputs}}, indent=2))


def is_current(path: Path, inputs: str) -> bool:
    """Whether the record at ``path`` is of the same inputs and every output is there, untouched."""
    try:
        record = json.loads(path.read_text())
        outputs = {name: _hash(path.parent / name) for name in record["outputs"]}
        return bool(record == {"inputs": inputs, "outputs": outputs})
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
