"""One change under one seed: every state that its apply passes, and one place where it stops and is taken up again."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.apply_order import law, planned
from tests.apply_order.changes import Change, base
from tests.apply_order.expectation import expected, left_behind, third_states
from tests.apply_order.probes import Client
from tests.apply_order.system import ApplyFailed, System

IDLE_SECONDS = 0.3
BASE = "base"


@dataclass
class Result:
    """What was seen of a change under a seed; it held when ``violations`` is empty.

    ``states`` is how many calls changed AWS, and ``only_order`` whether no two of them could have changed places.
    ``stop`` is after how many calls the apply was stopped and repeated, and ``published`` and ``untainted`` what was
    done before it was. ``third_states`` are the requests that a pair lets fare as neither before nor after, and
    ``left_behind`` those to a removed route that the deployment still holds.
    ``plan`` is the hash of what Terraform does. ``violations`` has a line for each request and state.
    """

    change: str
    seed: int
    plan: str = ""
    states: int = 0
    only_order: bool = False
    stop: int | None = None
    published: list[str] = field(default_factory=list)
    untainted: list[str] = field(default_factory=list)
    third_states: list[str] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether the law held in each state."""
        return not self.violations

    def document(self) -> dict[str, Any]:
        """The result as the record holds it."""
        return asdict(self)


@dataclass(frozen=True)
class Planned:
    """A change's plan, and the hash of what it does."""

    file: Path
    key: str


class Proof:
    """Proves changes on one system, which it brings back to where each begins."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._plans: dict[str, Planned] = {}
        if not system.has(BASE):
            system.begin("open")
            system.apply(self._variables(base()))
            system.take(BASE)

    def prove(self, change: Change, seed: int, stop: bool = True) -> Result:
        """Apply a change in the seed's order, then once more with a stop at a place that the seed chooses too.

        Takes whether to stop at all. Raises ApplyFailed where the change cannot be applied at all.
        """
        its = self.plan(change)
        result = Result(change.name, seed, its.key)
        start = self._begin(change)
        client = Client(self._system)
        before = client.send(change.probes, _expected(change.start, change))
        seen = self._walk(its.file, change, client, result, before)
        after = client.send(change.probes, _expected(change.end, change))
        result.states = len(seen)
        between, left = third_states(change), left_behind(change)
        also = {**{probe: frozenset({outcome}) for probe, outcome in between.items()}, **left}
        result.third_states = [f"{outcome} in between: {probe}" for probe, outcome in between.items()]
        result.left_behind = [f"{after[probe]} at the end: {probe}" for probe in left]
        for number, (call, now) in enumerate(seen, 1):
            found = law.violations(before, after, now, also)
            result.violations += [f"after {number} {call}: {line}" for line in found]
        result.violations += [f"before: {line}" for line in law.surprises(change.start, before)]
        result.violations += [f"at the end: {line}" for line in law.surprises(change.end, after, left)]
        if stop and seen:
            result.stop = _place(change, seed, len(seen))
            self._system.restore(start)
            self._stop_and_go_on(its.file, seed, change, client, result, (before, after, also))
        return result

    def plan(self, change: Change) -> Planned:
        """The plan of a change, which is the same for every seed. Raises ApplyFailed."""
        if change.name not in self._plans:
            self._begin(change)
            file = self._system.plan(self._variables(change.end), f"{len(self._plans)}.tfplan")
            self._plans[change.name] = Planned(file, planned.key(change, *self._system.describe(file)))
        return self._plans[change.name]

    def _begin(self, change: Change) -> str:
        """Bring the system to where the change begins; returns the name of that state."""
        if not change.before:
            self._system.begin("open")
            self._system.restore(BASE)
            return BASE
        name = json.dumps(change.before, sort_keys=True)
        self._system.begin("open")
        self._system.restore(name if self._system.has(name) else BASE)
        if not self._system.has(name):
            self._system.apply(self._variables(change.start))
            self._system.take(name)
        return name

    def _variables(self, variables: dict[str, Any]) -> dict[str, Any]:
        return {**variables, "manifest": self._system.manifest(variables.get("manifest", "manifest"))}

    def _walk(
        self, plan: Path, change: Change, client: Client, result: Result, before: law.Outcomes
    ) -> list[tuple[str, law.Outcomes]]:
        """Apply call by call; returns each call and what came of the requests after it."""
        seen: list[tuple[str, law.Outcomes]] = []
        self._system.begin("stepped", result.seed)
        apply = self._system.start_apply(plan)
        try:
            while apply.poll() is None:
                call = self._system.step(IDLE_SECONDS)
                if call is not None:
                    seen.append((call, client.send(change.probes, seen[-1][1] if seen else before)))
        finally:
            result.only_order = not self._system.had_a_choice()
            self._system.begin("open")
            self._system.finish(apply)
        return seen

    def _stop_and_go_on(
        self,
        plan: Path,
        seed: int,
        change: Change,
        client: Client,
        result: Result,
        ends: tuple[law.Outcomes, law.Outcomes, law.Also],
    ) -> None:
        """Refuse every call after so many; then apply again, to the end."""
        self._system.begin("stepped", seed)
        apply = self._system.start_apply(plan)
        made = 0
        while made < (result.stop or 0) and apply.poll() is None:
            made += self._system.step(IDLE_SECONDS) is not None
        self._system.begin("stopped")
        with suppress(ApplyFailed):
            self._system.finish(apply)
        before, after, also = ends
        found = law.violations(before, after, client.send(change.probes, before), also)
        self._system.begin("open")
        result.published, result.untainted = self._system.publish(), self._system.untaint()
        try:
            self._system.apply(self._variables(change.end))
        except ApplyFailed as error:
            found.append(f"cannot be taken up again: {str(error)[-600:]}")
        else:
            now = client.send(change.probes, after)
            found += [f"taken up again: {line}" for line in law.violations(after, after, now, also)]
        result.violations += [f"stopped after {result.stop}: {line}" for line in found]


def _place(change: Change, seed: int, states: int) -> int:
    """After how many calls to stop: not before the first and not after the last, where there are more."""
    return random.Random(f"{change.name} {seed}").randrange(1, states) if states > 1 else 0  # noqa: S311


def _expected(variables: dict[str, Any], change: Change) -> law.Outcomes:
    return {probe: expected(variables, probe) for probe in change.probes}
