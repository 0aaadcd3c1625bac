"""A warm call: microseconds of `lambda_handler`, of a bare `jwt.decode`, and of the signature's check alone."""

import itertools
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

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
    processes: int = 3,
    rounds: int = 21,
    seconds: float = 0.005,
) -> dict[str, list[float]]:
    """Time every call of `calls`, ours in a process on our package, the others in one on a rival's that has PyJWT.

    All take turns, a few milliseconds for each call, so that whatever disturbs the machine disturbs them alike; after
    `rounds` of them in new processes, for no two lie in memory in the same way. Returns the microseconds of CPU time of
    each round, by the call's name.
    """
    wanted = list(calls(signers))
    samples: dict[str, list[float]] = {call["name"]: [] for call in wanted}
    for _ in range(processes):
        with ExitStack() as stack:
            ours = stack.enter_context(_Worker(python, package, [call for call in wanted if call["kind"] == "handler"]))
            theirs = stack.enter_context(_Worker(python, rival, [call for call in wanted if call["kind"] != "handler"]))
            turns = [(call["name"], ours if call["kind"] == "handler" else theirs) for call in wanted]
            repeats = {name: worker.repeats(name, seconds) for name, worker in turns}
            for _, (name, worker) in itertools.product(range(rounds), turns):
                samples[name].append(worker.microseconds(name, repeats[name]))
    return samples


class _Worker:
    """A process that times calls at a signal; the others wait meanwhile."""

    def __init__(self, python: Path, folder: Path, wanted: Sequence[Mapping[str, Any]]) -> None:
        self._process = subprocess.Popen(
            [str(python), str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={
                "PATH": os.environ["PATH"],
                "LANG": "C.UTF-8",
                "PYTHONPATH": str(folder),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
        )
        self._write(wanted)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def repeats(self, name: str, seconds: float) -> int:
        """How often a call is to be repeated to take so long; it is warm then, too."""
        self.microseconds(name, 20)
        return max(int(seconds * 1e6 / self.microseconds(name, 50)), 10)

    def microseconds(self, name: str, repeats: int) -> float:
        """The CPU time of one call, as the mean of so many."""
        self._write([name, repeats])
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WorkshopError(f"the warm calls failed at {name}; see above")
        return float(json.loads(line)) / repeats / 1000

    def _write(self, document: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(document) + "\n")
        self._process.stdin.flush()


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
    """So many rules; calls are by the last, which every token meets."""
    return {f"rule-{number}": {"scopes": [f"scope-{number}"]} for number in range(1, count)} | {"signed-in": {}}
