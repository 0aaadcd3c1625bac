"""The running local stack, as it describes itself to other programs in ``.local/stack.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from scripts import ROOT
from scripts.lib import aws, processes
from scripts.lib.program import Error

FOLDER: Final = ROOT / ".local"
"""Where ``make up`` keeps its stack."""

_FILE: Final = "stack.json"


@dataclass(frozen=True)
class StackInfo:
    """What other programs need to know of a running stack.

    ``pid`` and ``identity`` are its local AWS's process. ``configuration`` is the authorizer's, as JSON; ``routes`` are
    "METHOD /path" => its rule, or why it is public. Tokens for it have ``issuer``, ``audience`` and ``algorithm``, and
    are signed with the secret of this name in its Secrets Manager.
    """

    base_url: str
    endpoint_url: str
    port: int
    pid: int
    identity: str
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

    def client(self, service: str) -> Any:
        """boto3's client of a service of its local AWS."""
        return aws.client(service, self.endpoint_url, self.region)

    def secret(self) -> bytes:
        """The secret that signs its tokens. Raises Error when its Secrets Manager does not give it."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self.client("secretsmanager").get_secret_value(SecretId=self.secret_name)
        except ClientError as error:
            raise Error(
                f"the local stack does not give its secret {self.secret_name} ({aws.failure(error)}): run `make up`"
            ) from None
        except BotoCoreError:
            raise Error(f"the local stack at {self.endpoint_url} does not answer: run `make up`") from None
        return answer["SecretString"].encode() if "SecretString" in answer else bytes(answer["SecretBinary"])


def read(folder: Path | None = None) -> StackInfo | None:
    """The stack that runs in a folder (FOLDER for None); None when none does.

    Raises Error when its description is damaged.
    """
    try:
        text = (folder or FOLDER).joinpath(_FILE).read_text()
    except FileNotFoundError:
        return None
    try:
        info = StackInfo(**json.loads(text))
    except (ValueError, TypeError):
        raise Error("the local stack's description is damaged: run `make down`, then `make up`") from None
    return info if processes.identity(info.pid) == info.identity else None


def write(folder: Path, info: StackInfo) -> None:
    """Describe the stack in a folder."""
    (folder / _FILE).write_text(json.dumps(asdict(info), indent=2) + "\n")


def remove(folder: Path) -> None:
    """Remove the description of a stack that is gone."""
    (folder / _FILE).unlink(missing_ok=True)
