"""Where ``terraform init`` finds the provider on machines that cannot reach a registry."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scripts import ROOT
from scripts.lib.program import UsageError
from scripts.terraform import program
from scripts.terraform.environment import cli_configuration

REGISTRY = "registry.terraform.io"
OPENTOFU_REGISTRY = "registry.opentofu.org"
PROVIDER = "hashicorp/aws"
ADD_ON_PACKAGES = Path("/opt")
"""Where the Filesystem Hierarchy Standard (section 3.13) puts add-on packages, each in its own folder."""


def registry() -> str:
    """The registry that the program takes ``hashicorp/aws`` from."""
    return OPENTOFU_REGISTRY if program.is_opentofu() else REGISTRY


def arguments_for(arguments: Sequence[str]) -> list[str]:
    """The arguments to run: those given, and for ``init`` the mirror's unless they name a folder."""
    result = list(arguments)
    command = next((place for place, word in enumerate(result) if not word.startswith("-")), None)
    if command is None or result[command] != "init" or any(word.startswith("-plugin-dir") for word in result):
        return result
    return [*result[: command + 1], *init_arguments(), *result[command + 1 :]]


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
    for found in sorted(ADD_ON_PACKAGES.glob(f"*/{registry()}")):
        if holds_provider(found.parent):
            return [f"-plugin-dir={found.parent}"]
    return []


def holds_provider(mirror: Path) -> bool:
    """Whether a mirror holds the provider for this platform, packed or unpacked, in the locked release.

    https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror
    """
    folder = mirror / registry() / PROVIDER
    release = _locked_release() or "*"
    name = PROVIDER.partition("/")[2]
    return any(folder.glob(f"{release}/{this_platform()}")) or any(
        folder.glob(f"terraform-provider-{name}_{release}_{this_platform()}.zip")
    )


def _named_mirror(folder: Path) -> Path:
    folder = folder.absolute()
    if folder.name == registry():
        folder = folder.parent
    if not folder.is_dir():
        raise UsageError(f"TF_PROVIDER_MIRROR names {folder}, which is not a folder: name one, or unset it")
    if not holds_provider(folder):
        release = _locked_release() or "<release>"
        raise UsageError(
            f"TF_PROVIDER_MIRROR names {folder}, which holds no {PROVIDER} {release} for {this_platform()}: "
            f"unset it, or run `terraform -chdir=terraform providers mirror -platform={this_platform()} {folder}`"
        )
    return folder


def _chooses_its_own_sources() -> bool:
    """Whether the user's CLI configuration says where providers come from; this module then says nothing."""
    file = cli_configuration() or Path.home() / ".terraformrc"
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
        rf'provider "{re.escape(registry())}/{re.escape(PROVIDER)}" {{(.*?)\n}}', lock.read_text(), re.DOTALL
    )
    version = re.search(r'^\s*version\s*=\s*"([^"]+)"', block.group(1), re.MULTILINE) if block else None
    return version.group(1) if version else None


def this_platform() -> str:
    """This machine as Terraform names it, such as ``linux_amd64``."""
    machines: Mapping[str, str] = {"x86_64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386"}
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{machines.get(machine, machine)}"
