"""The authorizer and the specification on the same requests: ``python -m tests.specification.compare``.

Each chunk of decisions has a seed of its own. `tally.json` says which have been run, at which commit, and how many
answers differed, so that a run goes on where the last one stopped. A difference is made small, and printed as a case.

Exits 0 when all answers are equal, 1 when one differs.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import math
import random
import subprocess
import sys
import time
from calendar import timegm
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from jwt_authorizer import authorizer, binding, config
from jwt_authorizer.authorizer import Authorizer
from jwt_authorizer.errors import ConfigurationError, Unauthorized
from jwt_authorizer.revocation import Denylist, subject_key, token_key
from scripts import ROOT
from scripts.lib.console import complain, say
from scripts.lib.program import run
from tests.specification import draw, specification
from tests.specification.specification import Answer, World

TALLY = Path(__file__).with_name("tally.json")
CHUNK = 20_000
PER_WORLD = 400
_METHOD = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/GET/orders/alice"
_STAGE = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/*"
_FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:authorizer"


class Difference(Exception):
    """Specification and authorizer answer one case differently."""

    def __init__(self, case: draw.Case, expected: Answer, found: Answer) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.case, self.expected, self.found = case, expected, found


class _Table:
    """The denylist's table, by the one call of DynamoDB's client that the function makes."""

    def __init__(self, world: World) -> None:
        items: dict[str, dict[str, Any]] = {token_key(*named): {} for named in world.revoked_tokens}
        for named, before in world.revoked_subjects.items():
            items[subject_key(*named)] = {"issued_before": {"N": str(before)}}
        self._items = items

    def batch_get_item(self, **wanted: Any) -> dict[str, Any]:
        """The items of the keys that are there."""
        ((table, request),) = wanted["RequestItems"].items()
        keys = [key["revoked"]["S"] for key in request["Keys"]]
        return {"Responses": {table: [self._items[key] for key in keys if key in self._items]}}


def started(drawn: draw.Drawn | draw.Case) -> Authorizer:
    """The authorizer with a drawn configuration, its secrets and its denylist."""
    with mock.patch.dict("os.environ", drawn.environment):
        settings = config.parse(drawn.configuration)
        denylist = Denylist(settings.revocation, _Table(drawn.world)) if settings.revocation else None
        return Authorizer(settings, denylist=denylist)


class _Clock:
    """Stands in for the module `time` in the authorizer."""

    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        """The seconds since 1970."""
        return self.now


_CLOCK = _Clock()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let the authorizer have the cases' time, and write no log lines.

    A certificate in PEM is the security tests' matter: here its place holds the thumbprint itself.
    """
    with (
        mock.patch.object(authorizer, "time", _CLOCK),
        mock.patch.object(binding, "thumbprint", lambda certificate: certificate),
        contextlib.redirect_stdout(_Nowhere()),
    ):
        yield


def found(one: Authorizer, case: draw.Case) -> Answer:
    """The authorizer's answer to a case."""
    context: dict[str, Any] = {"resourcePath": "/orders/{id}", "httpMethod": "GET"}
    if case.request.thumbprint is not None:
        context["identity"] = {"clientCert": {"clientCertPem": case.request.thumbprint}}
    event = {
        "type": "REQUEST",
        "methodArn": _METHOD,
        "headers": {"Authorization": case.request.authorization},
        "pathParameters": dict(case.request.path),
        "requestContext": context,
    }
    _CLOCK.now = case.now
    try:
        answer = one.authorize(event, f"{_FUNCTION}:{case.rule}", one.decision("request"))
    except Unauthorized:
        return Answer(401)
    return _read(answer)


def _read(answer: Mapping[str, Any]) -> Answer:
    """What a policy says. Raises ValueError for one that says anything else than this one stage."""
    (statement,) = answer["policyDocument"]["Statement"]
    if (statement["Action"], statement["Resource"]) != ("execute-api:Invoke", _STAGE):
        raise ValueError(f"the policy is about something else: {statement}")
    if statement["Effect"] != "Allow":
        return Answer(403)
    until = None
    if "Condition" in statement:
        text = statement["Condition"]["DateLessThan"]["aws:CurrentTime"]
        until = timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
    return Answer(200, answer["principalId"], answer["context"], until)


def expected(case: draw.Case) -> Answer:
    """The specification's answer to a case."""
    rule = case.configuration["rules"][case.rule]
    return specification.answer(case.configuration, rule, case.request, case.now, case.world)


def decide(seed: int, decisions: int) -> Counter[int]:
    """Compare the answers to this many cases; returns how many there were of each status. Raises Difference."""
    source = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    statuses: Counter[int] = Counter()
    with quiet():
        for first in range(0, decisions, PER_WORLD):
            drawn = draw.draw(source)
            one = started(drawn)
            for _ in range(min(PER_WORLD, decisions - first)):
                case = drawn.case(source)
                wanted, answer = expected(case), found(one, case)
                if wanted != answer:
                    raise Difference(case, wanted, answer)
                statuses[wanted.status] += 1
    return statuses


