"""The tree of a release: what a Terraform registry and ``git::https://…//modules/…?ref=…`` expect to find.

main.tf …             the root module: terraform/release
modules/…             the modules
modules/packages/     the Lambda packages of both architectures, each with its manifest
examples/… docs/…     as they are
actions/…             the actions, with the program that they run
sbom.cdx.json         what is in the packages
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from scripts.lib.program import Error
from scripts.package import manifest, targets
from scripts.release import markdown, sbom

PLACES: Final[Mapping[str, str]] = {
    "terraform/release/": "",
    "terraform/modules/": "modules/",
    "terraform/examples/": "examples/",
    ".github/actions/": "actions/",
    "docs/": "docs/",
    "CHANGELOG.md": "CHANGELOG.md",
    "LICENSE": "LICENSE",
    "SECURITY.md": "SECURITY.md",
}
"""Where the source's folders and files stand in a release."""

PACKAGES: Final = "modules/packages"
PROGRAM: Final = "actions/review/review.pyz"
BILL: Final = "sbom.cdx.json"

_LEFT_BEHIND = re.compile(r"(^|/)(\.terraform|__pycache__)(/|$)|\.tfstate|\.tfplan$")
_TAG = re.compile(r"(terraform-aws-jwt-authorizer[^\s\"`]*(?:\?ref=|@)|(?<=[ `])@|\bRELEASE=)v\d+\.\d+\.\d+")
"""The tag of a release: in the address of a module or an action, alone as a person speaks of it, or given to make."""


def write(root: Path, version: str, folder: Path) -> None:
    """Build the release of a source and write its tree.

    Takes the folder of the source, the version, and the folder to write to, which must not exist. Raises Error when the
    packages cannot be built, or not by the runtime's own Python.
    """
    folder.mkdir(parents=True)
    contents = dict(_sources(root, version))
    for architecture in targets.ARCHITECTURES:
        contents |= _packages(root, architecture)
    contents[PROGRAM] = _program(root)
    contents[BILL] = sbom.render(root, version, _parts(contents))
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o644)


def assets(folder: Path) -> list[str]:
    """The files of a release's tree that are worth a download of their own."""
    return [*sorted(f"{PACKAGES}/{path.name}" for path in (folder / PACKAGES).iterdir()), PROGRAM, BILL]


def _sources(root: Path, version: str) -> Iterator[tuple[str, bytes]]:
    """The files that a release takes from the source, by their new names, with their links and addresses changed."""
    places = {name: place for name in _names(root) if (place := _place(name)) is not None}
    for name, place in places.items():
        content = (root / name).read_bytes()
        if name.startswith("terraform/release/") and name.endswith(".tf"):
            content = content.replace(b'"../modules/', b'"./modules/')
        if name.endswith((".md", ".tf", ".yml")):
            text = _TAG.sub(rf"\g<1>v{version}", content.decode())
            if name.endswith(".md"):
                text = markdown.relink(text, name, places)
            content = text.encode()
        yield place, content


def _names(root: Path) -> list[str]:
    found = []
    for source in PLACES:
        path = root / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            name = file.relative_to(root).as_posix()
            if file.is_file() and not _LEFT_BEHIND.search(name):
                found.append(name)
    return found


def _place(name: str) -> str | None:
    moved = (place + name.removeprefix(source) for source, place in PLACES.items() if name.startswith(source))
    return next(moved, None)


def _packages(root: Path, architecture: str) -> dict[str, bytes]:
    """The packages of one architecture and their manifest; both name it, so that they can lie in one folder."""
    output = root / "build" / architecture
    _run(root, "scripts.package", "--target", "aws", "--architecture", architecture, "--output", str(output))
    described = manifest.read(output / manifest.NAME)
    contents = {}
    for name, entry in described["functions"].items():
        if entry["bytecode"] == manifest.NO_BYTECODE:
            raise Error(
                f"{name} has no bytecode, for there is no {entry['runtime']} on this machine, and a release needs it: "
                f"install it, for instance by `uv python install {entry['runtime'].removeprefix('python')}`",
                2,
            )
        file = f"{name}-{architecture}.zip"
        contents[f"{PACKAGES}/{file}"] = (output / entry["file"]).read_bytes()
        entry["file"] = file
    contents[f"{PACKAGES}/manifest-{architecture}.json"] = (json.dumps(described, indent=2) + "\n").encode()
    return contents


def _program(root: Path) -> bytes:
    output = root / "build" / "programs"
    _run(root, "scripts.gate.zipapps", "--output", str(output))
    return (output / Path(PROGRAM).name).read_bytes()


def _parts(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The zips by their names, without the folder."""
    return {Path(name).name: content for name, content in contents.items() if name.endswith(".zip")}


def _run(root: Path, module: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=root,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Error(done.stderr.strip(), done.returncode)
