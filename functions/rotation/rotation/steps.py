"""A rotation's four steps. Each may come again, and then changes nothing that is done.

The new version is prepared, made known, checked, and only then made current. What was current becomes the previous
version, which verifies until the rotation after this one.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

import json
import secrets
import string
import time
from typing import Any

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
# 64 bytes are enough for HS512, the longest hash; letters and digits need no escape anywhere.
CHARACTERS = 64
_ALPHABET = string.ascii_letters + string.digits


class RotationRefused(Exception):
    """The rotation cannot go on; the message says why, and never quotes a secret."""


def create(client: Any, secret: str, version: str) -> None:
    """Store a new random value as the pending version, unless that version has a value.

    Takes Secrets Manager's client, the secret's name or ARN and the id of the new version. Raises RotationRefused for a
    secret that holds anything but a bare text, which a random one must not replace.
    """
    current = _current(client, secret)
    if "SecretString" not in current or _is_json_object(current["SecretString"]):
        raise RotationRefused("the secret is binary or a JSON object; this rotates bare HMAC secrets in text only")
    if _pending(client, secret, version) is None:
        value = "".join(secrets.choice(_ALPHABET) for _ in range(CHARACTERS))
        client.put_secret_value(
            SecretId=secret, ClientRequestToken=version, SecretString=value, VersionStages=[PENDING]
        )


def seconds_until_known(client: Any, secret: str, version: str, wait_seconds: float) -> float:
    """How long to wait until every authorizer has read the pending version; 0 when they have.

    `wait_seconds` is for how long an authorizer keeps a secret before it reads it again.
    """
    created: float = _require_pending(client, secret, version)["CreatedDate"].timestamp()
    return max(0.0, created + wait_seconds - time.time())


def wait_until_known(client: Any, secret: str, version: str, wait_seconds: float, at_most: float) -> None:
    """Wait until every authorizer knows the pending version.

    Raises RotationRefused when that takes longer than `at_most` seconds, after having waited for those; the time counts
    from the version's creation, so that a repetition waits for the rest alone.
    """
    remaining = seconds_until_known(client, secret, version, wait_seconds)
    time.sleep(min(remaining, max(0.0, at_most)))
    if remaining > at_most:
        raise RotationRefused(f"the new version is not known everywhere yet; try again in {remaining - at_most:.0f} s")


def test(client: Any, secret: str, version: str) -> None:
    """Raise RotationRefused unless the pending version is a new text of the right make, or is there for a trial.

    Secrets Manager tries a schedule that is not to rotate at once by this step alone, upon a version that it makes for
    the trial and takes away again: without a value, or with the current one. `finish` makes neither current.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
    """
    pending = _pending(client, secret, version)
    if pending is not None and pending.get("SecretString") != _current(client, secret).get("SecretString"):
        check(client, secret, version)


def check(client: Any, secret: str, version: str) -> None:
    """Raise RotationRefused unless the pending version is a new text of the right make."""
    value = _require_pending(client, secret, version).get("SecretString", "")
    if len(value) < CHARACTERS or not set(value) <= set(_ALPHABET):
        raise RotationRefused(f"the pending version is not {CHARACTERS} letters and digits")
    current = _current(client, secret)
    if current["VersionId"] != version and current.get("SecretString") == value:
        raise RotationRefused("the pending version has the current one's value")


def finish(client: Any, secret: str, version: str) -> None:
    """Make the pending version current, unless it is; Secrets Manager makes the one before it the previous."""
    current = next(id_ for id_, stages in versions(client, secret).items() if CURRENT in stages)
    if current == version:
        return
    # A version without a value must never become current, whatever the order of the steps.
    check(client, secret, version)
    client.update_secret_version_stage(
        SecretId=secret, VersionStage=CURRENT, MoveToVersionId=version, RemoveFromVersionId=current
    )


def versions(client: Any, secret: str) -> dict[str, list[str]]:
    """The ids of a secret's versions, each with its staging labels."""
    found: dict[str, list[str]] = client.describe_secret(SecretId=secret).get("VersionIdsToStages", {})
    return found


def _current(client: Any, secret: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get_secret_value(SecretId=secret, VersionStage=CURRENT)
    return found


def _pending(client: Any, secret: str, version: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = client.get_secret_value(SecretId=secret, VersionId=version)
    except client.exceptions.ResourceNotFoundException:
        # The version is there from the start of a rotation, and gets its value in the first step.
        return None
    return found if "SecretString" in found or "SecretBinary" in found else None


def _require_pending(client: Any, secret: str, version: str) -> dict[str, Any]:
    found = _pending(client, secret, version)
    if found is None:
        raise RotationRefused("the pending version has no value; createSecret comes first")
    return found


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
