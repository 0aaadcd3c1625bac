"""Running Terraform in one folder, to its end."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.program import Error
from scripts.terraform import program
from scripts.terraform.providers import arguments_for


@dataclass(frozen=True)
class Terraform:
    """Terraform in a folder, which holds the root module, with these environment variables."""

    folder: Path
    environment: Mapping[str, str]

    def command(self, *arguments: str) -> list[str]:
        """The command line; ``init`` gets the provider mirror. Raises UsageError when there is no terraform."""
        return [program.find(), f"-chdir={self.folder}", *arguments_for(arguments)]

    def ask(self, subcommand: str, *arguments: str) -> str:
        """Run a command and return what it prints. Raises Error with what it said when it fails."""
        done = subprocess.run(
            self.command(subcommand, "-no-color", *arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Error((done.stderr or done.stdout).strip())
        return done.stdout

    def show_json(self, plan: Path) -> str:
        """A plan file as JSON; it holds sensitive values in clear. Raises Error."""
        return self.ask("show", "-json", str(plan))

    def state_json(self) -> str:
        """The state as JSON; it holds sensitive values in clear. Raises Error."""
        return self.ask("show", "-json")

    def output_json(self) -> dict[str, Any]:
        """The root module's outputs, by name. Raises Error."""
        return {name: output["value"] for name, output in json.loads(self.ask("output", "-json")).items()}
