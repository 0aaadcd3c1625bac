"""The whole system on this machine: Terraform's root module, unmodified, applied to a MiniStack of its own.

Everything one stack keeps is in one folder, so that several can run side by side.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts import ROOT, terraform
from scripts.lib import local_stack, processes
from scripts.lib.console import Steps, tail
from scripts.lib.local_stack import StackInfo
from scripts.lib.program import Error
from scripts.local_aws.ministack import EXECUTE_API, HOST, REGION, Instance, MiniStack, require_free
from scripts.local_aws.workspace import Workspace
from scripts.token import minting

MANIFEST = ROOT / ".local" / "build" / "manifest.json"
VARIABLES = ROOT / "terraform" / "environments" / "local.tfvars"
ARGUMENTS = (f"-var-file={VARIABLES}", f"-var=manifest={MANIFEST}")
"""What the root module is applied with."""


class Stack:
    """The system in one folder, which prints its steps as it takes them."""

    def __init__(self, folder: Path, steps: Steps) -> None:
        self.folder = folder.absolute()
        self.local_aws = MiniStack(self.folder)
        self._steps = steps
        self._package_log = self.folder / "package.log"

    @contextmanager
    def up(self, port: int | None = None) -> Iterator[StackInfo]:
        """Bring the system up, or up to date when it runs already, for as long as the block lasts.

        Takes the port (None: any free one, or the one it has). What was started here is stopped at the end, unless
        ``detach`` was called.
        """
        terraform.find()
        with self._locked():
            process = self.local_aws.running()
            if process is None and port is not None:
                require_free(port)
            if process is not None and port not in (None, process.port):
                raise Error(f"already up on port {process.port}: `make down` first to have it on port {port}")
            package(self._steps, self._package_log)
            if process is not None:
                self._steps.say(f"MiniStack is up already on port {process.port}")
                yield self._apply(process)
                return
            self._delete_state()
            try:
                self._steps.say("Starting MiniStack, a local AWS")
                yield self._apply(self.local_aws.start(port))
            finally:
                if self.local_aws.started_here:
                    self.local_aws.stop()
                    self._delete_state()

    def detach(self) -> None:
        """Let what was started here run on after this process."""
        self.local_aws.detach()

    def down(self) -> bool:
        """Stop everything and remove all but the packages; returns whether there was anything to stop."""
        with self._locked():
            found = self.local_aws.stop()
            self._delete_state()
            for log in self.folder.glob("*.log"):
                log.unlink()
        return found

    def _apply(self, process: Instance) -> StackInfo:
        self._steps.say("Applying terraform/ to it")
        workspace = self.workspace(process)
        changes = workspace.apply(*ARGUMENTS)
        info = _describe(process, workspace.outputs())
        local_stack.write(self.folder, info)
        self._steps.say(f"Applied: {changes}")
        return info

    def workspace(self, process: Instance) -> Workspace:
        """The copy of ``terraform/`` that is applied here."""
        return Workspace(self.folder, process.endpoint_url, REGION)

    def _delete_state(self) -> None:
        """Remove what describes a local AWS that is gone: all of it was in that process's memory."""
        for name in ("terraform", "terraform-data", "examples"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        local_stack.remove(self.folder)
        for file in self.folder.glob("terraform.tfstate*"):
            file.unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep a second run out of the folder; the lock goes with the process that holds it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Error(
                    f"another run is at work in {self.folder}: wait until it is done, or interrupt it"
                ) from None
            yield


def package(steps: Steps, log: Path) -> None:
    """Build the packages for this machine; nothing happens when they are up to date."""
    steps.say("Packaging the functions for this machine")
    log.unlink(missing_ok=True)
    command = [sys.executable, "-m", "scripts.package", "--target", "host"]
    environment = {**os.environ, "LOCAL_STACK_FOLDER": str(log.parent)}
    if processes.run(command, log, environment, ROOT):
        raise Error(f"the functions could not be packaged; the end of {log}:\n{tail(log)}")


def mint(info: StackInfo, claims: Mapping[str, Any], seconds: int = 3600) -> str:
    """A token that a running stack accepts, with these claims and the required ones, good for so many seconds."""
    required = {"iss": info.issuer, "aud": info.audience, **minting.identified(int(time.time()), seconds)}
    present = {name: value for name, value in required.items() if value is not None}
    return minting.mint({**present, **claims}, info.secret(), info.algorithm)


def _describe(process: Instance, outputs: Mapping[str, Any]) -> StackInfo:
    issuer = json.loads(outputs["configuration"])["issuers"][0]
    secret_name = issuer["keys"].get("secret", {}).get("secrets_manager")
    if secret_name is None:
        raise Error(f"{VARIABLES}: the first issuer must have a secret in Secrets Manager, to mint tokens with")
    api, stage = outputs["rest_api_id"], outputs["stage_name"]
    return StackInfo(
        base_url=f"{process.endpoint_url}/restapis/{api}/{stage}/_user_request_",
        endpoint_url=process.endpoint_url,
        port=process.port,
        pid=process.pid,
        identity=process.identity,
        region=REGION,
        rest_api_id=api,
        stage_name=stage,
        authorizer_log_group=outputs["authorizer_log_group"],
        secret_name=secret_name,
        issuer=issuer.get("issuer"),
        audience=next(iter(issuer["audiences"]), None),
        algorithm=issuer["algorithms"][0],
        configuration=outputs["configuration"],
        routes=outputs["routes"],
        websocket_url=websocket_url(process.port, outputs.get("websocket_api_id"), stage),
    )


def websocket_url(port: int, api_id: str | None, stage: str) -> str | None:
    """Where a MiniStack on a port serves a WebSocket API; None for none."""
    return api_id and f"ws://{HOST}:{port}{EXECUTE_API}/{api_id}/{stage}"
