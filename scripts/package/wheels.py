"""A function's dependencies: downloaded once as wheels for the target, and unpacked by pip."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.lib.program import Error
from scripts.package.targets import Target

_NOISE = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"}
"""Files of a .dist-info folder that tell of the installation, not of the distribution. RECORD, the list of
all files with their hashes, no longer holds once the others are dropped."""

_FOR_COMPILERS = {".pyi", ".h"}
"""Type stubs and C headers: nothing reads them at run time."""


def fetch(requirements: Path, target: Target, cache: Path) -> Path:
    """The folder in ``cache`` that holds the wheels of a requirements file for a target.

    Downloads them unless that was done before for the same contents and target, and never builds from source.
    Raises Error when the registry cannot be reached, and when a requirement lacks its hash or does not
    have it, or has no wheel for the target. https://pip.pypa.io/en/stable/topics/secure-installs/
    """
    key = hashlib.sha256(repr(target).encode() + requirements.read_bytes()).hexdigest()
    wheels = cache / key[:32]
    if not wheels.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=cache) as temporary:
            download = Path(temporary) / "wheels"
            environment = {"PIP_RETRIES": "1", **os.environ, "TMPDIR": temporary}
            _pip(["download", "--dest", str(download)], requirements, target, environment)
            try:
                download.rename(wheels)
            except OSError:
                if not wheels.is_dir():  # when it is, another build was faster
                    raise
    return wheels


def install(requirements: Path, target: Target, wheels: Path, into: Path) -> None:
    """Unpack the wheels of a requirements file into the folder ``into``, without the network.

    Leaves out programs, bytecode, what only type checkers and compilers read, and the notes that pip makes about
    the installation. Raises Error when
    a wheel is not, or no longer, the one whose hash the requirements file gives.
    """
    # The settings that tell pip where to download from must not be able to change what gets installed.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    with tempfile.TemporaryDirectory() as temporary:
        environment |= {"PIP_CONFIG_FILE": os.devnull, "TMPDIR": temporary}
        source = ["--no-index", "--find-links", str(wheels), "--no-compile", "--target", str(into)]
        try:
            _pip(["install", *source], requirements, target, environment)
        except Error as error:
            shutil.rmtree(wheels)
            raise Error(f"{error} (the wheels kept from last time are removed: try again)") from error
    shutil.rmtree(into / "bin", ignore_errors=True)
    for folder in into.glob("*.dist-info"):
        for path in folder.iterdir():
            if path.name in _NOISE:
                path.unlink()
    for path in [path for path in into.rglob("*") if path.suffix in _FOR_COMPILERS or path.name == "py.typed"]:
        path.unlink()


def _pip(command: list[str], requirements: Path, target: Target, environment: dict[str, str]) -> None:
    for_target = []
    if target.wheel_platforms:
        version = "{}.{}".format(*target.python)
        for_target = ["--implementation", "cp", "--python-version", version]
        for_target += [argument for tag in target.wheel_platforms for argument in ("--platform", tag)]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", *command, *for_target),
            *("-vv", "--disable-pip-version-check", "--no-input"),  # only -vv tells why a registry does not serve
            *("--only-binary=:all:", "--no-deps", "--require-hashes", "--requirement", str(requirements)),
        ],
        capture_output=True,
        text=True,
        env=environment,
    )
    if done.returncode:
        raise Error(_explain(done.stdout + done.stderr, requirements, target))


def _explain(complaint: str, requirements: Path, target: Target) -> str:
    """One line for what pip says in many. It keeps out addresses, which may carry credentials."""
    name = "/".join(requirements.parts[-3:])
    if "No module named pip" in complaint:
        return f"{sys.executable} has no pip: `{sys.executable} -m ensurepip` adds it"
    if "DO NOT MATCH THE HASHES" in complaint:
        wrong = re.search(r"^ +(\S+==\S+) from ", complaint, re.MULTILINE)
        culprit = wrong[1] if wrong else "a requirement"
        return f"{name}: {culprit} is not the file its hash promises; do not use it before you know why"
    if "Hashes are required" in complaint or "must have their versions pinned" in complaint:
        lacking = re.search(r"^ +(\S+) (?:--hash|from )", complaint, re.MULTILINE)
        culprit = lacking[1] if lacking else "a requirement"
        return f"{name}: {culprit} lacks its exact version or its --hash; write both for every requirement"
    if re.search(r"Could not fetch URL .*: (?!404 )|ConnectionError|TimeoutError|HTTPError", complaint):
        return "the package registry cannot be reached, or refuses: check the network and pip's settings, and try again"
    missing = re.search(r"No matching distribution found for (\S+)", complaint)
    if missing:
        return f"{name}: {missing[1]} has no wheel for {target.runtime} on {target.architecture}"
    errors = [line for line in complaint.splitlines() if line.startswith("ERROR")] or ["it does not say why"]
    return f"{name}: pip failed: " + re.sub(r"\w+://\S+", "<address>", errors[-1])
