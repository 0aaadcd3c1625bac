"""What is deployed, for programs that work on it: the running local stack, or an environment by its outputs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts import ROOT
from scripts.lib.console import Steps
from scripts.lib.program import UsageError
from scripts.local_aws.stack import Stack
from scripts.operate import environment

FOLDER = ROOT / ".local"
LOCAL = "local"
"""What ENV calls the local stack."""

_CREDENTIALS = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_SETTINGS = {
    "InvalidRegionError": "AWS_REGION is not the name of a region; write one such as AWS_REGION=eu-west-1",
    "NoCredentialsError": f"there are no AWS credentials; {_CREDENTIALS}",
    "NoRegionError": "no region is named; set AWS_REGION, for instance AWS_REGION=eu-west-1",
    "PartialCredentialsError": f"a part of the AWS credentials is missing; {_CREDENTIALS}",
    "ProfileNotFound": "there is no profile of the name in AWS_PROFILE; `aws configure list-profiles` lists them",
}
"""What the caller has to set, by the name of botocore's error."""


@dataclass(frozen=True)
class Deployment:
    """One deployment: ``configuration`` is the authorizer's; what is not known is empty or None.

    ``endpoint_url`` and ``region`` are the local stack's; on AWS, both come from the caller's own environment.
    """

    name: str
    configuration: Mapping[str, Any]
    rest_api_id: str | None = None
    stage_name: str | None = None
    secrets: tuple[str, ...] = ()
    endpoint_url: str | None = None
    region: str | None = None

    def client(self, service: str) -> Any:
        """boto3's client of a service, with the caller's credentials on AWS and none of them on the local stack.

        Raises UsageError when the caller's settings do not say where to go.
        """
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        local = {"aws_access_key_id": "test", "aws_secret_access_key": "test"} if self.endpoint_url else {}
        try:
            return boto3.client(
                service,
                endpoint_url=self.endpoint_url,
                # boto3 by itself knows AWS_DEFAULT_REGION alone.
                region_name=self.region or os.environ.get("AWS_REGION") or None,
                config=Config(connect_timeout=5, read_timeout=20, proxies={} if self.endpoint_url else None),
                **local,
            )
        except BotoCoreError as error:
            raise UsageError(f"AWS cannot be called: {failure(error)}") from None

    def issuers(self) -> list[Mapping[str, Any]]:
        """The issuers in the configuration, as it writes them."""
        return list(self.configuration.get("issuers", ()))

    @property
    def table(self) -> str | None:
        """The denylist's table."""
        table: str | None = (self.configuration.get("revocation") or {}).get("table")
        return table

    @property
    def longest_cache_seconds(self) -> int:
        """For how long API Gateway may keep an answer, whichever the rule; 300 where the configuration does not say."""
        rules = self.configuration.get("rules", {}).values()
        cached = [300 if rule.get("cache_seconds") is None else int(rule["cache_seconds"]) for rule in rules]
        return max(cached, default=300)


def find(name: str | None, folder: Path = FOLDER) -> Deployment:
    """The environment of this name; the running local stack for ``local`` and without a name. Raises UsageError."""
    return of_stack(folder) if name in (None, LOCAL) else of_environment(str(name))


def of_stack(folder: Path = FOLDER) -> Deployment:
    """The local stack that is running in a folder. Raises UsageError when none is."""
    record = Stack(folder, Steps()).running()
    if record is None:
        raise UsageError("no local stack is up: run `make up`, or name an environment: ENV=dev")
    known: dict[str, Any] = asdict(record)
    return Deployment(
        "the local stack",
        json.loads(known.get("configuration", "{}")),
        known["rest_api_id"],
        known["stage_name"],
        (known["secret_name"],),
        known["endpoint_url"],
        known["region"],
    )


def of_environment(name: str) -> Deployment:
    """An environment in ``terraform/environments``, by the outputs of its state. Raises UsageError."""
    outputs = environment.outputs(environment.find(name))
    return Deployment(
        name,
        json.loads(outputs.get("configuration", "{}")),
        outputs.get("rest_api_id"),
        outputs.get("stage_name"),
        tuple(sorted(outputs.get("generated_secrets", {}).values())),
    )


def failure(error: Exception) -> str:
    """What an AWS call failed with, in few words and without what it was called with."""
    # botocore's errors of connections have a response too, which is None.
    response: Mapping[str, Any] = getattr(error, "response", None) or {}
    name = type(error).__name__
    return str(response.get("Error", {}).get("Code") or _SETTINGS.get(name) or name)
