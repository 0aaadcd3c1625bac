"""One provider process for many runs of Terraform, which otherwise start one each and read its file of 600 MB."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from scripts import ROOT
from scripts.lib.program import Error
from scripts.terraform import Terraform, local_environment, program

FILES = ".terraform/providers/*/hashicorp/aws/*/*/terraform-provider-aws*"
SECONDS_TO_START = 60
REATTACH = "TF_REATTACH_PROVIDERS"
"""The variable by which Terraform attaches to a provider that runs already."""
LAZY = {"GOGC": "800"}
"""Terraform collects garbage seldom: it is up to a tenth of a plan, for twice the memory."""
UNTIL_EOF = 'exec 3<&0; { read -r _ <&3; kill $$; } & exec "$0" "$@" 3<&-'
"""Becomes a program, which ends when its starter does, however that ends: the pipe from it then has an end."""
QUIET = {"TF_LOG": "off", "TF_LOG_SDK": "off", "TF_LOG_SDK_PROTO": "off"}


@contextlib.contextmanager
def running_provider(folder: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Start the provider for debugging, as its framework calls it; stop it in the end, or when this process ends.

    Takes an empty folder, and the environment of the runs. Yields that environment with the variable by which
    Terraform attaches to the process. Configurations with several configurations of the provider must not attach: the
    process keeps the last one only. OpenTofu gets the environment as it is. Raises Error when the provider does not
    start.

    https://developer.hashicorp.com/terraform/plugin/debugging#debugger-based-debugging
    """
    if program.is_opentofu():
        yield dict(environment)
        return
    for file in ("modules/invoke-role/versions.tf", ".terraform.lock.hcl"):
        shutil.copy(ROOT / "terraform" / file, folder)
    Terraform(folder, environment).ask("init", "-input=false")
    log = folder / "provider.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["sh", "-c", UNTIL_EOF, next(folder.glob(FILES)), "-debug"],
            env={**environment, **QUIET},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield {**environment, **LAZY, REATTACH: _address(process, log)}
    finally:
        process.communicate()


@contextlib.contextmanager
def shared_by(module: ModuleType, folder: Path, endpoint_url: str, region: str) -> Iterator[None]:
    """Let the runs of Terraform on one local AWS that a module prepares share a provider process, one after the other.

    Takes the module, which gets the environment of each run by its name ``local_environment``; an empty folder; and
    where the local AWS answers. Raises Error when the provider does not start.
    """
    of_it = (endpoint_url, region)
    with running_provider(folder, local_environment(*of_it)) as attached, pytest.MonkeyPatch.context() as patch:

        def environment(endpoint_url: str, region: str) -> dict[str, str]:
            given = (endpoint_url, region)
            return dict(attached) if given == of_it else local_environment(*given)

        patch.setattr(module, "local_environment", environment)
        yield


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """What the provider says about where it listens, once it does. Raises Error when it ends, or says nothing."""
    until = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < until:
        if found := re.search(rf"{REATTACH}='(\{{.*\}})'", log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise Error(f"the provider did not start: {log.read_text()[-600:]}")
