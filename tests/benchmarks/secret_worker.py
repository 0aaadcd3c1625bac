"""Fetches a secret once in a fresh process; prints the milliseconds of CPU and wall time, and the most kilobytes had.

Run by the Python that Lambda has, on the folder of our package: `secret_worker.py <way> <name of the secret>`.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

STAGES = ("AWSCURRENT", "AWSPREVIOUS", "AWSPENDING")


def boto3(name: str) -> list[bytes]:
    """As the authorizer does by default."""
    from jwt_authorizer.keys.stores import read_secrets_manager

    return read_secrets_manager(name)


def botocore(name: str) -> list[bytes]:
    """By botocore alone, without the layer of boto3 on top."""
    from botocore.session import Session

    client = Session().create_client("secretsmanager")
    return [client.get_secret_value(SecretId=name, VersionStage=stage)["SecretString"].encode() for stage in STAGES]


def signer(name: str) -> list[bytes]:
    """By botocore's signer and an HTTP client: no service model, no session, no retries."""
    import http.client
    import json
    import os
    from urllib.parse import urlsplit

    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    url = os.environ["AWS_ENDPOINT_URL"]
    secrets = []
    for stage in STAGES:
        body = json.dumps({"SecretId": name, "VersionStage": stage})
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "secretsmanager.GetSecretValue"}
        request = AWSRequest("POST", url + "/", headers, body)
        SigV4Auth(credentials, "secretsmanager", os.environ["AWS_REGION"]).add_auth(request)
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
        connection.request("POST", "/", body, dict(request.headers.items()))
        secrets.append(json.loads(connection.getresponse().read())["SecretString"].encode())
    return secrets


WAYS: dict[str, Callable[[str], list[bytes]]] = {
    "boto3": boto3,
    "botocore": botocore,
    "signer": signer,
}


def main(way: str, name: str) -> None:
    """Run it."""
    # What Lambda's runtime has imported anyway.
    import awslambdaric.bootstrap  # noqa: F401

    import jwt_authorizer.handler  # noqa: F401 - and what the authorizer has

    cpu, wall = time.process_time(), time.perf_counter()
    secrets = WAYS[way](name)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    if len(secrets) != len(STAGES):
        raise SystemExit(f"{way}: there are {len(secrets)} versions in place of {len(STAGES)}")
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(cpu * 1000, wall * 1000, status["VmHWM"].split()[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
