"""Finding the terraform program, in the release that this repository is tested with or a later one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

from scripts import ROOT
from scripts.lib.program import UsageError
from scripts.terraform.environment import inherited

Release = tuple[int, int, int]


def find() -> str:
    """Find the terraform program and check its release.

    Returns its path. Raises UsageError when there is none on the PATH, when it does not run, or when it
    is older than the minor release in ``.terraform-version`` or of another major one.
    """
    wanted = _release((ROOT / ".terraform-version").read_text().strip())
    path = shutil.which("terraform")
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
