"""Times calls in a warm process: run by the Python that Lambda has, on the folders of two packages.

Reads a JSON object from standard input: `rounds`, `seconds` for each call of each round, and `calls`, each with a
`name`, a `kind` and what that kind needs. Writes, by name, the microseconds of CPU time for each round.
"""

import io
import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any


def handler(environment: dict[str, str], event: object, arn: str) -> Callable[[], object]:
    """A call of `lambda_handler` as a cold start with this environment has made it."""
    os.environ.update(environment)
    sys.modules.pop("jwt_authorizer.handler", None)
    from jwt_authorizer.handler import lambda_handler

    class Context:
        aws_request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
        invoked_function_arn = arn

    context = Context()
    return lambda: lambda_handler(event, context)


def decode(token: str, algorithm: str, key: str, audience: str, issuer: str) -> Callable[[], object]:
    """A bare `jwt.decode` that checks what the handler checks too: signature, expiry, audience and issuer."""
    import jwt

    prepared = jwt.get_algorithm_by_name(algorithm).prepare_key(key)
    return lambda: jwt.decode(token, prepared, algorithms=[algorithm], audience=audience, issuer=issuer)


def check(token: str, algorithm: str, key: str) -> Callable[[], object]:
    """The bare cryptographic check of the signature."""
    import jwt

    implementation = jwt.get_algorithm_by_name(algorithm)
    prepared = implementation.prepare_key(key)
    signed, _, encoded = token.rpartition(".")
    signature, message = jwt.utils.base64url_decode(encoded), signed.encode()
    return lambda: implementation.verify(message, prepared, signature)


KINDS: dict[str, Callable[..., Callable[[], object]]] = {"handler": handler, "decode": decode, "check": check}


class Unbuffered:
    """Standard output as awslambdaric leaves it: every write goes out at once."""

    def __init__(self, stream: io.TextIOBase) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write and flush."""
        self._stream.write(text)
        self._stream.flush()


def main() -> None:
    """Run it."""
    asked: dict[str, Any] = json.load(sys.stdin)
    output, sys.stdout = sys.stdout, Unbuffered(open(os.devnull, "w"))  # noqa: SIM115
    calls = {call.pop("name"): KINDS[call.pop("kind")](**call) for call in asked["calls"]}
    repeats = {name: how_many(call, asked["seconds"]) for name, call in calls.items()}
    samples: dict[str, list[float]] = {name: [] for name in calls}
    # In turn, so that whatever disturbs the machine disturbs all of them alike.
    for _, (name, call) in itertools.product(range(asked["rounds"]), calls.items()):
        samples[name].append(timed(call, repeats[name]) / repeats[name] / 1000)
    sys.stdout = output
    json.dump(samples, output)


def how_many(call: Callable[[], object], seconds: float) -> int:
    """How often a call is to be repeated to take so long; it is warm then, too."""
    timed(call, 20)
    return max(int(seconds * 1e9 / (timed(call, 50) / 50)), 10)


def timed(call: Callable[[], object], repeats: int) -> int:
    """The nanoseconds of CPU time that so many calls take."""
    started = time.process_time_ns()
    for _ in itertools.repeat(None, repeats):
        call()
    return time.process_time_ns() - started


if __name__ == "__main__":
    main()
