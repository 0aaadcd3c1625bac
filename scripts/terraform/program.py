"""Finding the terraform program, in the release that this repository is tested with or a later one.

TERRAFORM names another program, such as ``tofu``: OpenTofu's releases are compared in the same way.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from scripts import ROOT
from scripts.lib.program import UsageError
from scripts.terraform.environment import inherited

Release = tuple[int, int, int]


def name() -> str:
    """The program's name, or its path: what TERRAFORM says, else ``terraform``."""
    return os.environ.get("TERRAFORM") or "terraform"


def is_opentofu() -> bool:
    """Whether the program is OpenTofu, which has a registry of its own."""
    return Path(name()).name.startswith("tofu")


def find() -> str:
    """Find the terraform program and check its release.

    Returns its path. Raises UsageError when there is none on the PATH, when it does not run, or when it
    is older than the minor release in ``.terraform-version`` or of another major one.
    """
    wanted = _release((ROOT / ".terraform-version").read_text().strip())
    path = shutil.which(name())
    if path is None and os.environ.get("TERRAFORM"):
        raise UsageError(f"TERRAFORM names {name()}, which is not on the PATH: install it, or unset TERRAFORM")
    if path is None:
        raise UsageError(
            f"there is no terraform on the PATH: install release {_text(wanted)} from "
            "https://developer.hashicorp.com/terraform/install, or by `tfenv install`"
        )
    found = _installed_release(path)
    if found[0] != wanted[0] or found[:2] < wanted[:2]:
        raise UsageError(
            f"{path} is release {_text(found)}, and this needs {wanted[0]}.{wanted[1]} or a later "
            f"{wanted[0]}.x: install {_text(wanted)}, by `tfenv install` for instance, first on the PATH"
        )
    return path


@cache  # it is asked before each command
def _installed_release(path: str) -> Release:
    done = subprocess.run([path, "version", "-json"], capture_output=True, text=True, env=inherited(), check=False)
    try:
        return _release(json.loads(done.stdout)["terraform_version"])
    except (ValueError, KeyError, TypeError):
        said = (done.stderr or done.stdout).strip().splitlines()
        reason = f": {said[0]}" if said else ""
        raise UsageError(f"`{path} version` did not answer like Terraform (exit {done.returncode}){reason}") from None


def _release(text: str) -> Release:
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", text)
    if match is None:
        raise ValueError(f"not a release number: {text!r}")
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch)


def _text(release: Release) -> str:
    return ".".join(str(number) for number in release)
