"""The system on the strict AWS: its state, its applies, and the control of what they change."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import requests

from scripts.lib import processes
from scripts.lib.console import Steps
from scripts.local_aws import stack
from scripts.local_aws.ministack import REGION, MiniStack
from scripts.terraform import Terraform, local_environment
from tests.apply_order import packages

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ("-m", "tests.apply_order.strict_aws")
MODULE = "tests/apply_order/system"
VERSIONED = ("CodeSha256", "Description", "Environment", "MemorySize", "Role", "Timeout", "TracingConfig")
"""What of a function a version keeps, as far as a change here changes it."""
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}


class ApplyFailed(Exception):
    """Terraform ended with an error; the message is the end of what it said."""


class System:
    """A strict AWS of its own in a folder, and the root module ``system`` applied to it.

    A context manager: AWS runs for as long as the block lasts.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._aws = MiniStack(self.folder / "aws")
        self._root = self.folder / MODULE
        self._log = self.folder / "terraform.log"
        self._states: dict[str, bytes] = {}
        self._seen_of_log = 0

    def __enter__(self) -> System:
        (self.folder / "aws").mkdir(parents=True, exist_ok=True)
        stack.package(Steps(), self.folder / "package.log")
        packages.write(self.folder / "packages", stack.MANIFEST)
        ignored = shutil.ignore_patterns(".terraform", "*.tfstate*")
        shutil.copytree(ROOT / "terraform", self.folder / "terraform", ignore=ignored, dirs_exist_ok=True)
        shutil.copytree(ROOT / MODULE, self._root, ignore=ignored, dirs_exist_ok=True)
        shutil.copy(ROOT / "terraform" / ".terraform.lock.hcl", self._root)
        self.endpoint_url = self._aws.start(program=LAUNCHER).endpoint_url
        try:
            self._finish(self._start("init", "-input=false"))
        except BaseException:
            self._aws.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._aws.stop()

    def manifest(self, name: str = "manifest") -> str:
        """The path of a manifest that ``packages`` wrote."""
        return str(self.folder / "packages" / f"{name}.json")

    def client(self, service: str) -> Any:
        """A client of one of AWS's services here, with every right."""
        return boto3.client(service, endpoint_url=self.endpoint_url, **CREDENTIALS)

    def begin(self, mode: str, seed: int = 0) -> None:
        """Set how calls that change something are treated: ``open``, ``stepped`` or ``stopped``."""
        self._control("begin", mode=mode, seed=seed)

    def step(self, seconds: float = 2) -> str | None:
        """Let one change take effect; returns its name, or None when there was none to make for that long."""
        name = self._control("step", seconds=seconds)
        return None if name is None else str(name)

    def had_a_choice(self) -> bool:
        """Whether the seed had anything to decide since ``begin``: whether calls waited together."""
        return bool(self._control("seen")["had_a_choice"])

    def take(self, name: str) -> None:
        """Keep the state of AWS and of Terraform under a name."""
        self._control("take", name=name)
        self._states[name] = self._state.read_bytes()

    def restore(self, name: str) -> None:
        """Bring the state of that name back."""
        self._control("restore", name=name)
        self._state.write_bytes(self._states[name])

    def has(self, name: str) -> bool:
        """Whether a state is kept under that name."""
        return name in self._states

    def apply(self, variables: Mapping[str, Any]) -> None:
        """Apply the system with these variables to what is there, to the end. Raises ApplyFailed."""
        self._finish(self._start("apply", "-auto-approve", "-input=false", self._file(variables)))

    def publish(self) -> list[str]:
        """Publish a version of each function that a stopped apply left without, as its owner does.

        Returns the names of the functions.
        """
        functions = self.client("lambda")
        published = []
        for function in functions.list_functions()["Functions"]:
            newest = functions.list_versions_by_function(FunctionName=function["FunctionName"])["Versions"][-1]
            # AWS makes no second version of the same; MiniStack does.
            if any(newest.get(member) != function.get(member) for member in VERSIONED):
                functions.publish_version(FunctionName=function["FunctionName"])
                published.append(function["FunctionName"])
        return published

    def untaint(self) -> list[str]:
        """Take what a stopped apply left half made for whole, as its owner does; returns the addresses.

        Terraform would replace it, and what it is replaced by is made first and cannot have its name.
        """
        state = json.loads(self._state.read_text())
        found = [
            ".".join(filter(None, [resource.get("module"), resource["type"], resource["name"]])) + _key(instance)
            for resource in state["resources"]
            for instance in resource["instances"]
            if instance.get("status") == "tainted"
        ]
        for address in found:
            self._finish(self._start("untaint", address))
        return found

    def plan(self, variables: Mapping[str, Any], name: str) -> Path:
        """Plan an apply with these variables to what was applied last, into a file. Raises ApplyFailed."""
        plan = self.folder / name
        # What was applied is what is there: to read all of it again would only take time.
        self._finish(self._start("plan", "-refresh=false", "-input=false", f"-out={plan}", self._file(variables)))
        return plan

    def describe(self, plan: Path) -> tuple[dict[str, Any], list[str]]:
        """A plan as Terraform shows it in JSON, and the lines of the graph in whose order it is applied."""
        terraform = self._terraform()
        graph = terraform.ask("graph", "-type=apply", f"-plan={plan}")
        return json.loads(terraform.show_json(plan)), graph.splitlines()

    def start_apply(self, plan: Path) -> subprocess.Popen[bytes]:
        """Start to apply a plan in a process of its own; ``finish`` waits for its end."""
        return self._start("apply", "-input=false", str(plan))

    def finish(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the end of an apply. Raises ApplyFailed."""
        self._finish(process)

    def _file(self, variables: Mapping[str, Any]) -> str:
        file = self.folder / "system.tfvars.json"
        file.write_text(json.dumps(variables, indent=2))
        return f"-var-file={file}"

    def outputs(self) -> dict[str, Any]:
        """The system's outputs, by name."""
        outputs = json.loads(self._state.read_text())["outputs"]
        return {name: output["value"] for name, output in outputs.items()}

    @property
    def _state(self) -> Path:
        return self._root / "terraform.tfstate"

    def _control(self, action: str, **options: Any) -> Any:
        answer = requests.post(f"{self.endpoint_url}/_strict/{action}", params=options, timeout=120)
        answer.raise_for_status()
        return answer.json()

    def _terraform(self) -> Terraform:
        return Terraform(self._root, {**local_environment(self.endpoint_url, REGION), "NO_PROXY": "*"})

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        terraform = self._terraform()
        with self._log.open("ab") as output, processes.uninterrupted():
            self._seen_of_log = output.tell()
            return subprocess.Popen(
                terraform.command(*arguments, "-no-color"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=terraform.environment,
                start_new_session=True,
            )

    def _finish(self, process: subprocess.Popen[bytes]) -> None:
        try:
            code = process.wait()
        finally:
            if process.returncode is None:
                processes.stop(process.pid, 15)
                process.wait()
        if code:
            raise ApplyFailed(self._log.read_bytes()[self._seen_of_log :].decode(errors="replace")[-3000:])


def _key(instance: dict[str, Any]) -> str:
    """What stands behind an instance's resource in its address."""
    return f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
