"""Plan, apply and destroy a real environment: ``python -m scripts.operate.environment plan|apply|output|destroy dev``.

Each environment is a file in ``terraform/environments``, with its remote state beside it and its own working data, so
that changing from one to another never mixes them up. The local stack has its own program and never comes here; what is
planned of it, for review alone, is its change to another file of variables: ``local-next``.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from scripts import ROOT
from scripts.lib.console import say
from scripts.lib.program import Error, UsageError, run
from scripts.local_aws import plan as local_plan
from scripts.terraform import Terraform, inherited

Answer = TypeVar("Answer")


class Environment(NamedTuple):
    """Where one environment's files are."""

    name: str
    variables: Path
    backend: Path
    plan: Path


def find(name: str, root: Path = ROOT) -> Environment:
    """The environment of this name. Raises UsageError when there is none, or it is the local one."""
    folder = root / "terraform" / "environments"
    known = sorted(file.stem for file in folder.glob("*.tfvars") if not file.stem.startswith("local"))
    if name == "local":
        raise UsageError("the local stack is not worked on here; use `make up` and `make down`")
    if name.startswith("local-"):
        raise UsageError(f"{name} is a change of the local stack, to plan and review; `make up` applies local.tfvars")
    if name not in known:
        raise UsageError(f"there is no environment {name!r}; write ENV={'|'.join(known)}")
    backend = folder / f"{name}.s3.tfbackend"
    return Environment(name, folder / f"{name}.tfvars", backend, root / "build" / f"{name}.tfplan")


def local_change(name: str, root: Path = ROOT) -> Environment | None:
    """The change of the local stack that has this name, or None when it is no such name.

    Its plan is JSON at once, for there is nothing to apply it to later. Raises UsageError when its file is
    missing.
    """
    if not name.startswith("local-"):
        return None
    variables = root / "terraform" / "environments" / f"{name}.tfvars"
    if not variables.is_file():
        raise UsageError(f"terraform/environments/{name}.tfvars is missing; local-next.tfvars is an example")
    return Environment(name, variables, Path(), root / "build" / f"{name}.plan.json")


def show(name: str, root: Path = ROOT) -> bytes:
    """The plan that was written last, as JSON; it holds sensitive values in clear.

    Raises UsageError when there is none.
    """
    chosen = local_change(name, root) or find(name, root)
    if not chosen.plan.is_file():
        raise UsageError(f"there is no plan to review; run `make plan ENV={name}` first")
    if chosen.plan.suffix == ".json":
        return chosen.plan.read_bytes()
    try:
        return _terraform(chosen).show_json(chosen.plan).encode()
    except Error as error:
        raise UsageError(f"the plan cannot be read: {error}") from None


def check_ready_to_plan(environment: Environment, root: Path = ROOT) -> None:
    """Raise UsageError when the packages or the place of the state are missing."""
    if not (root / "build" / "manifest.json").is_file():
        raise UsageError("the Lambda packages are not built; run `make package` first")
    _check_backend(environment, root)


def _check_backend(environment: Environment, root: Path = ROOT) -> None:
    shown = environment.backend.relative_to(root)
    if not environment.backend.is_file():
        raise UsageError(f"{shown} is missing; it names the S3 bucket that keeps this environment's state")
    bucket = re.search(r'^\s*bucket\s*=\s*"([^"]*)"', environment.backend.read_text(), re.MULTILINE)
    if bucket is None or not re.fullmatch(r"[a-z0-9][a-z0-9.-]{2,62}", bucket.group(1)):
        raise UsageError(f"{shown} names no bucket yet; write the name of the one that keeps your state")


def plan(environment: Environment) -> int:
    """Write the plan to ``build/<name>.tfplan``; returns Terraform's exit code."""
    check_ready_to_plan(environment)
    code = _run(environment, *_init(environment))
    if code == 0:
        code = _run(
            environment, "plan", "-input=false", f"-var-file={environment.variables}", f"-out={environment.plan}"
        )
    if code == 0:
        say(f"\nRead the plan above, or `make review ENV={environment.name}`;")
        say(f"`make apply ENV={environment.name}` carries out exactly this.")
    return code


