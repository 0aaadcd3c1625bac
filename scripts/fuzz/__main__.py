"""Look for a token or an event that breaks the authorizer: ``python -m scripts.fuzz --seconds 60 [--seed N]``.

Good tokens of several issuers and algorithms are changed at random, often signed again so that the later checks are
reached too, and put into events of every kind of authorizer, which are changed as well, for rules of every kind.
Whatever comes of it, these laws hold:

- the outcome is an Allow, a Deny or Unauthorized, or the error documented for an event that is none of ours, or for a
  rule that the API cannot have;
- an Allow is for the one token where the rule looks for it, which PyJWT and joserfc by themselves accept and which
  meets the rule; it names the event's stage and nothing else, and is as API Gateway takes it;
- the log has one line, and nothing that a token says or proves.

Exits with 1 when a law is broken, after writing the case to ``build/fuzz-case.json``, without what the client sent
besides; ``--replay`` runs it again.

The choices are those of a seeded ``random.Random``. Hypothesis can make the same ones (its strategy ``randoms``), but
makes a third as many calls in a second, most of them of a form that the authorizer refuses in its first step.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from scripts.fuzz import events, laws
from scripts.fuzz.events import Call
from scripts.fuzz.laws import MODES, ROOT, SENT_BY_CLIENTS, LawBroken, Target
from scripts.fuzz.tokens import parties

CASE = ROOT / "build" / "fuzz-case.json"


def run(seconds: float, seed: int, case: Path = CASE) -> int:
    """Fuzz for a while; returns 1 when a law was broken, and writes the case that broke it."""
    rng = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    trusted = parties()
    configuration = {
        "issuers": [party.configured() for party in trusted],
        "rules": events.RULES,
        "context_claims": ["*"],
    }
    target = Target(configuration, trusted[0].private.decode())
    outcomes: Counter[str] = Counter()
    started = reported = time.monotonic()
    print(f"fuzz: seed {seed}, {len(trusted)} issuers, {seconds:g} seconds")
    while (now := time.monotonic()) < started + seconds:
        if now >= reported + 10:
            print(f"fuzz: {outcomes.total()} events after {now - started:.0f} seconds")
            reported = now
        mode, call = rng.choice(MODES), events.call(rng, trusted)

        def judge(call: Call, mode: str = mode) -> str:
            return target.judge(mode, call, lambda call: laws.is_good(call, trusted))

        try:
            outcomes[judge(call)] += 1
        except LawBroken as broken:
            call = shrunk(call, judge)
            document = {
                "mode": mode,
                "configuration": configuration,
                "secret": target.secret,
                "call": call._asdict(),
                "good": laws.is_good(call, trusted),
            }
            case.parent.mkdir(exist_ok=True)
            case.write_text(json.dumps(document, indent=2) + "\n")
            print(f"fuzz: law broken after {outcomes.total()} events with seed {seed}: {broken}", file=sys.stderr)
            print(f"fuzz: run it again with `python -m scripts.fuzz --replay {case}`", file=sys.stderr)
            return 1
    for outcome, count in outcomes.most_common():
        print(f"{count:10d}  {outcome}")
    print(f"fuzz: {outcomes.total()} events, no law broken")
    return 0


def shrunk(call: Call, judge: Callable[[Call], str]) -> Call:
    """The call with as little from its client as still breaks the same law."""
    message = _broken(call, judge)
    for smaller in _smaller(call):
        if _broken(smaller, judge) == message:
            return shrunk(smaller, judge)
    return call


def _broken(call: Call, judge: Callable[[Call], str]) -> str | None:
    try:
        judge(call)
    except LawBroken as broken:
        return str(broken)
    return None


def _smaller(call: Call) -> Iterator[Call]:
    """The call without one header, query parameter or cookie, for each that there is."""
    for member in SENT_BY_CLIENTS if isinstance(call.event, dict) else ():
        sent = call.event.get(member)
        if isinstance(sent, dict):
            fewer: list[object] = [{name: sent[name] for name in sent if name != left_out} for left_out in sent]
        else:
            fewer = [sent[:i] + sent[i + 1 :] for i in range(len(sent))] if isinstance(sent, list) else []
        yield from (call._replace(event={**call.event, member: rest}) for rest in fewer)


def replay(case: Path) -> int:
    """Run one case that broke a law; returns 1 when it still breaks one."""
    document = json.loads(case.read_text())
    target = Target(document["configuration"], document["secret"])
    try:
        print(f"fuzz: {target.judge(document['mode'], events.Call(**document['call']), lambda _: document['good'])}")
    except LawBroken as broken:
        print(f"fuzz: law broken: {broken}", file=sys.stderr)
        if broken.__cause__ is not None:
            print(f"fuzz: caused by {broken.__cause__!r}", file=sys.stderr)
        return 1
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long to look (default: 60)")
    parser.add_argument("--seed", type=int, help="repeat the choices of an earlier run (default: a new seed)")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one case again and nothing else")
    given = parser.parse_args(arguments)
    if given.replay is not None:
        return replay(given.replay)
    return run(given.seconds, secrets.randbelow(2**32) if given.seed is None else given.seed)


if __name__ == "__main__":
    sys.exit(main())
