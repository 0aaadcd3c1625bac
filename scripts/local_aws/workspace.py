"""A copy of ``terraform/`` applied to a local AWS: the same code, its own state, no account.

The copy lives in a folder of its own and gets a ``backend_override.tf``, so that neither the state nor the lock file
nor the ``.terraform`` folder of the original is touched. No AWS or Terraform setting of the caller's is inherited.
https://developer.hashicorp.com/terraform/language/files/override
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts import ROOT
from scripts.lib import processes
from scripts.lib.console import tail
from scripts.lib.program import Error
from scripts.terraform import Terraform, inherited, local_environment

SOURCE = ROOT / "terraform"
_NO_ANSWER = re.compile("could not connect to|Failed to query available provider packages|Failed to install provider")
_UNREACHABLE = ": allow access to the provider registry, or name a folder that mirrors it by TF_PROVIDER_MIRROR"
_CHANGES = re.compile(r"Resources: (\d+) added, (\d+) changed, (\d+) destroyed")


@dataclass(frozen=True)
class Changes:
    """How many resources an apply added, changed and destroyed."""

    added: int
    changed: int
    destroyed: int

    def __str__(self) -> str:
        if not any((self.added, self.changed, self.destroyed)):
            return "nothing had changed"
        return f"{self.added} added, {self.changed} changed, {self.destroyed} destroyed"


class Workspace:
    """One root module of ``terraform/`` (the main one unless named), with its state in a folder.

    ``source`` is another tree to copy, such as that of an earlier release. Without an ``endpoint_url`` it is applied to
    the account of the caller's credentials.
    """

    def __init__(
        self, folder: Path, endpoint_url: str | None, region: str, module: str = ".", *, source: Path | None = None
    ) -> None:
        self.folder = folder.absolute()
        self.log = self.folder / "terraform.log"
        self._module = module
        self._source = source or SOURCE
        self._copy = self.folder / "terraform"
        own = local_environment(endpoint_url, region) if endpoint_url else inherited() | {"AWS_REGION": region}
        environment = own | {"LOCAL_STACK_FOLDER": str(self.folder), "TF_IN_AUTOMATION": "1"}
        # On AWS Terraform must end what it has begun, or nobody knows what there is.
        self._patience = 15 if endpoint_url else 900
        self._terraform = Terraform(self._copy / module, environment)

    def apply(self, *arguments: str) -> Changes:
        """Copy the module as it is now and apply it, with arguments such as ``-var=name=value``.

        Returns what changed. Raises Error, or UsageError when there is no terraform to run.
        """
        self._copy_source()
        self.log.unlink(missing_ok=True)
        self._run("init", "-input=false")
        self._run("apply", "-auto-approve", "-input=false", *arguments)
        found = _CHANGES.search(self.log.read_text(errors="replace"))
        if found is None:
            raise Error(f"`terraform apply` did not say what it changed: see {self.log}")
        added, changed, destroyed = (int(number) for number in found.groups())
        return Changes(added, changed, destroyed)

    def destroy(self, *arguments: str) -> None:
        """Destroy all that was applied, with the arguments of the apply. Raises Error."""
        self._run("destroy", "-auto-approve", "-input=false", *arguments)

    def plan(self, *arguments: str) -> bytes:
        """Plan what an apply with these arguments would do to what was applied; returns the plan as JSON.

        That JSON holds sensitive values in clear. Raises Error.
        """
        file = self.folder / "next.tfplan"
        try:
            self._run("plan", "-input=false", f"-out={file}", *arguments)
            return self._terraform.show_json(file).encode()
        finally:
            file.unlink(missing_ok=True)

    def state(self) -> str:
        """The state as JSON; it holds sensitive values in clear."""
        return self._terraform.state_json()

    def outputs(self) -> dict[str, Any]:
        """The module's outputs, by name."""
        return self._terraform.output_json()

    def _copy_source(self) -> None:
        """Replace the copy, except the folder in which ``init`` notes where the providers are."""
        data = self._copy / self._module / ".terraform"
        aside = self.folder / "terraform-data"
        if data.is_dir() and not aside.exists():
            data.rename(aside)
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(
            self._source,
            self._copy,
            ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfplan", "crash*.log"),
        )
        root = self._copy / self._module
        if aside.is_dir():
            aside.rename(data)
        lock = self._source / ".terraform.lock.hcl"
        if lock.is_file() and not (root / lock.name).exists():
            shutil.copy(lock, root)
        state = self.folder / "terraform.tfstate"
        (root / "backend_override.tf").write_text(
            f'terraform {{\n  backend "local" {{\n    path = {json.dumps(str(state))}\n  }}\n}}\n'
        )

    def _run(self, *arguments: str) -> None:
        command = self._terraform.command(*arguments, "-no-color")
        code = processes.run(command, self.log, self._terraform.environment, patience=self._patience)
        if code:
            hint = _UNREACHABLE if _NO_ANSWER.search(self.log.read_text(errors="replace")) else ""
            raise Error(
                f"`terraform {arguments[0]}` ended with exit code {code}{hint}; "
                f"the end of {self.log}:\n{tail(self.log)}"
            )
