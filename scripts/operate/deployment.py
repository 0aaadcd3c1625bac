"""What is deployed, for programs that work on it: the running local stack, or an environment by its outputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.lib import aws, local_stack
from scripts.lib.program import UsageError
from scripts.operate import environment

LOCAL = "local"
"""What ENV calls the local stack."""


@dataclass(frozen=True)
class Deployment:
    """One deployment: ``configuration`` is the authorizer's; what is not known is empty or None.

    ``endpoint_url`` and ``region`` are the local stack's; on AWS, both come from the caller's own environment.
    ``routes`` are "METHOD /path" => its rule, or why it is public.
    """

    name: str
    configuration: Mapping[str, Any]
    rest_api_id: str | None = None
    stage_name: str | None = None
    secrets: tuple[str, ...] = ()
    endpoint_url: str | None = None
    region: str | None = None
    routes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """boto3's client of a service, with the caller's credentials on AWS and none of them on the local stack.

        Raises UsageError when the caller's settings do not say where to go.
        """
        return aws.client(service, self.endpoint_url, self.region)

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


def find(name: str | None) -> Deployment:
    """The environment of this name; the running local stack for ``local`` and without a name. Raises UsageError."""
    return of_stack() if name in (None, LOCAL) else of_environment(str(name))


def of_stack(folder: Path | None = None) -> Deployment:
    """The local stack that runs in a folder, that of `make up` unless named. Raises UsageError when none does."""
    info = local_stack.read(folder)
    if info is None:
        raise UsageError("no local stack is up: run `make up`, or name an environment: ENV=dev")
    return Deployment(
        "the local stack",
        json.loads(info.configuration),
        info.rest_api_id,
        info.stage_name,
        (info.secret_name,),
        info.endpoint_url,
        info.region,
        info.routes,
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
        routes=outputs.get("routes", {}),
    )
