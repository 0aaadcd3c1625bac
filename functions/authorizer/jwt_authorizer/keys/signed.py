"""Requests to AWS that botocore signs and our HTTPS client sends: half of what boto3 costs a cold start.

They are for the standard case alone. boto3 has everything else: other endpoints, credentials and partitions, retries,
throttling and errors.
"""

import json
import os
import re
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from jwt_authorizer.errors import KeysUnavailable
from jwt_authorizer.keys import https

# Whatever can lead boto3 to another endpoint, another signature, or other authorities, on its way to AWS.
# https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
SETTINGS = (
    "AWS_AUTH_SCHEME_PREFERENCE",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DATA_PATH",
    "AWS_DEFAULT_PROFILE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_ENDPOINT_URL_SSM",
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_SIGV4A_SIGNING_REGION_SET",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "HTTPS_PROXY",
    "REQUESTS_CA_BUNDLE",
    "https_proxy",
)
FILES = ("~/.aws/config", "~/.aws/credentials")
# The regions of the partition `aws`, as botocore tells them from those of the others.
_STANDARD_REGION = re.compile(r"(af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-[0-9]+")
# For everything: name look-up, handshake, and the answer to each request.
_SECONDS = 2.0


class _Credentials(NamedTuple):
    """The credentials of a function's role: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""

    access_key: str
    secret_key: str
    token: str


def is_standard(environment: Mapping[str, str]) -> bool:
    """Whether boto3 would send what `call` sends, to the same place and in the function's own name."""
    return (
        _credentials(environment) is not None
        and _STANDARD_REGION.fullmatch(environment.get("AWS_DEFAULT_REGION", "")) is not None
        and not any(name in environment for name in SETTINGS)
        and not any(os.path.exists(os.path.expanduser(path)) for path in FILES)
    )


def call(
    service: str, target: str, requests: Sequence[Mapping[str, Any]], not_found: Collection[str]
) -> list[dict[str, Any] | None]:
    """Call an operation of an AWS service once for each request, within two seconds in all.

    Takes the service as its endpoint names it, the operation as `X-Amz-Target` does, and the codes that say that
    something does not exist. Returns the answers, None for what does not exist. Raises KeysUnavailable for any other
    error. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
    """
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    deadline = time.monotonic() + _SECONDS
    region = os.environ["AWS_DEFAULT_REGION"]
    url = f"https://{service}.{region}.amazonaws.com/"
    signer = SigV4Auth(_credentials(os.environ), service, region)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target, "User-Agent": "jwt-authorizer"}
    signed = []
    for request in requests:
        body = json.dumps(request).encode()
        to_sign = AWSRequest("POST", url, headers, body)
        signer.add_auth(to_sign)
        signed.append(https.Request("POST", "/", dict(to_sign.headers.items()), body))
    answers = https.exchange(url, signed, deadline, statuses=(200, 400))
    return [_document(answer, not_found) for answer in answers]


def _credentials(environment: Mapping[str, str]) -> _Credentials | None:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    values = [environment.get(name, "") for name in names]
    return _Credentials(*values) if all(values) else None


def _document(answer: https.Answer, not_found: Collection[str]) -> dict[str, Any] | None:
    document: dict[str, Any] = json.loads(answer.body)
    if answer.status == 200:
        return document
    # The code, which a namespace may stand before: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
    code = document["__type"].rpartition("#")[2]
    if code not in not_found:
        raise KeysUnavailable(code)
    return None
