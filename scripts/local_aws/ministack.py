"""A local AWS in a process of its own: start MiniStack, find it again, stop it.

It listens on 127.0.0.1 alone and keeps all it writes in the folder it is given. Its environment is built from nothing
rather than inherited: MiniStack passes its own on to every function, and reads many variables of its own from it.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.lib import processes
from scripts.lib.console import tail
from scripts.lib.program import Error
from scripts.local_aws.companion import Companion

HOST = "127.0.0.1"
REGION = "eu-central-1"
START_SECONDS = 60.0
STOP_SECONDS = 10.0
EXECUTE_API = "/_aws/execute-api"
"""Where MiniStack serves HTTP and WebSocket APIs by path: ``/<api>/<stage>`` follows."""
LAUNCHER = ("-m", "scripts.local_aws.launcher")


@dataclass(frozen=True)
class Instance:
    """A running MiniStack: its process, which ``identity`` distinguishes from a later one, and its port."""

    pid: int
    identity: str
    port: int

    @property
    def endpoint_url(self) -> str:
        """What AWS_ENDPOINT_URL must be to reach it."""
        return f"http://{HOST}:{self.port}"


class MiniStack(Companion):
    """One MiniStack in a folder, which holds its process's number, its log, and everything it writes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "ministack", STOP_SECONDS)
        self._files = folder / "ministack"

    def running(self) -> Instance | None:
        """The MiniStack of this folder, or None when it is not there (any more)."""
        note = self.noted()
        return None if note is None else Instance(**note)

    def start(self, port: int | None = None, program: Sequence[str] = LAUNCHER, region: str = REGION) -> Instance:
        """Start MiniStack and wait until it answers.

        Takes the port (a free one when None), the arguments of Python that run it, and its region. It ends with this
        process unless ``detach`` is called. Raises Error when the port is taken or when it does not come up.
        """
        chosen = free_port() if port is None else port
        require_free(chosen)
        shutil.rmtree(self._files, ignore_errors=True)
        for name in ("home", "state", "tmp"):
            (self._files / name).mkdir(parents=True)
        _, note = self._begin(program, self._environment(chosen, region), port=chosen)
        started = Instance(**note)
        self._wait_until_healthy(started)
        return started

    def stop(self) -> bool:
        """Stop the MiniStack of this folder and remove what it wrote, its log excepted.

        Returns whether there was one.
        """
        with processes.uninterrupted():
            found = super().stop()
            shutil.rmtree(self._files, ignore_errors=True)
        return found

    def _environment(self, port: int, region: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ}
        return kept | {
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": region,
            "LAMBDA_EXECUTOR": "local",
            "HOME": str(self._files / "home"),
            "TMPDIR": str(self._files / "tmp"),
            "STATE_DIR": str(self._files / "state"),
            "S3_DATA_DIR": str(self._files / "state" / "s3"),
            # Turn off its other listeners, and keep it away from the user's containers.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": f"unix://{self._files / 'none.sock'}",
            "NO_PROXY": "*",
            "PYTHONUNBUFFERED": "1",
            # Functions inherit it: the host name in their events has no port, and may not resolve.
            "CONNECTIONS_ENDPOINT": f"http://{HOST}:{port}{EXECUTE_API}/{{apiId}}/{{stage}}",
        }

    def _wait_until_healthy(self, started: Instance) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _is_healthy(started.endpoint_url):
            if not processes.is_running(started.pid):
                raise Error(f"MiniStack ended while starting; the end of {self.log}:\n{tail(self.log)}")
            if time.monotonic() > deadline:
                raise Error(
                    f"MiniStack did not answer within {START_SECONDS:.0f} s; the end of {self.log}:\n{tail(self.log)}"
                )
            time.sleep(0.1)


def _is_healthy(endpoint_url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{endpoint_url}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def require_free(port: int) -> None:
    """Raise Error when MiniStack could not listen on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise Error(f"port {port} needs a privilege: choose a PORT above 1023") from None
        except OSError as error:
            raise Error(
                f"port {port} of {HOST} cannot be had ({error.strerror}): name another PORT, or none for any free one"
            ) from None
