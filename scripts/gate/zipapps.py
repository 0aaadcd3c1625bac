"""Packs the guard and the review, each as one file that runs by itself: ``python -m scripts.gate.zipapps``.

Writes ``guard.pyz`` and ``review.pyz`` to ``build/``, the same to the byte wherever and whenever this is done. Python's
isolated mode starts them from any folder (``python -I review.pyz``), and imports nothing that lies there.
https://docs.python.org/3/library/zipapp.html
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from scripts import ROOT
from scripts.lib.console import say
from scripts.lib.program import Error, run
from scripts.package.archive import write_zip

PROGRAMS: Final = {"guard.pyz": "scripts.gate.__main__", "review.pyz": "scripts.review_plan.__main__"}

SOURCES: Final = ("", "functions/authorizer")
"""The folders of the repository that hold packages; they keep their places, which ``scripts`` puts on the path."""

THIRD_PARTY: Final = frozenset(["yaml"])
"""Packages that are packed with what imports them; all of it is Python."""

LEFT_OUT: Final = frozenset(["scripts.operate", "yaml.cyaml"])
"""What needs the repository and Terraform, for a zipapp is given the plan; and what needs a library in C."""

_START = """\
import sys

from {module} import main

sys.exit(main())
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.gate.zipapps", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "build", help="the folder to write to (default: build)")
    return run("zipapps", lambda: _write(parser.parse_args(arguments).output))


def _write(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for name, module in PROGRAMS.items():
        unfinished = folder / f"{name}.new"
        unfinished.unlink(missing_ok=True)
        write_zip(unfinished, contents(module))
        unfinished.replace(folder / name)
        say(f"zipapps: {folder / name}")
    return 0


def contents(module: str) -> dict[str, bytes]:
    """The files of a program by their names in the zip: all that its main module imports, directly or not.

    Raises Error for an import that is neither the repository's, nor Python's, nor of ``THIRD_PARTY``.
    """
    files = {"__main__.py": _START.format(module=module).encode()}
    waiting, seen = [module], set()
    while waiting:
        name = waiting.pop()
        if name in seen or _is_at_hand(name):
            continue
        seen.add(name)
        found = _find(name)
        if found is None:
            raise Error(
                f"{name} is neither the repository's nor packed with it: add it to THIRD_PARTY if it is all Python"
            )
        place, path = found
        files[place] = path.read_bytes()
        if path.name == "__init__.py":
            files |= _data(place, path.parent)
        waiting += _parents(name)
        waiting += _imports(path, name)
    return files


def _find(name: str) -> tuple[str, Path] | None:
    """Where a module is: its name in the zip, and its file."""
    below = name.replace(".", "/")
    for source in SOURCES:
        for suffix in ("/__init__.py", ".py"):
            place = f"{source}/{below}{suffix}".lstrip("/")
            if (ROOT / place).is_file():
                return place, ROOT / place
    top = name.partition(".")[0]
    spec = importlib.util.find_spec(top) if top in THIRD_PARTY else None
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent.parent
    for suffix in ("/__init__.py", ".py"):
        if (folder / f"{below}{suffix}").is_file():
            return f"{below}{suffix}", folder / f"{below}{suffix}"
    return None


def _data(place: str, folder: Path) -> dict[str, bytes]:
    """The documents that lie in a package beside its modules."""
    names = sorted(path.name for path in folder.glob("*.json"))
    return {f"{place.removesuffix('__init__.py')}{name}": (folder / name).read_bytes() for name in names}


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _imports(path: Path, name: str) -> Iterator[str]:
    """The modules that a module imports, wherever in it; an import that may fail is left out when it does."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    tree = ast.parse(path.read_bytes())
    attempts = [part for node in ast.walk(tree) if isinstance(node, ast.Try) for part in node.body]
    optional = {id(node) for part in attempts for node in ast.walk(part)}
    for node in ast.walk(tree):
        for imported in _names(node, package):
            if _exists(imported) or id(node) not in optional:
                yield imported


def _names(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parts = package.split(".")
        above = parts[: len(parts) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names if _find(f"{base}.{alias.name}"))


def _exists(name: str) -> bool:
    return _is_at_hand(name) or _find(name) is not None


def _is_at_hand(name: str) -> bool:
    """Whether a module is Python's own, or is left out."""
    top = name.partition(".")[0]
    return top in sys.stdlib_module_names or any(f"{name}.".startswith(f"{each}.") for each in LEFT_OUT)


if __name__ == "__main__":
    sys.exit(main())
