"""Where HMAC secrets are stored: an environment variable, Secrets Manager or SSM Parameter Store.

No error quotes what stands where a name belongs, for it may be the secret itself; `source` says where it stands.
"""

import binascii
import os
import re
from collections.abc import Callable, Sequence
from typing import Any

from jwt_authorizer.errors import ConfigurationError, KeysUnavailable, aws_code

# The next version is the one that a rotation has prepared: known before anybody signs with it, it is good from its
# first token on. https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
_STAGES = ("AWSCURRENT", "AWSPREVIOUS", "AWSPENDING")
# A name as people write one: short words in capitals, with _ between. No secret of enough length looks like that.
_VARIABLE = r"[A-Z][A-Z0-9]{0,14}(_[A-Z0-9]{1,15})*"
_NOT_FOUND = ("ParameterNotFound", "ResourceNotFoundException")


# The operations of AWS: the service, and the operation's name in `X-Amz-Target` and in boto3.
_Operation = tuple[str, str, str]
_GET_SECRET = ("secretsmanager", "secretsmanager.GetSecretValue", "get_secret_value")
_GET_PARAMETER = ("ssm", "AmazonSSM.GetParameter", "get_parameter")


def read_environment(variable: str) -> list[bytes]:
    """The secret in an environment variable, as the only item. Raises ConfigurationError when it is not set."""
    if variable not in os.environ:
        # What is no name may be the secret itself, and is not quoted.
        is_name = re.fullmatch(_VARIABLE, variable) is not None
        named = f"the environment variable {variable}" if is_name else "that environment variable"
        raise ConfigurationError(f"{named} is not set; write the name of a variable that is, not the secret itself")
    return [os.environ[variable].encode()]


def read_secrets_manager(name: str) -> list[bytes]:
    """The current version of a secret and, where they exist, the previous and the next: a rotation refuses nobody.

    Raises KeysUnavailable when Secrets Manager does not give the current version, or fails for another.
    """
    try:
        versions = _call(_GET_SECRET, [{"SecretId": name, "VersionStage": stage} for stage in _STAGES])
        values = [_value(version) if version else None for version in versions]
    except Exception as error:
        raise KeysUnavailable(f"Secrets Manager did not give the secret: {aws_code(error)}") from None
    if versions[0] is None:
        raise KeysUnavailable("Secrets Manager has no secret of this name")
    # A version may exist before it has a value.
    if values[0] is None:
        raise KeysUnavailable("Secrets Manager has no value for the secret yet")
    # After a rotation the current version may be called the next one still.
    return list(dict.fromkeys(value for value in values if value is not None))


def read_ssm(name: str) -> list[bytes]:
    """The value of a parameter, decrypted, as the only item. Raises KeysUnavailable when SSM does not give it."""
    try:
        (answer,) = _call(_GET_PARAMETER, [{"Name": name, "WithDecryption": True}])
        value = answer["Parameter"]["Value"].encode() if answer is not None else None
    except Exception as error:
        raise KeysUnavailable(f"SSM did not give the parameter: {aws_code(error)}") from None
    if value is None:
        raise KeysUnavailable("SSM has no parameter of this name")
    return [value]


READERS: dict[str, Callable[[str], list[bytes]]] = {
    "environment": read_environment,
    "secrets_manager": read_secrets_manager,
    "ssm": read_ssm,
}


def _value(version: dict[str, Any]) -> bytes | None:
    """The value of a version, whose bytes boto3 has decoded from the base64 of the answer."""
    text, binary = version.get("SecretString"), version.get("SecretBinary")
    if text is not None:
        return str(text).encode()
    return binascii.a2b_base64(binary, strict_mode=True) if isinstance(binary, str) else binary


def _call(operation: _Operation, requests: Sequence[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """The answer to each request, or None for what does not exist."""
    from jwt_authorizer.keys import signed

    service, target, _ = operation
    if signed.is_standard(os.environ):
        try:
            return signed.call(service, target, requests, _NOT_FOUND)
        except Exception:  # noqa: S110 - what went wrong, and whether to try again, is for boto3 to say
            pass
    return _call_by_boto3(operation, requests)


def _call_by_boto3(operation: _Operation, requests: Sequence[dict[str, Any]]) -> list[dict[str, Any] | None]:
    # boto3 takes longer to import than everything else together, so only those who need it pay for it.
    import boto3
    from botocore.config import Config

    service, _, method = operation
    client = boto3.client(
        service,
        config=Config(connect_timeout=2, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2}),
    )
    answers: list[dict[str, Any] | None] = []
    for request in requests:
        try:
            answers.append(getattr(client, method)(**request))
        except Exception as error:
            if aws_code(error) not in _NOT_FOUND:
                raise
            answers.append(None)
    return answers
