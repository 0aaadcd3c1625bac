"""Times calls in a warm process: run by the Python that Lambda has, on the folder of a package.

The first line of standard input is a JSON list of calls, each with a `name`, a `kind` and what that kind needs. Each
line after it is a name and a number of repeats; the answer is the nanoseconds of CPU time that they take.
"""

import io
import itertools
import json
import os
import sys
import time
from collections.abc import Callable


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
    """Make the calls, and time one of them as often as a line of standard input says."""
    output, sys.stdout = sys.stdout, Unbuffered(open(os.devnull, "w"))  # noqa: SIM115
    calls = {call.pop("name"): KINDS[call.pop("kind")](**call) for call in json.loads(sys.stdin.readline())}
    for line in sys.stdin:
        name, repeats = json.loads(line)
        print(timed(calls[name], repeats), file=output, flush=True)


def timed(call: Callable[[], object], repeats: int) -> int:
    """The nanoseconds of CPU time that so many calls take, once what another process left in the caches is gone."""
    for _ in itertools.repeat(None, repeats // 5):
        call()
    started = time.process_time_ns()
    for _ in itertools.repeat(None, repeats):
        call()
    return time.process_time_ns() - started


if __name__ == "__main__":
    main()
