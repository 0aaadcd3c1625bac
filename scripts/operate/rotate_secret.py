"""Give a signing secret a new value without refusing a token: ``python -m scripts.operate.rotate_secret``.

A new value is prepared, every authorizer reads it, and only then it becomes the current value, with which tokens are
signed. The previous value verifies until the next rotation. The next run continues an interrupted one. Works on the
running local stack, or on an environment by its Terraform outputs.

Exits 0 when rotated, 1 when AWS did not do it, 2 when it must not be rotated now, or the arguments make no sense.
"""

from __future__ import annotations

import argparse
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rotation import steps as rotation
from rotation.steps import CURRENT, PENDING, RotationRefused
from scripts.lib import aws, durations
from scripts.lib.console import Steps, say
from scripts.lib.program import Error, UsageError, run
from scripts.operate import deployment
from scripts.operate.deployment import Deployment

PREVIOUS: Final = "AWSPREVIOUS"
# For clocks that differ and requests under way.
_MARGIN_SECONDS: Final = 10
_CACHE_SECONDS: Final = 300
_LONGEST: Final = "24h"


def rotate(
    client: Any,
    secret: str,
    *,
    wait_seconds: float,
    longest_seconds: float,
    force: bool,
    skip_rotation_function: bool,
    progress: Steps,
    now: float,
) -> None:
    """Rotate a secret.

    client: Secrets Manager's. secret: its name.
    wait_seconds: how long an authorizer keeps the secret.
    longest_seconds: how long the longest token lives.
    force: rotate although tokens of the previous value may still be in use.
    skip_rotation_function: rotate from here although the secret has a function for that.
    now: the time, in seconds since 1970.

    Raises UsageError when it is too early, and RotationRefused.
    """
    described = client.describe_secret(SecretId=secret)
    stages: Mapping[str, Sequence[str]] = described.get("VersionIdsToStages", {})
    if not force and _has_previous(client, secret):
        _check_age(client, secret, wait_seconds + longest_seconds, now)
    if described.get("RotationEnabled") and not skip_rotation_function:
        client.rotate_secret(SecretId=secret)
        progress.say(f"Secrets Manager has begun to rotate {secret} by its own function, which ends in some minutes")
        return
    version = next((id_ for id_, labels in stages.items() if PENDING in labels and CURRENT not in labels), None)
    if version is None:
        version = str(uuid.uuid4())
        progress.say(f"Preparing a new value of {secret}")
    else:
        progress.say(f"Taking up the rotation of {secret} that was interrupted")
    rotation.create(client, secret, version)
    remaining = rotation.seconds_until_known(client, secret, version, wait_seconds)
    if remaining:
        progress.say(f"Waiting {durations.words(remaining)} until every authorizer has read it (safe to interrupt)")
    rotation.wait_until_known(client, secret, version, wait_seconds, at_most=remaining)
    rotation.finish(client, secret, version)
    progress.say("Rotated: it is the current value now, and the one before it still verifies")
    say()
    say("What happens next:")
    say("  - tokens are signed with the new value from the signer's next read of the secret on")
    say(f"  - tokens of the value before it are accepted until {secret} is rotated again")
    again = _time(time.time() + wait_seconds + longest_seconds)
    say(f"  - that may be done from {again} on, when those have all expired")


def _has_previous(client: Any, secret: str) -> bool:
    try:
        previous = client.get_secret_value(SecretId=secret, VersionStage=PREVIOUS)
    except client.exceptions.ResourceNotFoundException:
        return False
    return "SecretString" in previous or "SecretBinary" in previous


def _check_age(client: Any, secret: str, seconds: float, now: float) -> None:
    created = client.get_secret_value(SecretId=secret, VersionStage=CURRENT)["CreatedDate"].timestamp()
    if now < created + seconds:
        raise UsageError(
            f"{secret} was rotated {durations.words(now - created)} ago, and tokens of the value before may be good "
            f"until {_time(created + seconds)}; wait, say how long tokens live at most by LONGEST=1h, or refuse those "
            "tokens by FORCE=1"
        )


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def _secret(target: Deployment, named: str | None) -> str:
    if named is not None:
        return named
    if len(target.secrets) != 1:
        known = f": write SECRET_NAME={'|'.join(target.secrets)}" if target.secrets else "; write SECRET_NAME=<name>"
        raise UsageError(f"{target.name} has {len(target.secrets)} generated secrets{known}")
    return target.secrets[0]


def _issuers(target: Deployment, secret: str) -> list[Mapping[str, Any]]:
    """The issuers whose tokens the secret signs; none where the configuration names none."""
    return [
        issuer
        for issuer in target.issuers()
        if issuer.get("keys", {}).get("secret", {}).get("secrets_manager") == secret
    ]


def _check_make(secret: str, issuer: Mapping[str, Any]) -> None:
    encoding = issuer["keys"]["secret"].get("encoding", "utf8")
    fewest = issuer.get("minimum_secret_bytes") or 0
    if encoding != "utf8" or fewest > rotation.CHARACTERS:
        wanted = f"text in {encoding}" if encoding != "utf8" else f"{fewest} bytes"
        raise UsageError(
            f"an issuer takes {secret} for {wanted}, and this makes {rotation.CHARACTERS} letters and digits, which it "
            "would refuse: put a new version there yourself"
        )


def _kept_seconds(issuer: Mapping[str, Any]) -> float:
    """For how long an authorizer keeps the secret."""
    return float(issuer["keys"].get("cache_seconds", _CACHE_SECONDS))


def _seconds(text: str | None, default: float, name: str) -> float:
    seconds = default if text is None else durations.parse(text)
    if seconds < 0:
        raise UsageError(f"{name} must not be negative")
    return seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="rotate", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--environment", help="an environment in terraform/environments; else the local stack")
    parser.add_argument("--secret", help="the secret's name, where there is more than one")
    parser.add_argument(
        "--wait",
        help="for how long authorizers keep the secret (default: its cache_seconds and some); where given, a secret "
        "with a function of its own is rotated from here all the same",
    )
    parser.add_argument("--longest", help=f"how long tokens live at most (default: max_age_seconds, or {_LONGEST})")
    parser.add_argument("--force", action="store_true", help="rotate though tokens in use will be refused")
    given = parser.parse_args(arguments)
    return run("rotate", lambda: _run(given))


def _run(given: argparse.Namespace) -> int:
    try:
        target = deployment.find(given.environment)
        say(f"Rotating on {target.name}.")
        secret = _secret(target, given.secret)
        issuers = _issuers(target, secret)
        for issuer in issuers:
            _check_make(secret, issuer)
        kept = max(map(_kept_seconds, issuers), default=_CACHE_SECONDS)
        lives = [issuer.get("max_age_seconds") or durations.parse(_LONGEST) for issuer in issuers]
        longest = max(lives, default=durations.parse(_LONGEST))
        rotate(
            target.client("secretsmanager"),
            secret,
            wait_seconds=_seconds(given.wait, kept + _MARGIN_SECONDS, "WAIT"),
            longest_seconds=_seconds(given.longest, longest, "LONGEST"),
            force=given.force,
            skip_rotation_function=given.wait is not None,
            progress=Steps(),
            now=time.time(),
        )
    except Error:
        raise
    except RotationRefused as error:
        raise Error(str(error)) from None
    except KeyboardInterrupt:
        raise Error(
            "interrupted; the new value is prepared and not in use, and the next run takes it up", 130
        ) from None
    except Exception as error:
        raise Error(f"Secrets Manager did not do it ({aws.failure(error)})") from None
    return 0


if __name__ == "__main__":
    sys.exit(main())
