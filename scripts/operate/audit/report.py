"""The audit as data and as lines: who may call what by the state and live, and each thing that differs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from scripts.lib.console import paint
from scripts.operate.audit.difference import Difference, compare, plan
from scripts.operate.audit.live import Live
from scripts.operate.audit.state import TerraformState
from scripts.review_plan import callers, review
from scripts.review_plan.access.changes import Change
from scripts.review_plan.access.routes import RouteTable
from scripts.review_plan.callers import Cell, Contract
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
from scripts.review_plan.plan.state import State
from scripts.review_plan.plan.values import is_empty
from scripts.review_plan.render import terminal
from scripts.review_plan.review import Review
from scripts.review_plan.text import clip, visible

_MOST: Final = 100
_NOT_SHOWN: Final = ("assume_role_policy", "environment.variables", "policy")
"""Values that are secret or long; the review says what of them changes."""


@dataclass(frozen=True)
class Audit:
    """What differs between the state and what is live.

    ``review`` is that of the plan whose "before" is the state and whose "after" is live. ``sentences`` are about what
    is no resource of Terraform, and ``wrong`` about answers that the file of callers does not expect.
    """

    review: Review
    differences: tuple[Difference, ...]
    allowed: tuple[Difference, ...]
    changes: tuple[Change, ...]
    sentences: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing differs but what the allow-list names, and each caller is answered as expected."""
        return not (self.differences or self.changes or self.sentences or self.wrong)

    def lines(self, environment: str) -> Iterator[str]:
        """What a person reads."""
        lines = list(self._lines(environment))
        yield from (line for line, last in zip(lines, ["", *lines], strict=False) if line or last)

    def _lines(self, environment: str) -> Iterator[str]:
        yield paint(f"Audit of {environment}: before is Terraform's state, after is what is live", "bold")
        yield from terminal.body(self.review)
        for title, differences in (("Not as the state says", self.differences), ("Allowed", self.allowed)):
            if differences:
                yield ""
                yield paint(title, "bold")
                for difference in differences:
                    yield from self._difference(difference)
        for title, sentences in (("What is served", self.sentences), ("Callers", self.wrong)):
            if sentences:
                yield ""
                yield paint(title, "bold")
                yield from (f"  {paint('!', 'red')} {self._shown(sentence)}" for sentence in sentences)
        yield ""
        yield self._verdict()

    def _verdict(self) -> str:
        if self.is_clean:
            return paint("What is live is what the state says.", "green")
        number = len(self.differences) + len(self.sentences) + len(self.wrong) or len(self.changes)
        return paint(f"{number} {'thing is' if number == 1 else 'things are'} not as reviewed.", "red")

    def _difference(self, difference: Difference) -> Iterator[str]:
        what = {"create": "is not in the state", "delete": "is gone", "update": ""}[
            difference.change["change"]["actions"][0]
        ]
        yield f"  {paint('!', 'red')} {self._shown(difference.address)} {what}".rstrip()
        for name, (was, now) in sorted(difference.attributes.items()):
            values = "differs" if name in _NOT_SHOWN else f"{self._value(was)} → {self._value(now)}"
            yield paint(f"      {name}: {values}", "dim")

    def _value(self, value: Any) -> str:
        return "none" if is_empty(value) else clip(self._shown(str(value)), _MOST)

    def _shown(self, text: str) -> str:
        return visible(self.review.masker.redact(text))


def audit(state: TerraformState, live: Iterable[Live | str], allow_list: AllowList, contract: Contract | None) -> Audit:
    """Compare a state with what is live, by the rules of the plan review."""
    found = list(live)
    differences = compare(state, [one for one in found if isinstance(one, Live)])
    read = document.read(plan(state, differences))
    reviewed = review.review_plan(read, allow_list, contract=contract)
    # What waits for a deployment is known here: the deployment that a stage serves is read.
    reviewed = replace(reviewed, findings={**reviewed.findings, "not_live": ()})
    named = {entry.address for entry in allow_list.entries if entry.address}
    named |= {change.route.address for change, _ in reviewed.allowed}
    counted = [difference for difference in differences if not difference.is_of_document]
    return Audit(
        review=reviewed,
        differences=tuple(each for each in counted if each.address not in named),
        allowed=tuple(each for each in counted if each.address in named),
        changes=tuple(change for change in reviewed.changes if change.route.address not in named),
        sentences=tuple(one for one in found if isinstance(one, str)),
        wrong=tuple(_wrong(read, contract)) if contract is not None else (),
    )


def _wrong(read: document.Plan, contract: Contract) -> Iterator[str]:
    """Answers of the live API that the file of callers does not expect, and routes that it does not name."""
    table = RouteTable(State(read, after=True), State(read, after=False))
    for each in callers.compare(contract, list(table.all), int(time.time())):
        if not isinstance(each, Cell) or not each.holds:
            yield str(each)
