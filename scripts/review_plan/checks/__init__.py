"""What else a reviewer should know: each check takes a plan's context and returns findings.

The registry below says which section of the review each check's findings stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from scripts.review_plan.access.routes import RouteTable
from scripts.review_plan.checks import (
    code,
    deployments,
    iam,
    in_between,
    protected_resource,
    replacements,
    settings,
)
from scripts.review_plan.checks.findings import Finding, dangers_first
from scripts.review_plan.plan.document import Plan
from scripts.review_plan.plan.state import State


@dataclass(frozen=True)
class Context:
    """All that a check may look at."""

    plan: Plan
    before: State
    after: State
    table_before: RouteTable
    table_after: RouteTable


Check = Callable[[Context], list[Finding]]

SECTIONS: Final[Mapping[str, str]] = {
    "not_live": "What will not go live",
    "permissions": "Permissions",
    "settings": "Settings",
    "code": "Code",
    "replacements": "Deletions and replacements",
}
IN_VERDICT: Final = ("not_live", "permissions", "settings")

_CHECKS: Final[Mapping[str, Check]] = {
    "not_live": lambda c: deployments.findings(c.before, c.after, c.table_before, c.table_after),
    "permissions": lambda c: dangers_first(iam.findings(c.plan)),
    "settings": lambda c: dangers_first(
        [
            *settings.findings(c.plan.resources, c.table_before, c.table_after),
            *settings.configurations(c.before, c.after),
            *protected_resource.findings(c.after, c.table_after),
            *in_between.findings(c.after, c.table_before, c.table_after),
        ]
    ),
    "code": lambda c: code.findings(c.plan.resources),
    "replacements": lambda c: replacements.findings(c.plan.resources, c.plan.deposed),
}


def run(context: Context) -> dict[str, tuple[Finding, ...]]:
    """Run every check; returns the findings of each section."""
    return {section: tuple(_CHECKS[section](context)) for section in SECTIONS}