def apply(environment: Environment) -> int:
    """Carry out the plan that `plan` wrote, once; returns Terraform's exit code."""
    if not environment.plan.is_file():
        raise UsageError(f"there is no plan to apply; run `make plan ENV={environment.name}` and read it first")
    code = _run(environment, "apply", "-input=false", str(environment.plan))
    if code == 0:
        environment.plan.unlink()
    return code


def destroy(environment: Environment) -> int:
    """Have Terraform show what it would destroy, ask, and destroy it; returns Terraform's exit code."""
    check_ready_to_plan(environment)
    if not re.search(r"^\s*deletion_protection\s*=\s*false\b", environment.variables.read_text(), re.MULTILINE):
        say("AWS refuses to delete the tables of records and of revoked tokens while they are protected. Write")
        say(f"deletion_protection = false in {environment.variables.name}, plan and apply that first.\n")
    code = _run(environment, *_init(environment))
    if code == 0:
        code = _run(environment, "destroy", f"-var-file={environment.variables}")
    return code


def output(environment: Environment, name: str | None) -> int:
    """Print one output as it is, or all of them as JSON; returns 0.

    Raises UsageError when there is no such output, or none at all.
    """
    found = outputs(environment)
    if name is not None and name not in found:
        raise UsageError(f"there is no output {name!r}; write NAME={'|'.join(sorted(found))}")
    chosen = found if name is None else found[name]
    say(chosen if isinstance(chosen, str) else json.dumps(chosen, indent=2))
    return 0


def outputs(environment: Environment) -> dict[str, Any]:
    """What Terraform says of the environment as it is applied, by name.

    Raises UsageError when its state cannot be read, or there is nothing in it.
    """
    found = _of_state(environment, Terraform.output_json)
    if not found:
        raise UsageError(f"{environment.name} is not applied yet; run `make plan ENV={environment.name}`")
    return found


def state(environment: Environment) -> str:
    """The state of the environment as JSON; it holds sensitive values in clear.

    Raises UsageError when it cannot be read.
    """
    return _of_state(environment, Terraform.state_json)


def _of_state(environment: Environment, ask: Callable[[Terraform], Answer]) -> Answer:
    """What Terraform answers of the state. Raises UsageError when it cannot be read."""
    _check_backend(environment)
    terraform = _terraform(environment)
    try:
        return ask(terraform)
    except Error:
        # A machine that has not worked on this environment yet does not know where its state is.
        try:
            terraform.ask(*_init(environment))
            return ask(terraform)
        except Error as error:
            raise UsageError(f"the state of {environment.name} cannot be read:\n{error}") from None


def _init(environment: Environment) -> list[str]:
    return ["init", "-input=false", "-reconfigure", f"-backend-config={environment.backend}"]


def _run(environment: Environment, *arguments: str) -> int:
    terraform = _terraform(environment)
    process = subprocess.Popen(terraform.command(*arguments), env=terraform.environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # Terraform gets the Ctrl-C too. It must finish what it is doing, and release the state.
            continue


def _terraform(environment: Environment) -> Terraform:
    data = ROOT / "terraform" / ".terraform" / environment.name
    # By TF_IN_AUTOMATION, Terraform leaves out its own next step: `terraform apply` would look for its data elsewhere.
    return Terraform(ROOT / "terraform", inherited() | {"TF_DATA_DIR": str(data), "TF_IN_AUTOMATION": "1"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code: Terraform's own, or 2 when something is to be done first."""
    parser = argparse.ArgumentParser(prog="environment", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("action", choices=["plan", "apply", "output", "destroy"])
    parser.add_argument("name", help="an environment in terraform/environments, such as dev")
    parser.add_argument("--only", metavar="OUTPUT", help="the one output to print, as it is; else all, as JSON")
    given = parser.parse_args(arguments)
    return run(given.action, lambda: _run_action(given.action, given.name, given.only))


def _run_action(action: str, name: str, only: str | None) -> int:
    change = local_change(name) if action == "plan" else None
    if change:
        local_plan.plan(change.name, change.variables, change.plan)
        return 0
    chosen = find(name)
    if action == "output":
        return output(chosen, only)
    return {"plan": plan, "apply": apply, "destroy": destroy}[action](chosen)


if __name__ == "__main__":
    sys.exit(main())
