"""The manifest: what was built, for Terraform to deploy and for people to compare."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from scripts.package import archive
from scripts.package.functions import Function
from scripts.package.targets import Target

NAME = "manifest.json"
NO_BYTECODE = "none"
"""What the manifest says of a package that compiles its code at each cold start."""


class Entry(TypedDict):
    """One function.

    ``file`` is relative to the manifest; ``content_hash`` and ``sha256`` (the zip's own, which Lambda reports
    as CodeSha256) are in base64, the hash of each of ``files`` in hexadecimal. ``bytecode`` is
    the release of Python that made it, such as ``3.13.5``, or NO_BYTECODE. ``configuration_schema`` is the JSON
    Schema of the function's configuration, by which a plan checks it.
    """

    file: str
    content_hash: str
    sha256: str
    size_bytes: int
    handler: str
    runtime: str
    architecture: str
    bytecode: str
    files: dict[str, str]
    configuration_schema: NotRequired[dict[str, Any]]


class Manifest(TypedDict):
    """The whole file; ``format`` changes when an older reader would misunderstand it."""

    format: int
    target: str
    functions: dict[str, Entry]


def entry(function: Function, target: Target, zip_file: Path, files: archive.Files, python: str | None) -> Entry:
    """Describe the zip that was written from ``files``; ``python`` is the release that made its bytecode, or None."""
    content = zip_file.read_bytes()
    described: Entry = {
        "file": zip_file.name,
        "content_hash": archive.content_hash(files, target.runtime, target.architecture),
        "sha256": base64.b64encode(hashlib.sha256(content).digest()).decode(),
        "size_bytes": len(content),
        "handler": function.handler,
        "runtime": target.runtime,
        "architecture": target.architecture,
        "bytecode": python or NO_BYTECODE,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
    }
    for name, data in files.items():
        if name.endswith("/configuration.schema.json"):
            described["configuration_schema"] = json.loads(data)
    return described


def write(path: Path, target: Target, functions: dict[str, Entry]) -> None:
    """Write the manifest of all ``functions``."""
    manifest: Manifest = {"format": 1, "target": target.name, "functions": functions}
    path.write_text(json.dumps(manifest, indent=2) + "\n")


def read(path: Path) -> Manifest:
    """Read a manifest that this module wrote."""
    manifest: Manifest = json.loads(path.read_text())
    return manifest
