"""What tests take from npm: installed once, as the lock file of its folder says, and kept in ``.local``."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scripts import ROOT

_MINIMUM_NODE = 20
_FILES = (".npmrc", "package.json", "package-lock.json")


class NpmError(Exception):
    """Something cannot be installed or run; the message says why and what to do."""


def program(name: str) -> str:
    """Where ``node`` or ``npm`` is. Raises NpmError when it is missing or too old."""
    found = shutil.which(name)
    if found is None:
        raise NpmError(
            f"{name} is not on the PATH: these tests need Node.js {_MINIMUM_NODE} or newer, with npm; install it from"
            " your system's packages or https://nodejs.org"
        )
    if name == "node":
        version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout.strip()
        release = re.match(r"v(\d+)\.", version)
        if release is None or int(release[1]) < _MINIMUM_NODE:
            raise NpmError(f"{found} is Node.js {version or 'of an unknown release'}; install {_MINIMUM_NODE} or newer")
    return found


def installed(sources: Path, more: Sequence[str] = ()) -> Path:
    """The folder that holds what a folder's ``package.json`` names, installed by npm unless that was done before.

    Takes the folder, and the names of its other files that belong there. Raises NpmError.
    """
    contents = {name: (sources / name).read_bytes() for name in (*_FILES, *more)}
    digest = hashlib.sha256(b"\0".join(contents.values())).hexdigest()
    installations = ROOT / ".local" / "npm"
    installation = installations / f"{sources.name}-{digest[:16]}"
    if installation.is_dir():
        return installation
    npm = program("npm")
    installations.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".installing-", dir=installations) as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        for name, content in contents.items():
            (made / name).write_bytes(content)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=made, capture_output=True, text=True, env=_environment())
        if done.returncode:
            complaint = " ".join((done.stderr or done.stdout).split())[:500]
            raise NpmError(f"npm could not install {sources.name}; is its registry reachable? {complaint}")
        try:
            made.rename(installation)
        except OSError:
            if not installation.is_dir():  # when it is, another test run was faster
                raise
    return installation


def _environment() -> dict[str, str]:
    """The environment without SSL_CERT_FILE, which tests point at an authority of their own."""
    return {name: value for name, value in os.environ.items() if name != "SSL_CERT_FILE"}
