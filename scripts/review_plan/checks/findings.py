"""What the review found beside the routes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from scripts.review_plan.text import Text


class Level(Enum):
    """How much a reader should care."""

    DANGER = "danger"
    NOTICE = "notice"
    PLAIN = "plain"


@dataclass(frozen=True)
class Finding:
    """One thing to know, about the resource at ``address``; ``rule_id`` is its kind, as SARIF names it."""

    rule_id: str
    level: Level
    address: str
    text: Text
    headline: Text = ()
    """What it is in the verdict line, where it belongs there."""


def dangers_first(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in the order of how much a reader should care."""
    order = {level: place for place, level in enumerate(Level)}
    return sorted(findings, key=lambda finding: order[finding.level])
