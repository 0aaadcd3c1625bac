"""The examples on the local stack: applied beside the root, with states of their own."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scripts import ROOT
from scripts.lib.local_stack import StackInfo
from scripts.lib.program import UsageError
from scripts.local_aws.ministack import EXECUTE_API
from scripts.local_aws.stack import MANIFEST, websocket_url
from scripts.local_aws.workspace import Workspace
from scripts.token import minting

FOLDER: Final = "examples"
"""Where the stack's folder keeps them."""

SECRETS: Final[Mapping[str, str]] = {
    "SECRET": "my-secret",
    "AUTH_TOKEN_SALT": "known to everybody, for the local AWS alone",
}
"""What signs the tokens of those examples that keep their secret in the function's environment."""

_VARIABLES: Final[Mapping[str, str]] = {"auth_token_salt": SECRETS["AUTH_TOKEN_SALT"]}
_CLAIMS: Final = {"sub": "alice", "userId": "alice", "foo": "bar", "scope": "chat"}
"""Enough for most rules; the pages of the examples show what the others answer."""

_LIFETIME: Final = 12 * 3600
_NOT_HERE: Final[Mapping[str, str]] = {
    "consumer": "its modules come from a release, which a clone does not have",
    "mcp": "its clients need an issuer that people sign in at",
    "custom-domain": "the local AWS has no domain names",
    "openapi": "the local AWS takes no OpenAPI document",
    "private-api": "the local AWS has no VPC endpoints",
}
"""Examples that cannot be applied to the local stack => why."""


@dataclass(frozen=True)
class Applied:
    """An example that was applied: where its API is, and a token that it accepts."""

    url: str
    token: str


def names() -> list[str]:
    """The examples that can be applied to the local stack."""
    folders = (file.parent.name for file in (ROOT / "terraform" / "examples").glob("*/main.tf"))
    return sorted(set(folders) - _NOT_HERE.keys())


def apply(info: StackInfo, name: str, folder: Path) -> Applied:
    """Apply an example to a running stack whose folder is given; an applied one is brought up to date.

    Raises UsageError when there is no such example, and Error when it cannot be applied.
    """
    if name in _NOT_HERE:
        raise UsageError(f"NAME is {name!r}, and {_NOT_HERE[name]}: write one of {', '.join(names())}")
    if name not in names():
        raise UsageError(f"NAME is {name!r}: write one of {', '.join(names())}")
    workspace = Workspace(folder / FOLDER / name, info.endpoint_url, info.region, f"examples/{name}")
    workspace.apply(*arguments(name))
    outputs = workspace.outputs()
    return Applied(url(info, outputs), token(info, outputs))


def arguments(name: str) -> list[str]:
    """What Terraform is given for an example: the packages of this machine, and values that it has no default for."""
    declared = (ROOT / "terraform" / "examples" / name / "variables.tf").read_text()
    own = [f"-var={variable}={value}" for variable, value in _VARIABLES.items() if f'"{variable}"' in declared]
    return [f"-var=manifest={MANIFEST}", *own]


def url(info: StackInfo, outputs: Mapping[str, Any]) -> str:
    """Where the local AWS serves the API of an example, by the example's outputs."""
    stage = outputs["stage_name"]
    if "rest_api_id" in outputs:
        return f"{info.endpoint_url}/restapis/{outputs['rest_api_id']}/{stage}/_user_request_"
    if str(outputs.get("url", "")).startswith("wss://"):
        return str(websocket_url(info.port, outputs["api_id"], stage))
    return f"{info.endpoint_url}{EXECUTE_API}/{outputs['api_id']}/{stage}"


def token(info: StackInfo, outputs: Mapping[str, Any]) -> str:
    """A token that an example accepts, good for twelve hours."""
    (issuer,) = json.loads(outputs["configuration"])["issuers"]
    secret = issuer["keys"]["secret"]
    if "environment" in secret:
        value = SECRETS[secret["environment"]].encode()
    else:
        answer = info.client("secretsmanager").get_secret_value(SecretId=secret["secrets_manager"])
        value = answer["SecretString"].encode()
    whose = {"iss": issuer.get("issuer"), "aud": next(iter(issuer.get("audiences", ())), None)}
    claims = {claim: given for claim, given in whose.items() if given is not None}
    return minting.mint(
        {**claims, **minting.identified(int(time.time()), _LIFETIME), **_CLAIMS}, value, issuer["algorithms"][0]
    )
