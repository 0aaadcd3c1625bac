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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts import ROOT, terraform
from scripts.lib import processes
from scripts.lib.console import Steps, tail
from scripts.lib.program import Error
from scripts.local_aws.ministack import EXECUTE_API, HOST, REGION, Home, MiniStack, require_free
from scripts.local_aws.workspace import Workspace

MANIFEST = ROOT / ".local" / "build" / "manifest.json"
VARIABLES = ROOT / "terraform" / "environments" / "local.tfvars"
ARGUMENTS = (f"-var-file={VARIABLES}", f"-var=manifest={MANIFEST}")
"""What the root module is applied with."""


@dataclass(frozen=True)
class Record:
    """What others need to know of a running stack, as ``stack.json`` holds it.

    ``configuration`` is the authorizer's, as JSON; ``routes`` are "METHOD /path" => its rule, or why it is public.
    """

    base_url: str
    endpoint_url: str
    port: int
    pid: int
    region: str
    rest_api_id: str
    stage_name: str
    authorizer_log_group: str
    secret_name: str
    issuer: str | None
    audience: str | None
    algorithm: str
    configuration: str
    routes: dict[str, dict[str, Any]]
    websocket_url: str | None


class Stack:
    """The system in one folder; tells its steps as it takes them."""

    def __init__(self, folder: Path, steps: Steps) -> None:
        self.folder = folder.absolute()
        self.home = Home(self.folder)
        self._steps = steps
        self._record = self.folder / "stack.json"
        self._package_log = self.folder / "package.log"

    def running(self) -> Record | None:
        """What is running here, or None when nothing is (or not all of it yet)."""
        process = self.home.running()
        try:
            record = Record(**json.loads(self._record.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return record if process is not None and process.pid == record.pid else None

    @contextmanager
    def up(self, port: int | None = None) -> Iterator[Record]:
        """Bring the system up, or up to date when it runs already, for as long as the block lasts.

        Takes the port (None: any free one, or the one it has). What was started here is stopped at the end, unless
        ``keep`` was called.
        """
        terraform.find()
        with self._alone():
            process = self.home.running()
            if process is None and port is not None:
                require_free(port)
            if process is not None and port not in (None, process.port):
                raise Error(f"already up on port {process.port}: `make down` first to have it on port {port}")
            package(self._steps, self._package_log)
            if process is not None:
                self._steps.say(f"MiniStack is up already on port {process.port}")
                yield self._apply(process)
                return
            self._forget()
            try:
                self._steps.say("Starting MiniStack, a local AWS")
                yield self._apply(self.home.start(port))
            finally:
                if self.home.is_ours:
                    self.home.stop()
                    self._forget()

    def keep(self) -> None:
        """Let what was started here run on."""
        self.home.keep()

    def down(self) -> bool:
        """Stop everything and remove all but the packages; returns whether there was anything to stop."""
        with self._alone():
            found = self.home.stop()
            self._forget()
            for log in self.folder.glob("*.log"):
                log.unlink()
        return found

    def _apply(self, process: MiniStack) -> Record:
        self._steps.say("Applying terraform/ to it")
        workspace = self.workspace(process)
        changes = workspace.apply(*ARGUMENTS)
        record = _record(process, workspace.outputs())
        self._record.write_text(json.dumps(asdict(record), indent=2) + "\n")
        self._steps.say(f"Applied: {changes}")
        return record

    def workspace(self, process: MiniStack) -> Workspace:
        """The copy of ``terraform/`` that is applied here."""
        return Workspace(self.folder, process.endpoint_url, REGION)

    def _forget(self) -> None:
        """Remove what described a MiniStack that is gone: its memory was all there was."""
        for name in ("terraform", "terraform-data"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for file in (self._record, *self.folder.glob("terraform.tfstate*")):
            file.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
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


def mint(record: Record, claims: Mapping[str, Any], seconds: int = 3600) -> str:
    """A token that a running stack accepts, with these claims and the required ones, good for so many seconds."""
    from scripts.token import minting
    from scripts.token import stack as keys

    of_stack = keys.Stack(
        record.endpoint_url, record.region, record.secret_name, record.issuer, record.audience, record.algorithm
    )
    required = {"iss": record.issuer, "aud": record.audience, **minting.times(int(time.time()), seconds)}
    present = {name: value for name, value in required.items() if value is not None}
    return minting.mint({**present, **claims}, keys.read_secret(of_stack), record.algorithm)


def _record(process: MiniStack, outputs: Mapping[str, Any]) -> Record:
    issuer = json.loads(outputs["configuration"])["issuers"][0]
    secret_name = issuer["keys"].get("secret", {}).get("secrets_manager")
    if secret_name is None:
        raise Error(f"{VARIABLES}: the first issuer must have a secret in Secrets Manager, to mint tokens with")
    api, stage = outputs["rest_api_id"], outputs["stage_name"]
    return Record(
        base_url=f"{process.endpoint_url}/restapis/{api}/{stage}/_user_request_",
        endpoint_url=process.endpoint_url,
        port=process.port,
        pid=process.pid,
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
