"""Every interleaving of calls and changes, to a depth: ``python -m tests.specification.cache_search --depth 8``.

Each answer is the fresh one, or stale for a reason that docs/security-model.md names, and no longer than it says.
Exits 0 when that holds, 1 when it does not.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from scripts.lib.console import complain, say
from scripts.lib.program import run
from tests.specification.cache_model import BOUNDS, Event, State, after, events, staleness

Ways = dict[State, tuple[State, Event] | None]
"""State => the state and the event that first led to it."""


class Found(NamedTuple):
    """What a depth has come to: the ways to all states, the number of answers, and the longest staleness by reason."""

    depth: int
    ways: Ways
    answers: int
    longest: Mapping[str, int]


class TooLong(Exception):
    """An answer is stale for longer than its bound; the message has the way to it."""


def search(depth: int) -> Iterator[Found]:
    """Follow every state once, depth by depth. Raises TooLong, or ValueError for an answer that nothing explains."""
    ways: Ways = {State(): None}
    front, answers, longest = [State()], 0, Counter[str]()
    for reached in range(1, depth + 1):
        following: list[State] = []
        for state in front:
            for event in events(state):
                later, answer = after(state, event)
                if later not in ways:
                    ways[later] = state, event
                    following.append(later)
                if answer is None:
                    continue
                answers += 1
                for reason, ticks in staleness(later, event[1], event[2], answer).items():
                    longest[reason] = max(longest[reason], ticks)
                    if ticks > BOUNDS[reason]:
                        raise TooLong(f"{reason} for {ticks} ticks: {[*way_to(state, ways), event]}")
        front = following
        yield Found(reached, ways, answers, dict(longest))


def way_to(state: State, ways: Ways) -> list[Event]:
    """The shortest way to a state, event by event."""
    way: list[Event] = []
    while (step := ways[state]) is not None:
        state, event = step
        way.insert(0, event)
    return way


def main() -> int:
    """Run the program; returns the exit code."""
    return run("cache_search", _search)


def _search() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.specification.cache_search")
    parser.add_argument("--depth", type=int, default=8, help="how many events a way has at most")
    begun = time.monotonic()
    longest: Mapping[str, int] = {}
    try:
        for found in search(parser.parse_args().depth):
            longest = found.longest
            say(
                f"to depth {found.depth}: {len(found.ways):,} states, {found.answers:,} answers,"
                f" stale at most {dict(sorted(longest.items()))} ({time.monotonic() - begun:.0f} s)"
            )
    except (TooLong, ValueError) as failure:
        complain(str(failure))
        return 1
    missed = sorted(reason for reason, bound in BOUNDS.items() if longest.get(reason) != bound)
    say(f"every bound is met, and reached{', but not that of ' + ', '.join(missed) if missed else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
