"""The local stack, as seen by those who need a token for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.program import Error

DESCRIPTION = Path(__file__).resolve().parents[2] / ".local/stack.json"


@dataclass(frozen=True)
class Stack:
    """What the authorizer of a running local stack accepts; the secret itself stays in its Secrets Manager."""

    endpoint_url: str
    region: str
    secret_name: str
    issuer: str | None
    audience: str | list[str] | None
    algorithm: str


def described() -> Stack | None:
    """The local stack by its own description; None when there is none. Raises Error for a damaged one."""
    try:
        text = DESCRIPTION.read_text()
    except FileNotFoundError:
        return None
    try:
        document: dict[str, Any] = json.loads(text)
        return Stack(
            document["endpoint_url"],
            document["region"],
            document["secret_name"],
            document.get("issuer"),
            document.get("audience"),
            document.get("algorithm", "HS256"),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Error("the local stack's description is damaged: run `make down`, then `make up`") from error


def read_secret(stack: Stack) -> bytes:
    """Read the signing secret from the local stack's Secrets Manager; raises Error when that does not answer."""
    # Imported here because it takes longer than everything else, and is not needed with a secret of one's own.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.client(
        "secretsmanager",
        endpoint_url=stack.endpoint_url,
        region_name=stack.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 -- the local stack takes any, and must not get the caller's own
        config=Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1}, proxies={}),
    )
    try:
        answer = client.get_secret_value(SecretId=stack.secret_name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise Error(f"the local stack does not give its secret {stack.secret_name} ({code}): run `make up`") from error
    except BotoCoreError as error:
        raise Error(f"the local stack at {stack.endpoint_url} does not answer: run `make up`") from error
    return answer["SecretString"].encode() if "SecretString" in answer else bytes(answer["SecretBinary"])
