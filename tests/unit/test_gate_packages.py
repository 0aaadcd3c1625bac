"""Packages that arrive from a pull request's own build are taken over only when they are what they say."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.gate.__main__ import main

ZIP = b"PK a zip"


def manifest(**changed: Any) -> dict[str, Any]:
    """A manifest of one function, with members of that function changed."""
    entry: dict[str, Any] = {
        "file": "authorizer.zip",
        "content_hash": "x",
        "sha256": base64.b64encode(hashlib.sha256(ZIP).digest()).decode(),
        "size_bytes": len(ZIP),
        "handler": "jwt_authorizer.handler.lambda_handler",
        "runtime": "python3.13",
        "architecture": "arm64",
        "bytecode": "3.13.5",
        "files": {"a.py": "00"},
    }
    return {"format": 1, "target": "aws", "functions": {"authorizer": {**entry, **changed}}}


@pytest.fixture
def arrived(tmp_path: Path) -> Path:
    """A folder with one package and its manifest."""
    folder = tmp_path / "arrived"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps(manifest()))
    (folder / "authorizer.zip").write_bytes(ZIP)
    return folder


def take_over(folder: Path) -> int:
    return main(["packages", "--from", str(folder), "--to", str(folder.parent / "build")])


def test_packages_arrive_whole(arrived: Path) -> None:
    assert take_over(arrived) == 0
    assert sorted(path.name for path in (arrived.parent / "build").iterdir()) == ["authorizer.zip", "manifest.json"]
    assert (arrived.parent / "build" / "authorizer.zip").read_bytes() == ZIP


def write_manifest(**changed: Any) -> Callable[[Path], object]:
    return lambda folder: (folder / "manifest.json").write_text(json.dumps(manifest(**changed)))


WRONG: dict[str, Callable[[Path], object]] = {
    "a file more": lambda folder: (folder / "sitecustomize.py").write_text(""),
    "a folder more": lambda folder: (folder / "more").mkdir(),
    "a file less": lambda folder: (folder / "authorizer.zip").unlink(),
    "another zip than described": lambda folder: (folder / "authorizer.zip").write_bytes(b"PK"),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "a manifest that is no JSON": lambda folder: (folder / "manifest.json").write_text("{"),
    "a manifest that is a list": lambda folder: (folder / "manifest.json").write_text("[]"),
    "a file above the folder": write_manifest(file="../authorizer.zip"),
    "a file of an absolute path": write_manifest(file="/etc/passwd"),
    "a schema that is a text": write_manifest(configuration_schema="x"),
    "a handler that is a list": write_manifest(handler=["x"]),
    "a size that is true": write_manifest(size_bytes=True),
    "a file's hash that is a number": write_manifest(files={"a.py": 0}),
    "a member that nobody knows": write_manifest(more="x"),
    "a zip that is a link": lambda folder: os.symlink(
        (folder / "authorizer.zip").rename(folder.parent / "authorizer.zip"), folder / "authorizer.zip"
    ),
}


@pytest.mark.parametrize("spoil", WRONG.values(), ids=list(WRONG))
def test_nothing_else_arrives(arrived: Path, spoil: Callable[[Path], object]) -> None:
    spoil(arrived)
    assert take_over(arrived) == 2
    assert not (arrived.parent / "build").exists()


def test_the_manifest_that_this_repository_writes_arrives() -> None:
    from scripts.gate.packages import _TYPES
    from scripts.package.manifest import Entry

    assert set(_TYPES) == set(Entry.__annotations__)
