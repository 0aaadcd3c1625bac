"""What an apply must hold in every state that it passes: no failure of ours, nothing lost, nothing opened.

Before and after are the states that the apply begins and ends in. A request that both of them let pass must pass in
between, and one that both refuse must be refused; where they differ, either is right.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.apply_order.probes import Outcome, Probe

Outcomes = Mapping[Probe, Outcome]


def violations(before: Outcomes, after: Outcomes, now: Outcomes, between: Outcomes | None = None) -> list[str]:
    """What one state violates, a line for each request: ``failed``, ``lost`` or ``opened``.

    Takes what came of the requests before, after and now, and what may come of some in between, where a pair of changes
    has a third state.
    """
    found = []
    for probe, outcome in now.items():
        allowed = {before[probe], after[probe], *([between[probe]] if between and probe in between else [])}
        if outcome is Outcome.FAILED:
            found.append(f"failed: {probe}")
        elif outcome not in allowed:
            found.append(f"{'opened' if outcome is Outcome.REACHED else 'lost'}: {probe}")
    return found