class _Nowhere:
    """Takes the function's log lines, and keeps none."""

    def write(self, text: str) -> int:
        """Take a text."""
        return len(text)

    def flush(self) -> None:
        """There is nothing to flush."""


def smaller(case: draw.Case) -> Iterator[draw.Case]:
    """The case with one thing less in its configuration or its request.

    The token stays as it is, for its text is what was signed.
    """
    configuration = case.configuration
    for part, entries in (
        ("rules", {case.rule: configuration["rules"][case.rule]}),
        *((name, None) for name in configuration),
    ):
        if part == "rules" and entries is not None and entries != configuration["rules"]:
            yield case._replace(configuration={**configuration, "rules": entries})
        elif part not in ("issuers", "rules"):
            yield case._replace(configuration={name: value for name, value in configuration.items() if name != part})
    for name in configuration["rules"][case.rule]:
        rule = {key: value for key, value in configuration["rules"][case.rule].items() if key != name}
        yield case._replace(configuration={**configuration, "rules": {case.rule: rule}})
    for place, issuer in enumerate(configuration["issuers"]):
        if len(configuration["issuers"]) > 1:
            yield case._replace(
                configuration={**configuration, "issuers": _without(configuration["issuers"], place)},
                world=case.world._replace(keys=_without(case.world.keys, place)),
            )
        for name in issuer.keys() - {"issuer", "audiences", "algorithms", "keys"}:
            issuers = list(configuration["issuers"])
            issuers[place] = {key: value for key, value in issuer.items() if key != name}
            yield case._replace(configuration={**configuration, "issuers": issuers})
    if case.request.path:
        yield case._replace(request=case.request._replace(path={}))
    if case.request.thumbprint is not None:
        yield case._replace(request=case.request._replace(thumbprint=None))
    if case.now != draw.NOW:
        yield case._replace(now=draw.NOW)


def _without(items: Any, place: int) -> list[Any]:
    return [item for index, item in enumerate(items) if index != place]


def shrunk(difference: Difference) -> Difference:
    """The smallest case that can be made of it, by leaving out one thing at a time, and still differs."""
    with quiet():
        for case in smaller(difference.case):
            try:
                wanted, answer = expected(case), found(started(case), case)
            except ConfigurationError:
                continue
            if wanted != answer:
                return shrunk(Difference(case, wanted, answer))
    return difference


def described(difference: Difference) -> str:
    """The difference as JSON, ready to become a test: configuration, request, time, token in words, both answers."""
    case = difference.case
    parts = case.request.authorization.rpartition(" ")[2].split(".")[:2]
    return json.dumps(
        {
            "configuration": case.configuration,
            "rule": case.rule,
            "request": case.request._asdict(),
            "token": [
                base64.urlsafe_b64decode(part + "==").decode(errors="replace") for part in parts if len(part) % 4 != 1
            ],
            "now": case.now,
            "specification": difference.expected._asdict(),
            "authorizer": difference.found._asdict(),
        },
        indent=2,
    )


def main() -> int:
    """Run the program; returns the exit code."""
    return run("specification", _compare)


def _compare() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.specification.compare", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--decisions", type=int, default=10_000_000, help="how many there are to be in all")
    parser.add_argument("--minutes", type=float, default=math.inf, help="how long to go on in this run")
    arguments = parser.parse_args()
    wanted: int = arguments.decisions
    tally: dict[str, Any] = json.loads(TALLY.read_text()) if TALLY.exists() else {"chunk": CHUNK, "runs": []}
    seed = sum(entry["decisions"] for entry in tally["runs"]) // CHUNK
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    entry = {"commit": commit.stdout.strip(), "first_seed": seed, "decisions": 0, "differences": 0, "statuses": {}}
    tally["runs"].append(entry)
    statuses: Counter[int] = Counter()
    begun = time.monotonic()
    while seed * CHUNK < wanted and time.monotonic() - begun < arguments.minutes * 60:
        try:
            statuses += decide(seed, CHUNK)
        except Difference as difference:
            complain(f"seed {seed} differs:\n{described(shrunk(difference))}")
            return 1
        seed += 1
        entry |= {"decisions": statuses.total(), "statuses": {str(code): statuses[code] for code in sorted(statuses)}}
        _write(tally)
        say(f"{seed * CHUNK:,} of {wanted:,} decisions, {statuses.total() / (time.monotonic() - begun):,.0f} a second")
    say(f"{seed * CHUNK:,} decisions so far, and no answer differs")
    return 0


def _write(tally: Mapping[str, Any]) -> None:
    # A run that is stopped while it writes must not lose what earlier ones noted.
    new = TALLY.with_suffix(".new")
    new.write_text(json.dumps(tally, indent=2) + "\n")
    new.replace(TALLY)


if __name__ == "__main__":
    sys.exit(main())
