"""Lambda entry point: what Secrets Manager calls for each step of a rotation."""

import json
import os
import sys
from typing import Any

from rotation import steps
from rotation.steps import CURRENT, PENDING, RotationRefused

# What is left of the function's time when it stops to wait, to say so.
_RESERVE_SECONDS = 5.0


def lambda_handler(event: dict[str, Any], context: Any) -> None:
    """Take one step: `{"Step", "SecretId", "ClientRequestToken"}`; the token is the new version's id.

    WAIT_SECONDS says for how long authorizers keep a secret, and so for how long the second step waits. Raises
    RotationRefused, upon which Secrets Manager tries again, for a secret that is not to be rotated, for a version that
    is not its pending one, and for a step before its time.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
    """
    step, secret, version = event["Step"], event["SecretId"], event["ClientRequestToken"]
    client = _client()
    described = client.describe_secret(SecretId=secret)
    stages = described.get("VersionIdsToStages", {}).get(version)
    if not described.get("RotationEnabled"):
        raise RotationRefused("the secret is not set up for rotation")
    if stages is None:
        raise RotationRefused("the secret has no such version")
    if CURRENT in stages:
        _tell(step, described["Name"], "done already")
        return
    if PENDING not in stages:
        raise RotationRefused("the version is not the pending one")
    if step == "createSecret":
        steps.create(client, secret, version)
    elif step == "setSecret":
        # There is no database to tell: those who verify learn of the new version by reading it in time.
        wait_seconds = float(os.environ.get("WAIT_SECONDS", "330"))
        at_most = context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS
        steps.wait_until_known(client, secret, version, wait_seconds, at_most)
    elif step == "testSecret":
        steps.test(client, secret, version)
    elif step == "finishSecret":
        steps.finish(client, secret, version)
    else:
        raise RotationRefused("the step is none that Secrets Manager documents")
    _tell(step, described["Name"], "done")


def _tell(step: str, secret: str, outcome: str) -> None:
    sys.stdout.write(json.dumps({"event": "rotation", "step": step, "secret": secret, "outcome": outcome}) + "\n")


def _client() -> Any:
    import boto3

    return boto3.client("secretsmanager")
