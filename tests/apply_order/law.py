"""What an apply must hold in every state that it passes: no failure of ours, nothing lost, nothing opened.

Before and after are the states that the apply begins and ends in. A request that both of them let pass must pass in
between, and one that both refuse must be refused; where they differ, either is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tests.apply_order.expectation import expected
from tests.apply_order.probes import Outcome, Probe

Outcomes = Mapping[Probe, Outcome]
Also = Mapping[Probe, frozenset[Outcome]]
"""What may come of some requests also, where the documentation says so."""


def violations(before: Outcomes, after: Outcomes, now: Outcomes, also: Also = MappingProxyType({})) -> list[str]:
    """What one state violates, a line for each request: ``failed``, ``lost`` or ``opened``.

    Takes what came of the requests before, after and now, and what may come of some also.
    """
    found = []
    for probe, outcome in now.items():
        if outcome in also.get(probe, ()):
            continue
        if outcome is Outcome.FAILED:
            found.append(f"failed: {probe}")
        elif outcome not in (before[probe], after[probe]):
            found.append(f"{'opened' if outcome is Outcome.REACHED else 'lost'}: {probe}")
    return found


def surprises(
    variables: Mapping[str, Any],
    outcomes: Outcomes,
    also: Also = MappingProxyType({}),
) -> list[str]:
    """Where a state is not what its variables say, nor what may come of a request also, a line for each request.

    A token that is sent again may still pass by an answer that API Gateway has cached.
    """
    return [
        f"{outcome} where {expected(variables, probe)} was expected: {probe}"
        for probe, outcome in outcomes.items()
        if outcome not in (expected(variables, probe), *also.get(probe, ()))
        and not (probe.caller == "kept" and outcome is Outcome.REACHED)
    ]
