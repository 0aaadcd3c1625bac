"""Makes the tag of a release, and builds a release again from its tag.

Each build runs the programs of the source that it builds, in a copy of that source.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts import ROOT
from scripts.lib.console import complain, say
from scripts.lib.program import Error, UsageError
from scripts.package.build import WHEEL_CACHE
from scripts.release import tree
from scripts.release.git import Repository

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?")

_PLACES: Mapping[str, Mapping[str, str]] = {
    "one": {"TZ": "UTC", "PYTHONHASHSEED": "1"},
    "another/and deeper": {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2"},
}
"""Where a release is built, and what differs there: nothing of it may show in the outcome."""

CHECKSUMS = "SHA256SUMS"


def checked(version: str) -> str:
    """A version as it is, or a UsageError: https://semver.org"""
    if not _VERSION.fullmatch(version):
        raise UsageError(f"VERSION is {version!r}: write a semantic version such as 1.0.0, without a v")
    return version


def make(repository: Repository, version: str) -> int:
    """Make the tag of a release of the commit HEAD, and put its files into ``build/release/<tag>``.

    Returns the exit code. Raises Error when the two builds differ, UsageError when something has to be done first.
    """
    tag = f"v{version}"
    source = repository.commit("HEAD")
    if source is None:
        raise UsageError("there is no commit to release")
    if changed := repository.uncommitted():
        raise UsageError(f"a release is of a commit, and {changed[0]} is changed: commit it, or stash it")
    if existing := repository.commit(f"refs/tags/{tag}"):
        if repository.parent(existing) != source:
            raise UsageError(f"{tag} is there already, of another commit: write a higher VERSION")
        say(f"release: {tag} is there already, of this commit; building it again")
    with tempfile.TemporaryDirectory() as temporary:
        with ThreadPoolExecutor() as pool:
            builds = [
                pool.submit(_build, repository, source, version, Path(temporary, place), settings)
                for place, settings in _PLACES.items()
            ]
            built = [build.result() for build in builds]
        _refuse_differences(*built)
        made = repository.write_tree(built[0])
        if existing and repository.tree(existing) != made:
            raise Error(f"{tag} has another tree than this build, of the same commit: `make verify RELEASE={tag}`")
        if not existing:
            commit = repository.write_commit(made, source, f"Release {version} of {source}")
            repository.write_tag(tag, commit, f"Release {version}")
        folder = ROOT / "build" / "release" / tag
        _write_assets(repository, built[0], folder, tag)
    say(f"release: {tag} has the tree {made}, built twice, the same to the byte")
    say(f"release: its files are in {folder.relative_to(ROOT)}; publish it by `git push <remote> {tag}`")
    return 0


def verify(repository: Repository, tag: str) -> int:
    """Build a release again from the source that its tag names, elsewhere, and compare both trees.

    Returns the exit code: 1 when they differ, with a line for each file that does.
    """
    commit = repository.commit(f"refs/tags/{tag}")
    source = repository.parent(commit) if commit else None
    if commit is None or source is None or not tag.startswith("v"):
        raise UsageError(f"RELEASE is {tag!r}: name a tag that `make release` made, such as v1.0.0")
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        released = place / "released"
        repository.export(commit, released)
        built = _build(repository, source, checked(tag.removeprefix("v")), place / "built")
        found = list(_differences(released, built))
    for line in found:
        complain(f"release: {line}")
    if not found:
        say(f"release: {tag} is what its source {source} gives, to the byte")
    return 1 if found else 0


def _build(
    repository: Repository, source: str, version: str, place: Path, settings: Mapping[str, str] | None = None
) -> Path:
    """Build the release of a commit in a folder of its own, with these environment variables.

    Returns the folder that holds its tree. Raises Error with what the build said.
    """
    copy, output = place / "source", place / "tree"
    repository.export(source, copy)
    wheels = ROOT / WHEEL_CACHE
    wheels.mkdir(parents=True, exist_ok=True)
    (copy / WHEEL_CACHE).parent.mkdir(exist_ok=True)
    (copy / WHEEL_CACHE).symlink_to(wheels)  # downloads are kept; each use of one checks its hash
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GIT_"))}
    done = subprocess.run(
        [sys.executable, "-m", "scripts.release", "tree", version, "--output", str(output)],
        cwd=copy,
        env={**environment, **(settings or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Error(done.stderr.strip().removeprefix("release: "), done.returncode)
    return output


def _refuse_differences(one: Path, another: Path) -> None:
    if found := list(_differences(one, another)):
        raise Error("two builds of the same commit differ:\n" + "\n".join(found))


def _differences(one: Path, another: Path) -> list[str]:
    """A line for each file that only one of two trees has, or that differs."""
    first, second = _files(one), _files(another)
    lines = []
    for name in sorted(first.keys() | second.keys()):
        if name not in second:
            lines.append(f"{name} is not built")
        elif name not in first:
            lines.append(f"{name} is not in the release")
        elif first[name] != second[name]:
            lines.append(f"{name} differs")
    return lines


def _files(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file below a folder, by its name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _write_assets(repository: Repository, built: Path, folder: Path, tag: str) -> None:
    """What people download beside the tag, with the SHA-256 of each file; and beside the folder the tag itself."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in tree.assets(built):
        shutil.copyfile(built / name, folder / Path(name).name)
    lines = [f"{digest}  {name}\n" for name, digest in sorted(_files(folder).items())]
    (folder / CHECKSUMS).write_text("".join(lines))
    repository.bundle(folder.with_name(f"{tag}.bundle"), tag)
