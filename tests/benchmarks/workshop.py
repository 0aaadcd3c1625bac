"""What the benchmarks run: Python with Lambda's runtime client, our packages, and the rivals' as their users zip them.

Everything lies in `.local/bench` and is made once; what a folder was made from is part of its name.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from scripts.package import bytecode, interpreters, targets
from scripts.package import manifest as manifests
from scripts.package.__main__ import main as package
from scripts.package.interpreters import Interpreter

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).parent
HOME = ROOT / ".local/bench"

# boto3 is part of Lambda's runtime.
_SAME_REQUIREMENTS = {
    "tutorial_secrets_manager": "tutorial",
    "tutorial_ssm": "tutorial",
    "pyjwt_key_set": "pyjwt_rs256",
    "pyjwt_denylist": "pyjwt_rs256",
}

Say = Callable[[str], None]


class WorkshopError(Exception):
    """Something that the benchmarks need is missing or cannot be installed; the message says what to do."""


def interpreter() -> Interpreter:
    """The Python that Lambda runs the functions with. Raises WorkshopError where this machine has none."""
    found = interpreters.find(targets.aws().python)
    if found is None:
        release = "{}.{}".format(*targets.aws().python)
        raise WorkshopError(f"there is no python{release}; install it, for instance by `uv python install {release}`")
    return found


def runtime(python: Interpreter, say: Say) -> Path:
    """The `python` of an environment that holds what Lambda's runtime brings along: awslambdaric and boto3."""
    requirements = SOURCES / "requirements/runtime.txt"

    def make(into: Path) -> None:
        say(f"Python {python.release} with awslambdaric and boto3")
        _run([python.program, "-m", "venv", str(into)], "the environment")
        _pip(into / "bin/python", ["install"], requirements)

    return _made("runtime", [requirements, python.release], make) / "bin/python"


def ours(say: Say) -> dict[str, tuple[Path, int]]:
    """Our packages as Lambda unpacks them, and the bytes of their zips, by the function's name."""
    architecture = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    built = HOME / "package"
    say(f"our packages, for {architecture}")
    if package(["--architecture", architecture, "--output", str(built)]):
        raise WorkshopError("our packages cannot be built; see above")
    entries = manifests.read(built / manifests.NAME)["functions"]
    unpacked = {}
    for name, entry in entries.items():
        if entry["bytecode"] == manifests.NO_BYTECODE:
            raise WorkshopError(f"the package {name} carries no bytecode, so there is nothing fair to measure")
        into = HOME / "ours" / name
        shutil.rmtree(into, ignore_errors=True)
        shutil.unpack_archive(built / entry["file"], into)
        unpacked[name] = (into, entry["size_bytes"])
    return unpacked


def rival(name: str, python: Path, say: Say, compiled_by: Interpreter | None = None) -> tuple[Path, int]:
    """A Python rival by `pip install --target`, zipped and unpacked again, and the bytes of its zip.

    It carries no bytecode, for that which pip compiles is stale once it was in a zip; `compiled_by` compiles it as we
    do our own packages.
    """
    requirements = SOURCES / f"requirements/{_SAME_REQUIREMENTS.get(name, name)}.txt"
    handler = SOURCES / f"rivals/{name}/lambda_function.py"

    def make(into: Path) -> None:
        say(f"the rival {name}{' with bytecode' if compiled_by else ''}")
        if requirements.exists():
            _pip(python, ["install", "--no-compile", "--target", str(into)], requirements)
        shutil.copy(handler, into)
        if compiled_by:
            bytecode.compile_folder(into, compiled_by)

    kind = f"{name}-compiled" if compiled_by else name
    folder = _made(kind, [requirements, handler, compiled_by.release if compiled_by else ""], make)
    return folder, _zipped_bytes(folder)


def node_rival(say: Say) -> tuple[Path, int]:
    """The rival on Node.js, and the bytes of its zip. Raises WorkshopError without node and npm."""
    sources = SOURCES / "rivals/aws_jwt_verify"
    files = [sources / name for name in ("package.json", "package-lock.json", "index.mjs", "empty.mjs")]
    runtime = sources / "runtime.mjs"
    if not (shutil.which("node") and shutil.which("npm")):
        raise WorkshopError("there is no Node.js with npm; install version 20 or newer, or leave it out by --no-node")

    def make(into: Path) -> None:
        say("the rival aws_jwt_verify")
        for file in files:
            shutil.copy(file, into)
        _run(["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"], "npm ci", cwd=into)

    folder = _made("aws_jwt_verify", [*files, runtime], make)
    size = _zipped_bytes(folder)
    # The runtime is not part of the zip: Lambda brings its own.
    shutil.copy(runtime, folder.parent / "runtime.mjs")
    return folder, size


def _made(name: str, inputs: Iterable[Path | str], make: Callable[[Path], object]) -> Path:
    """The folder that `make` made from these inputs, now or earlier; never one that was left half made."""
    digest = hashlib.sha256()
    for item in inputs:
        digest.update(item.read_bytes() if isinstance(item, Path) and item.exists() else str(item).encode())
    folder = HOME / f"{name}-{digest.hexdigest()[:12]}"
    if not (folder / ".made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "function").mkdir(parents=True)
        make(folder / "function")
        (folder / ".made").touch()
    return folder / "function"


def _zipped_bytes(folder: Path) -> int:
    with tempfile.TemporaryDirectory() as temporary:
        return Path(shutil.make_archive(str(Path(temporary, "function")), "zip", folder)).stat().st_size


def _pip(python: Path, command: Sequence[str], requirements: Path) -> None:
    safely = ["--require-hashes", "--only-binary=:all:", "--quiet", "--disable-pip-version-check"]
    _run([str(python), "-m", "pip", *command, *safely, "--requirement", str(requirements)], requirements.name)


def _run(command: Sequence[str], what: str, cwd: Path | None = None) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise WorkshopError(f"{what} cannot be installed; is the package registry reachable?\n{done.stderr[-1000:]}")
