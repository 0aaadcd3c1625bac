"""Finding a Python of one exact minor release on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.program import Error

_QUESTION = (
    "import sys; v = sys.version_info; "
    "print(sys.implementation.name, v.releaselevel, *v[:3]) if v >= (3, 8) else print()"
)


@dataclass(frozen=True)
class Interpreter:
    """A program, and its full release such as ``3.13.5``."""

    program: str
    release: str


def find(python: tuple[int, int]) -> Interpreter | None:
    """Find CPython of exactly this minor release: the one that runs this, on the PATH, or of pyenv or uv.

    Returns None when there is none. Pre-releases do not count: their bytecode is not the final release's. Raises Error
    when a version manager's folder cannot be read.
    """
    if sys.version_info[:2] == python and sys.implementation.name == "cpython":
        return Interpreter(sys.executable, "{}.{}.{}".format(*sys.version_info[:3]))
    for program in _candidates("{}.{}".format(*python)):
        release = _release(program)
        if release.startswith("{}.{}.".format(*python)):
            return Interpreter(program, release)
    return None


def _candidates(minor: str) -> Iterator[str]:
    name = f"python{minor}"
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    # Version managers put a shim for every release they have on the PATH. It is slow, and fails for a release
    # that is installed but not selected, so the interpreters themselves are looked at first.
    shims = [folder for folder in folders if Path(folder).name == "shims"]
    direct = os.pathsep.join(folder for folder in folders if folder not in shims)
    if found := shutil.which(name, path=direct):
        yield found
    for manager, setting, versions, pattern in (
        ("pyenv", "PYENV_ROOT", _pyenv_versions(), f"{minor}.*"),
        ("uv", "UV_PYTHON_INSTALL_DIR", _uv_versions(), f"cpython-{minor}.*"),
    ):
        try:
            found_there = sorted(versions.glob(f"{pattern}/bin/{name}"), reverse=True)
        except OSError as error:
            raise Error(
                f"{versions}, where {manager} keeps its Pythons, cannot be read ({error.strerror}): make it readable, "
                f"or name another folder by {setting}"
            ) from None
        yield from map(str, found_there)
    if shims and (found := shutil.which(name, path=os.pathsep.join(shims))):
        yield found


def _pyenv_versions() -> Path:
    """https://github.com/pyenv/pyenv#environment-variables"""
    root = os.environ.get("PYENV_ROOT") or _output("pyenv", "root") or Path.home() / ".pyenv"
    return Path(root) / "versions"


def _uv_versions() -> Path:
    """https://docs.astral.sh/uv/reference/storage/#python-versions"""
    if named := os.environ.get("UV_PYTHON_INSTALL_DIR"):
        return Path(named)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "uv/python"


def _release(program: str) -> str:
    answer = _output(program, "-I", "-S", "-c", _QUESTION).split()
    return ".".join(answer[2:]) if answer[:2] == ["cpython", "final"] else ""


def _output(*command: str) -> str:
    """What a command prints; nothing when it is missing, fails or hangs."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
