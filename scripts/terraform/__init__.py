"""Terraform as this repository runs it: ``python -m scripts.terraform <arguments>``.

Finds the program, checks its release against ``.terraform-version``, and lets ``init`` find its providers on
machines that cannot reach a registry. Everything else is passed on untouched.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from scripts import ROOT
from scripts.lib.program import UsageError, run

REGISTRY = "registry.terraform.io"
PROVIDER = "hashicorp/aws"
ADD_ON_PACKAGES = Path("/opt")
"""Where the Filesystem Hierarchy Standard (section 3.13) puts add-on packages, each in its own folder."""

Release = tuple[int, int, int]


def program() -> str:
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


def environment() -> dict[str, str]:
    """The environment to run Terraform in.

    Returns this process's own, without a TF_CLI_CONFIG_FILE that names a missing file (every command would
    warn) and with Terraform's question for newer releases off, unless CHECKPOINT_DISABLE is set already.
    """
    result = dict(os.environ)
    named = result.get("TF_CLI_CONFIG_FILE")
    if named and not Path(named).is_file():
        del result["TF_CLI_CONFIG_FILE"]
    result.setdefault("CHECKPOINT_DISABLE", "1")
    return result


def init_arguments() -> list[str]:
    """What to add to ``terraform init`` so that it finds the provider on this machine.

    Returns ``["-plugin-dir=<folder>"]`` for the first mirror that holds the provider for this platform: the
    one TF_PROVIDER_MIRROR names, else one among the system's add-on packages. Returns an empty list when
    Terraform finds it by itself (by its own configuration or in an implied mirror) or must ask the registry.
    Raises UsageError when TF_PROVIDER_MIRROR names a folder that cannot serve.
    https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    named = os.environ.get("TF_PROVIDER_MIRROR")
    if named:
        return [f"-plugin-dir={_named_mirror(Path(named).expanduser())}"]
    if _chooses_its_own_sources() or any(holds_provider(mirror) for mirror in _implied_mirrors()):
        return []
    for registry in sorted(ADD_ON_PACKAGES.glob(f"*/{REGISTRY}")):
        if holds_provider(registry.parent):
            return [f"-plugin-dir={registry.parent}"]
    return []


def holds_provider(mirror: Path) -> bool:
    """Whether a mirror holds the provider for this platform, packed or unpacked, in the locked release.

    https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror
    """
    folder = mirror / REGISTRY / PROVIDER
    release = _locked_release() or "*"
    name = PROVIDER.partition("/")[2]
    return any(folder.glob(f"{release}/{_platform()}")) or any(
        folder.glob(f"terraform-provider-{name}_{release}_{_platform()}.zip")
    )


def arguments_for(arguments: Sequence[str]) -> list[str]:
    """The arguments to run: those given, and for ``init`` the mirror's unless they name a folder."""
    result = list(arguments)
    command = next((place for place, word in enumerate(result) if not word.startswith("-")), None)
    if command is None or result[command] != "init" or any(word.startswith("-plugin-dir") for word in result):
        return result
    return [*result[: command + 1], *init_arguments(), *result[command + 1 :]]


def main(arguments: Sequence[str]) -> NoReturn:
    """Become Terraform with these arguments, or exit 2 with one line when it cannot be run."""

    def become() -> NoReturn:
        path = program()
        os.execve(path, [path, *arguments_for(arguments)], environment())  # noqa: S606

    sys.exit(run("terraform", become))


def _installed_release(path: str) -> Release:
    done = subprocess.run([path, "version", "-json"], capture_output=True, text=True, env=environment(), check=False)
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


def _named_mirror(folder: Path) -> Path:
    folder = folder.absolute()
    if folder.name == REGISTRY:
        folder = folder.parent
    if not folder.is_dir():
        raise UsageError(f"TF_PROVIDER_MIRROR names {folder}, which is not a folder: name one, or unset it")
    if not holds_provider(folder):
        release = _locked_release() or "<release>"
        raise UsageError(
            f"TF_PROVIDER_MIRROR names {folder}, which holds no {PROVIDER} {release} for {_platform()}: "
            f"unset it, or run `terraform -chdir=terraform providers mirror -platform={_platform()} {folder}`"
        )
    return folder


def _chooses_its_own_sources() -> bool:
    """Whether the user's CLI configuration says where providers come from; it is then not ours to say."""
    named = environment().get("TF_CLI_CONFIG_FILE")
    file = Path(named) if named else Path.home() / ".terraformrc"
    return file.is_file() and "provider_installation" in file.read_text(errors="replace")


def _implied_mirrors() -> Iterator[Path]:
    yield Path("terraform.d", "plugins")
    yield Path.home() / ".terraform.d" / "plugins"
    if sys.platform == "darwin":
        yield Path.home() / "Library" / "Application Support" / "io.terraform" / "plugins"
        yield Path("/Library/Application Support/io.terraform/plugins")
        return
    yield Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "terraform" / "plugins"
    for folder in (os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":"):
        yield Path(folder) / "terraform" / "plugins"


def _locked_release() -> str | None:
    """The provider's release in the root module's lock file, or None where nothing is locked yet."""
    lock = ROOT / "terraform" / ".terraform.lock.hcl"
    if not lock.is_file():
        return None
    block = re.search(
        rf'provider "{re.escape(REGISTRY)}/{re.escape(PROVIDER)}" {{(.*?)\n}}', lock.read_text(), re.DOTALL
    )
    version = re.search(r'^\s*version\s*=\s*"([^"]+)"', block.group(1), re.MULTILINE) if block else None
    return version.group(1) if version else None


def _platform() -> str:
    """This machine as Terraform names it, such as ``linux_amd64``."""
    machines: Mapping[str, str] = {"x86_64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386"}
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{machines.get(machine, machine)}"
