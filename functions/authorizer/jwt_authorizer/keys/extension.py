"""HMAC secrets through the AWS Parameters and Secrets Lambda Extension, a layer that asks AWS in our place.

It saves a cold start the import of boto3, which takes longer than everything else. It answers while a request is being
handled, not while the function starts.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html
"""

import binascii
import contextlib
import http.client
import json
import os
from typing import Any
from urllib.parse import urlencode

from jwt_authorizer.errors import KeysUnavailable

_TIMEOUT_SECONDS = 2
_MAXIMUM_BYTES = 512 * 1024


class _Refused(Exception):
    """The extension answers, but not with what was asked for."""


class _NotFound(_Refused):
    """There may be no such version, or none with a value yet: of the first the extension says no more than that."""


def read_secrets_manager(name: str) -> list[bytes]:
    """The current version of a secret and, where there are such, the previous and the next.

    So rotation refuses nobody.

    Raises KeysUnavailable when the extension does not give the current version, or fails for another.
    """
    try:
        current = _version(name, "AWSCURRENT")
    except _Refused as refusal:
        raise KeysUnavailable(f"the extension did not give the secret {name}: {refusal}") from None
    versions = [current]
    for stage in ("AWSPREVIOUS", "AWSPENDING"):
        try:
            versions.append(_version(name, stage))
        except _NotFound:
            continue
        except _Refused as refusal:
            # Without it, good tokens of that version would be refused as forged.
            raise KeysUnavailable(f"the extension did not give {stage} of {name}: {refusal}") from None
    # After a rotation the current version may be called the next one still.
    return list(dict.fromkeys(versions))


def read_ssm(name: str) -> list[bytes]:
    """The value of a parameter, decrypted, as the only item. Raises KeysUnavailable when it is not given."""
    try:
        document = _get("/systemsmanager/parameters/get", {"name": name, "withDecryption": "true"})
        return [_text(document.get("Parameter"), "Value").encode()]
    except _Refused as refusal:
        raise KeysUnavailable(f"the extension did not give the parameter {name}: {refusal}") from None


def _version(name: str, stage: str) -> bytes:
    version = _get("/secretsmanager/get", {"secretId": name, "versionStage": stage})
    if version.get("SecretString") is not None:
        return _text(version, "SecretString").encode()
    try:
        return binascii.a2b_base64(_text(version, "SecretBinary"), strict_mode=True)
    except ValueError:
        raise _Refused("its value is not base64") from None


def _text(document: Any, member: str) -> str:
    value = document.get(member) if isinstance(document, dict) else None
    if not isinstance(value, str):
        raise _NotFound("it holds no value")
    return value


def _get(path: str, query: dict[str, str]) -> dict[str, Any]:
    port = os.environ.get("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "2773")
    headers = {"X-Aws-Parameters-Secrets-Token": os.environ.get("AWS_SESSION_TOKEN", "")}
    try:
        connection = http.client.HTTPConnection("localhost", int(port), timeout=_TIMEOUT_SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", f"{path}?{urlencode(query)}", headers=headers)
            response = connection.getresponse()
            body = response.read(_MAXIMUM_BYTES)
        document = json.loads(body) if response.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise KeysUnavailable(
            f"the Parameters and Secrets Extension on port {port} does not answer ({type(error).__name__});"
            " add its layer to the function"
        ) from None
    if not isinstance(document, dict):
        # Its body may hold anything, so only the status is told.
        raise (_NotFound if response.status in (400, 404) else _Refused)(f"status {response.status}")
    return document
