"""The packages that the system deploys: the authorizer's as built for this machine, the test's backend, and a next
release of both."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

BACKEND = Path(__file__).parent / "backend" / "handler.py"


def write(folder: Path, built: Path) -> None:
    """Write ``manifest.json``, and ``manifest-next.json`` with other code for the authorizer.

    Takes the manifest of the packages that were built. Both list ``backend`` and ``backend-next``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    functions = json.loads(built.read_text())["functions"]
    kept = {name: functions[name] for name in ("authorizer", "authorizer-hmac")}
    for function in kept.values():
        shutil.copy(built.parent / function["file"], folder)
    runtime = {member: kept["authorizer"][member] for member in ("runtime", "architecture")}
    for name in ("backend", "backend-next"):
        code = BACKEND.read_bytes() + f"\nRELEASE = {name!r}\n".encode()
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            archive.writestr("handler.py", code)
        kept[name] = _entry(folder / f"{name}.zip", code) | runtime | {"handler": "handler.handler"}
    _write(folder / "manifest.json", kept)
    _write(folder / "manifest-next.json", kept | {name: _next(folder, kept[name]) for name in ("authorizer-hmac",)})


def _next(folder: Path, function: dict[str, Any]) -> dict[str, Any]:
    """The same function with one more file in its package."""
    package = folder / f"next-{function['file']}"
    shutil.copy(folder / function["file"], package)
    with zipfile.ZipFile(package, "a") as archive:
        archive.writestr("release.txt", "next")
    return function | _entry(package, package.read_bytes())


def _entry(package: Path, content: bytes) -> dict[str, Any]:
    return {
        "file": package.name,
        "content_hash": base64.b64encode(hashlib.sha256(content).digest()).decode(),
        "sha256": base64.b64encode(hashlib.sha256(package.read_bytes()).digest()).decode(),
    }


def _write(manifest: Path, functions: dict[str, Any]) -> None:
    manifest.write_text(json.dumps({"format": 1, "target": "host", "functions": functions}))
