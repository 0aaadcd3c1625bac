"""Calls of AWS: the client of a service, and what a failed call is said to have failed with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from scripts.lib.program import UsageError

_CREDENTIALS = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_SETTINGS = {
    "InvalidRegionError": "AWS_REGION is not the name of a region; write one such as AWS_REGION=eu-west-1",
    "NoCredentialsError": f"there are no AWS credentials; {_CREDENTIALS}",
    "NoRegionError": "no region is named; set AWS_REGION, for instance AWS_REGION=eu-west-1",
    "PartialCredentialsError": f"a part of the AWS credentials is missing; {_CREDENTIALS}",
    "ProfileNotFound": "there is no profile of the name in AWS_PROFILE; `aws configure list-profiles` lists them",
}
"""What the caller has to set, by the name of botocore's error."""


def client(service: str, endpoint_url: str | None = None, region: str | None = None) -> Any:
    """boto3's client of a service.

    Takes a local AWS's endpoint, which gets none of the caller's credentials, or None for AWS; and the region, or None
    for the caller's own. Raises UsageError when the caller's settings do not say where to go.
    """
    # Imported here because it takes longer than all else, and many a run ends before it calls AWS.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    local = {"aws_access_key_id": "test", "aws_secret_access_key": "test"} if endpoint_url else {}
    try:
        return boto3.client(
            service,
            endpoint_url=endpoint_url,
            # boto3 by itself knows AWS_DEFAULT_REGION alone.
            region_name=region or os.environ.get("AWS_REGION") or None,
            config=Config(
                connect_timeout=5,
                read_timeout=20,
                proxies={} if endpoint_url else None,
                # A local AWS that does not answer is not there: a second attempt is enough. AWS throttles.
                retries={"mode": "standard", "total_max_attempts": 2 if endpoint_url else 8},
            ),
            **local,
        )
    except BotoCoreError as error:
        raise UsageError(f"AWS cannot be called: {failure(error)}") from None


def failure(error: Exception) -> str:
    """What an AWS call failed with, in few words and without what it was called with."""
    # botocore's errors of connections have a response too, which is None.
    response: Mapping[str, Any] = getattr(error, "response", None) or {}
    name = type(error).__name__
    return str(response.get("Error", {}).get("Code") or _SETTINGS.get(name) or name)
