"""Tools in an environment of their own, whose releases clash with those of the others here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from scripts import ROOT
from scripts.lib.console import say
from scripts.lib.program import Error


def install(name: str, requirements: Path) -> Path:
    """The Python of the environment ``.local/<name>``, made if it is not there or the requirements are others by now.

    Raises Error.
    """
    folder = ROOT / ".local" / name
    python, done = folder / "bin/python", folder / "requirements.txt"
    if not done.is_file() or done.read_text() != requirements.read_text():
        say(f"Installing {name} into .local/{name} ...")
        shutil.rmtree(folder, ignore_errors=True)
        _uv("venv", "--quiet", "--python", sys.executable, str(folder))
        _uv("pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", str(requirements))
        shutil.copy(requirements, done)
    return python


def _uv(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "uv", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Error(f"it could not be installed: {done.stderr.strip()[-2000:]}", 2)
