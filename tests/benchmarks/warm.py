"""A warm call: microseconds of `lambda_handler`, of a bare `jwt.decode`, and of the signature's check alone."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks import tokens
from tests.benchmarks.cold import FUNCTION_ARN
from tests.benchmarks.workshop import WorkshopError

_WORKER = Path(__file__).with_name("warm_worker.py")
_SIZES = {"short": tokens.SHORT_TOKEN_BYTES, "long": tokens.LONG_TOKEN_BYTES}


def measure(
    python: Path,
    package: Path,
    rival: Path,
    signers: Mapping[str, tokens.Signer],
    *,
    rounds: int = 31,
    seconds: float = 0.02,
) -> dict[str, list[float]]:
    """Time every call of `calls` in one process, on the unpacked package and on a rival's that has PyJWT.

    Returns the microseconds of CPU time of each round, by the call's name.
    """
    asked = {"rounds": rounds, "seconds": seconds, "calls": list(calls(signers))}
    done = subprocess.run(
        [str(python), str(_WORKER)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        env={
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONPATH": f"{package}{os.pathsep}{rival}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    if done.returncode:
        raise WorkshopError(f"the warm calls failed:\n{done.stderr[-2000:]}")
    samples: dict[str, list[float]] = json.loads(done.stdout)
    return samples


def calls(signers: Mapping[str, tokens.Signer]) -> Iterator[dict[str, Any]]:
    """What to time, named `<algorithm>/<short or long>/<what>`; tokens are as long as `tokens` says, or longer."""
    for (algorithm, signer), (size_name, size) in ((s, z) for s in signers.items() for z in _SIZES.items()):
        token = signer.token(size)
        prefix = f"{algorithm}/{size_name}"
        for count in (1, 10):
            configuration = signer.configuration | {"rules": rules(count)}
            yield {
                "name": f"{prefix}/handler-{count}",
                "kind": "handler",
                "environment": tokens.environment(configuration),
                "event": tokens.event(token),
                "arn": FUNCTION_ARN,
            }
        verified = {"token": token, "algorithm": algorithm, "key": signer.public_pem}
        names = {"audience": tokens.AUDIENCE, "issuer": tokens.ISSUER}
        yield {"name": f"{prefix}/decode", "kind": "decode", **verified, **names}
        yield {"name": f"{prefix}/check", "kind": "check", **verified}


def rules(count: int) -> dict[str, dict[str, Any]]:
    """So many rules, the last of which is the one that is called and that every token meets."""
    return {f"rule-{number}": {"scopes": [f"scope-{number}"]} for number in range(1, count)} | {"signed-in": {}}
