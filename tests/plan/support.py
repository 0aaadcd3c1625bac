"""Runs Terraform on copies of this repository's modules, against a local AWS that answers on the loopback.

A module is named by its folder, relative to the repository: ``terraform/modules/rest-api``, ``terraform``,
``terraform/examples/tutorial-deny``, or a root of the tests' own below ``tests/plan/roots``, which may use the modules
by relative paths.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tftest

from scripts.lib.program import Error
from scripts.local_aws.ministack import MiniStack
from scripts.terraform import Terraform
from scripts.terraform.lint import of_this_repository

REPOSITORY = Path(__file__).resolve().parents[2]
LOCK_FILE = ".terraform.lock.hcl"
ACCOUNT = "000000000000"
REGION = "eu-west-1"
IGNORED = shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfplan", "*.auto.tfvars*")


class Refused(AssertionError):
    """Terraform failed where it should have planned or applied; the message is what it said."""


class Order:
    """What waits for what in an apply: the edges of `terraform graph`, from an operation to those that it waits for.

    An operation is a resource's address, and for its end that address followed by " (destroy)", also where a new one of
    that address was created before.
    """

    def __init__(self, graph: str) -> None:
        self._edges: dict[str, set[str]] = {}
        for waiting, awaited in re.findall(r'^\s*"\[root\] (.*)" -> "\[root\] (.*)"', graph, re.MULTILINE):
            self._edges.setdefault(_unquoted(waiting), set()).add(_unquoted(awaited))

    def operations(self) -> set[str]:
        """Every operation that something waits for, or that waits for something."""
        return set(self._edges) | {awaited for found in self._edges.values() for awaited in found}

    def waits(self, operation: str, other: str) -> bool:
        """Whether an operation begins only after another one has ended. Raises KeyError when there is no such one."""
        if missing := {operation, other} - self.operations():
            raise KeyError(f"no such operation: {', '.join(sorted(missing))}")
        seen: set[str] = set()
        ahead = [operation]
        while ahead:
            for awaited in self._edges.get(ahead.pop(), set()) - seen:
                seen.add(awaited)
                ahead.append(awaited)
        return other in seen


class Root:
    """One root module, in a folder and with a state of its own, initialised and ready to run."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._terraform = Terraform(folder, environment)
        self._run("init", "-input=false")

    def plan(self, variables: Mapping[str, Any], *arguments: str) -> Any:
        """Plan with these variables.

        Takes the input variables as Python values, and more arguments for ``terraform plan``. Returns tftest's plan
        output: ``.resources["type.name"]["values"]``, ``.modules``, ``.resource_changes``, ``.outputs`` (those known),
        ``["checks"]``. Raises Refused when Terraform refuses.
        """
        return tftest.TerraformPlanOutput(json.loads(self._terraform.show_json(self._plan(variables, *arguments))))

    def order(self, variables: Mapping[str, Any], *arguments: str) -> Order:
        """In which order an apply with these variables would do what it does; takes what ``plan`` takes."""
        return Order(self._run("graph", "-type=apply", f"-plan={self._plan(variables, *arguments)}"))

    def json(self, variables: Mapping[str, Any]) -> str:
        """The plan with these variables as `terraform show -json` prints it."""
        return self._terraform.show_json(self._plan(variables))

    def write(self, text: str) -> None:
        """Put other Terraform in place of what ``Modules.written`` wrote; it may call no other modules."""
        (self.folder / "main.tf").write_text(of_this_repository(text))

    def shown(self, variables: Mapping[str, Any]) -> str:
        """The plan with these variables as a person reads it."""
        return self._run("show", str(self._plan(variables)))

    def refused(self, variables: Mapping[str, Any]) -> str:
        """What Terraform says when it refuses to plan with these variables: an error a line, not wrapped or framed.

        Terraform reports every mistake it can see at once: put several into one call. Fails when it plans instead.
        """
        try:
            self._terraform.ask("plan", "-json", "-input=false", "-lock=false", *self._given(variables))
        except Error as error:
            events = [json.loads(line) for line in str(error).splitlines() if line.startswith("{")]
            found = [event["diagnostic"] for event in events if event["@level"] == "error" and "diagnostic" in event]
            return "\n".join(" ".join(f"{each['summary']}: {each['detail']}".split()) for each in found)
        raise AssertionError("Terraform planned this, and should have refused it")

    def apply(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Apply with these variables; returns the root's outputs by name. Raises Refused when it fails."""
        self._run("apply", "-input=false", "-auto-approve", *self._given(variables))
        return self._terraform.output_json()

    def destroy(self, variables: Mapping[str, Any]) -> None:
        """Destroy what was applied. Raises Refused when it fails."""
        self._run("destroy", "-input=false", "-auto-approve", *self._given(variables))

    def _plan(self, variables: Mapping[str, Any], *arguments: str) -> Path:
        file = self.folder / "test.tfplan"
        self._run("plan", "-input=false", "-lock=false", f"-out={file}", *arguments, *self._given(variables))
        return file

    def _given(self, variables: Mapping[str, Any]) -> list[str]:
        file = self.folder / "test.tfvars.json"
        file.write_text(json.dumps(variables, indent=2))
        return [f"-var-file={file}"]

    def _run(self, command: str, *arguments: str) -> str:
        try:
            return self._terraform.ask(command, *arguments)
        except Error as error:
            raise Refused(_one_line(str(error))) from None


class Modules:
    """A copy of the repository's Terraform, in which each module is initialised once."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._roots: dict[str, Root] = {}
        self._copies = 0

    def root(self, module: str) -> Root:
        """The module, shared by all tests that only plan."""
        if module not in self._roots:
            self._roots[module] = self.fresh(module)
        return self._roots[module]

    def fresh(self, module: str) -> Root:
        """The module in a new copy, for a test that applies it."""
        self._copies += 1
        copy = self._folder / f"copy-{self._copies}"
        for tree in ("terraform", "tests/plan/roots"):
            if (REPOSITORY / tree).is_dir():
                shutil.copytree(REPOSITORY / tree, copy / tree, ignore=IGNORED)
        return self._ready(copy / module)

    def at(self, folder: Path) -> Root:
        """The root module that a test has written into a folder of its own."""
        return self._ready(folder)

    def variants(self, module: str, variants: Mapping[str, Mapping[str, Any]], outputs: Sequence[str] = ()) -> Root:
        """A root that calls the module once for each variant, with that variant's variables, under its name.

        One plan of it is far quicker than a plan for each: ``.plan({}).modules["module.<variant>"]``, or
        ``.refused({})``. The outputs named become the root's, as ``<variant>_<output>``. Terraform looks for mistakes
        inside one variable first, and for those between several only when there are none: have them refused apart.
        """
        self._copies += 1
        copy = self._folder / f"copy-{self._copies}"
        shutil.copytree(REPOSITORY / "terraform", copy / "terraform", ignore=IGNORED)
        folder = copy / "variants"
        folder.mkdir()
        literal = json.dumps(variants).replace("${", "$${").replace("%{", "%%{")
        configuration: dict[str, Any] = {
            "module": {name: {"source": f"../{module}", **given} for name, given in json.loads(literal).items()}
        }
        if outputs:
            configuration["output"] = {
                f"{name}_{output}": {"value": f"${{module.{name}.{output}}}"} for name in variants for output in outputs
            }
        (folder / "main.tf.json").write_text(json.dumps(configuration, indent=2))
        return self._ready(folder)

    def written(self, text: str) -> Root:
        """A root with this Terraform, in which the modules of a release are this repository's."""
        self._copies += 1
        copy = self._folder / f"copy-{self._copies}"
        shutil.copytree(REPOSITORY / "terraform", copy / "terraform", ignore=IGNORED)
        folder = copy / "terraform" / "examples" / "written"
        folder.mkdir()
        (folder / "main.tf").write_text(of_this_repository(text))
        return self._ready(folder)

    def _ready(self, folder: Path) -> Root:
        if not (folder / LOCK_FILE).exists():
            shutil.copy(REPOSITORY / "terraform" / LOCK_FILE, folder)
        if any('backend "' in file.read_text() for file in folder.glob("*.tf")):
            (folder / "test_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
        return Root(folder, self._environment)


@contextlib.contextmanager
def local_aws(folder: Path) -> Iterator[str]:
    """Run a local AWS on a free loopback port; yields its URL, and leaves nothing running."""
    ministack = MiniStack(folder)
    try:
        yield ministack.start(region=REGION).endpoint_url
    finally:
        ministack.stop()


def _unquoted(name: str) -> str:
    return re.sub(r" \(destroy deposed \w+\)$", " (destroy)", name.replace('\\"', '"'))


def _one_line(text: str) -> str:
    """Terraform's diagnostics without colours, frames and line breaks, so that a test can look for a sentence."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return " ".join(re.sub(r"[│╷╵]", " ", plain).split())
