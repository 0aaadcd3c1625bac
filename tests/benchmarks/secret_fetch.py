"""What it costs to fetch a secret and its previous version: boto3 beside the alternatives, from a local AWS."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import boto3

from scripts.local_aws.ministack import REGION, MiniStack
from tests.benchmarks import tokens
from tests.benchmarks.workshop import HOME, WorkshopError

_WORKER = Path(__file__).with_name("secret_worker.py")
WAYS = {
    "boto3": "boto3, as by default",
    "botocore": "botocore without boto3",
    "signer": "botocore's signer and http.client",
}
_NAME = "login/token-signing"


class Fetch(NamedTuple):
    """One fetch: milliseconds of CPU and of wall time, and the most memory of its process, the authorizer in it."""

    cpu_ms: float
    wall_ms: float
    peak_kb: float


def measure(python: Path, package: Path, runs: int) -> dict[str, list[Fetch]]:
    """Fetch in a fresh process, each way in turn; returns the fetches by the way's name."""
    samples: dict[str, list[Fetch]] = {way: [] for way in WAYS}
    with _local_aws() as environment:
        environment = {
            **environment,
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(package),
            "PYTHONDONTWRITEBYTECODE": "1",
            **tokens.environment(tokens.Signer("HS256", tokens.SECRET, tokens.SECRET).configuration),
        }
        for round_number, way in itertools.product(range(runs + 1), WAYS):
            done = subprocess.run(
                [str(python), str(_WORKER), way, _NAME], env=environment, capture_output=True, text=True
            )
            if done.returncode:
                raise WorkshopError(f"the secret could not be fetched by {way}:\n{done.stderr[-2000:]}")
            if round_number:
                samples[way].append(Fetch(*map(float, done.stdout.split())))
    return samples


@contextmanager
def _local_aws() -> Iterator[dict[str, str]]:
    """A local AWS that holds the secret in three versions, and the environment to reach it by."""
    folder = HOME / "aws"
    folder.mkdir(parents=True, exist_ok=True)
    home = MiniStack(folder)
    home.stop()
    try:
        settings = {
            "AWS_ENDPOINT_URL": home.start().endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        client = boto3.client(
            "secretsmanager",
            endpoint_url=settings["AWS_ENDPOINT_URL"],
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        client.create_secret(Name=_NAME, SecretString=tokens.SECRET)
        client.put_secret_value(SecretId=_NAME, SecretString=tokens.SECRET + "2")
        client.put_secret_value(SecretId=_NAME, SecretString=tokens.SECRET + "3", VersionStages=["AWSPENDING"])
        yield settings
    finally:
        home.stop()
