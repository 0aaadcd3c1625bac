"""The files of a pull request that decide by their name alone what a plan reads, runs or lets pass."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from scripts.gate.configuration import Place, Problem, walk

SAME_AS_BASE = frozenset([".terraform.lock.hcl", ".terraform-version", ".opentofu-version", "review-allow.json"])
"""Files that decide which programs a plan runs, and what its review lets pass."""

_OF_TERRAFORM = frozenset([".terraform", ".terraform.d", "terraform.d", "terraform.tfstate.d"])
_SETTINGS = (".terraformrc", "terraform.rc", ".tfrc", ".tofurc")
_BACKENDS = (".tfbackend", ".tfbackend.json")


def examine(base: Path, head: Path) -> Iterator[Problem]:
    """The files that stop a pull request, each with the reason."""
    here, there = set(walk(head)), set(walk(base))
    for file in sorted(here | there):
        reason = _of_every_file(file, head / file)
        if reason is None and _content(head / file) != _content(base / file):
            reason = _of_changed_file(file, is_new=file not in there)
        if reason:
            yield Problem(Place(file, 1), reason)


def _of_every_file(file: str, path: Path) -> str | None:
    """Why a file is refused whatever the base has."""
    if path.is_symlink():
        return "this is a symbolic link, and what it leads to is not what a reviewer reads"
    if path.exists() and not path.is_file():
        return "this is no regular file"
    if _OF_TERRAFORM.intersection(part.casefold() for part in PurePosixPath(file).parts):
        return "Terraform keeps its own data there, and nothing of it is to be committed"
    return None


def _of_changed_file(file: str, *, is_new: bool) -> str | None:
    """Why a file is refused that is not the base's."""
    name = posixpath.basename(file).casefold()
    if name in SAME_AS_BASE:
        return "this file decides what the plan runs or what its review lets pass, and is not the base's"
    if name.endswith(_BACKENDS):
        return "this file names the state that the plan is compared with, and is not the base's"
    if name.endswith(_SETTINGS):
        return "this file holds settings of Terraform itself, and is not the base's"
    if ".tfstate" in name:
        return "this is a state, and is not the base's"
    if _overrides(name):
        return "this file overrides others of its folder, and is not the base's"
    if name.removesuffix(".json").endswith((".tf", ".tofu")) and not _is_loaded(posixpath.basename(file)):
        return "Terraform does not load this file, though it looks so, and it is not the base's"
    if is_new and name.removesuffix(".json").endswith(".auto.tfvars"):
        return "Terraform loads this file of variables by itself, and the base has none of this name"
    return None


def _overrides(name: str) -> bool:
    stem, _, suffix = name.removesuffix(".json").rpartition(".")
    return suffix in ("tf", "tofu") and (stem == "override" or stem.endswith("_override"))


def _is_loaded(name: str) -> bool:
    """Whether Terraform loads a file of this name: it leaves hidden files out, and OpenTofu's."""
    return name.endswith((".tf", ".tf.json")) and not name.startswith(".")


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None
