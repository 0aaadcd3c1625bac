"""Takes over Lambda packages that were built elsewhere: they are data, and what they say of themselves is checked.

The packages of a pull request are built by its own code, in a job without an identity. What arrives from there is
copied only when it is the manifest and the zips that the manifest names, with the types that Terraform and the review
read.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from scripts.lib.program import UsageError

MANIFEST: Final = "manifest.json"
MOST_BYTES: Final = 50_000_000
"""The largest zip that Lambda takes by itself.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
_OPTIONAL: Final = frozenset(["configuration_schema"])
_TYPES: Final[Mapping[str, type]] = {
    "architecture": str,
    "bytecode": str,
    "configuration_schema": dict,
    "content_hash": str,
    "file": str,
    "files": dict,
    "handler": str,
    "runtime": str,
    "sha256": str,
    "size_bytes": int,
}


def take_over(source: Path, target: Path) -> list[str]:
    """Copy the manifest and its zips from one folder to another.

    Returns the names of the files. Raises UsageError when anything else is there, or something is not as it should be.
    """
    entries = _functions(_read(source / MANIFEST))
    names = [MANIFEST, *sorted(entry["file"] for entry in entries.values())]
    found = sorted(path.name for path in source.iterdir())
    if found != sorted(names):
        raise UsageError(f"the packages hold {found}, and their manifest names {sorted(names)}")
    for name, entry in entries.items():
        _check_zip(name, entry, source / entry["file"])
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copyfile(source / name, target / name)
    return names


def _read(path: Path) -> Any:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise UsageError(f"{path.name} is no file, or a large one")
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path.name} is no JSON: {error}") from None


def _functions(manifest: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(manifest, dict) or set(manifest) != {"format", "target", "functions"}:
        raise UsageError("the manifest has other members than format, target and functions")
    if manifest["format"] != 1 or manifest["target"] != "aws" or not isinstance(manifest["functions"], dict):
        raise UsageError("the manifest is not that of packages for AWS, in format 1")
    for name, entry in manifest["functions"].items():
        if not _NAME.fullmatch(name) or not isinstance(entry, dict) or set(entry) | _OPTIONAL != set(_TYPES):
            raise UsageError(f"the manifest's function {name!r} has another name or other members than it may have")
        wrong = [member for member, value in entry.items() if type(value) is not _TYPES[member]]
        if (
            wrong
            or entry["file"] != f"{name}.zip"
            or not all(isinstance(text, str) for text in entry["files"].values())
        ):
            raise UsageError(f"the manifest's function {name!r} has values of other types: {wrong or 'file, files'}")
    return dict(manifest["functions"])


def _check_zip(name: str, entry: dict[str, Any], path: Path) -> None:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise UsageError(f"{path.name} is no file, or larger than Lambda takes")
    content = path.read_bytes()
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    if (digest, len(content)) != (entry["sha256"], entry["size_bytes"]):
        raise UsageError(f"{path.name} is not the file that the manifest describes as {name}")
