"""The whole review of a plan, as data: what each output is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from scripts.review_plan import checks, picture
from scripts.review_plan.access.changes import Change, Status, compare_tables, in_order
from scripts.review_plan.access.elsewhere import changes_elsewhere
from scripts.review_plan.access.routes import Route, RouteTable
from scripts.review_plan.access.unread import unread_changes
from scripts.review_plan.callers import Contract
from scripts.review_plan.checks.code import Package
from scripts.review_plan.checks.findings import Finding, dangers_first
from scripts.review_plan.gate import AllowList, Entry
from scripts.review_plan.picture import Picture
from scripts.review_plan.plan.document import Plan, Resource
from scripts.review_plan.plan.masking import Masker
from scripts.review_plan.plan.state import State
from scripts.review_plan.text import Text, count, join

_ACTIONS: Final = ("destroy", "forget", "replace", "change", "add", "other")
_MOST_HEADLINES: Final = 5


@dataclass(frozen=True)
class Review:
    """All that is to be said of one plan; ``findings`` by the section that they stand in, in the order of sections."""

    plan: Plan
    masker: Masker
    routes: tuple[Route, ...]
    changes: tuple[Change, ...]
    allowed: tuple[tuple[Change, Entry], ...]
    not_allowed: tuple[Change, ...]
    allow_file: str
    findings: Mapping[str, tuple[Finding, ...]]
    packages: tuple[Package, ...]
    picture: Picture = field(default_factory=Picture)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def changed_resources(self) -> list[Resource]:
        """The resources that something is done to, deletions first."""
        changed = [resource for resource in self.plan.resources if resource.changes]
        return sorted(changed, key=lambda resource: (_ACTIONS.index(_action(resource)), resource.address))

    @property
    def several_apis(self) -> bool:
        """Whether a route's name alone does not say which API it is of."""
        routes = (*self.routes, *(change.route for change in self.changes))
        return len({route.api for route in routes}) > 1

    @property
    def verdict(self) -> Text:
        """The whole plan in one line."""
        said = [finding for section in checks.IN_VERDICT for finding in self.findings[section]]
        parts = [*_of_routes(self.changes), *_headlines(said)]
        if not self.changes:
            parts.insert(0, ("no route changes hands",))
        parts.append(counted(self.counts))
        return join(parts, " · ")


def review_plan(
    plan: Plan, allow_list: AllowList, packages: Sequence[Package] = (), contract: Contract | None = None
) -> Review:
    """Review a plan, with the routes that may open, the packages that differ, and the callers of the picture."""
    before, after = State(plan, after=False), State(plan, after=True)
    table_before, table_after = RouteTable(before), RouteTable(after, before)
    changes = in_order(
        [
            *compare_tables(table_before, table_after),
            *changes_elsewhere(table_before, table_after),
            *unread_changes(plan),
        ]
    )
    opening = [change for change in changes if change.opens]
    allowed = [(change, entry) for change in opening if (entry := allow_list.entry_for(change))]
    named = {id(change) for change, _ in allowed}
    return Review(
        plan=plan,
        masker=_masker(plan, table_before, table_after),
        routes=tuple(sorted(table_after.all, key=_place)),
        changes=tuple(changes),
        allowed=tuple(allowed),
        not_allowed=tuple(change for change in opening if id(change) not in named),
        allow_file=allow_list.file,
        findings=checks.run(checks.Context(plan, before, after, table_before, table_after)),
        packages=tuple(packages),
        picture=picture.draw(table_before, table_after, changes, contract),
        counts=Counter(_action(resource) for resource in plan.resources if resource.changes),
    )


def _masker(plan: Plan, *tables: RouteTable) -> Masker:
    """The plan's masker; a route's verb and path are not hidden because something else of that text is marked."""
    routes = [route for table in tables for route in table.all]
    return Masker.from_plan(plan, shown=(name for route in routes for name in (route.name, route.path or "")))


def _action(resource: Resource) -> str:
    if resource.is_replaced:
        return "replace"
    names = {"create": "add", "update": "change", "delete": "destroy", "forget": "forget"}
    return names.get(resource.actions[0], "other") if resource.actions else "other"


def counted(counts: Counter[str]) -> Text:
    """How many resources are added, changed, replaced and destroyed."""
    parts = [f"{counts[name]} to {name}" for name in ("add", "change", "replace", "destroy", "forget") if counts[name]]
    return (", ".join(parts) or "nothing to do",)


def _of_routes(changes: Sequence[Change]) -> list[Text]:
    def number(status: Status, *, opens: bool | None = None) -> int:
        return sum(change.status is status and opens in (None, change.opens) for change in changes)

    counts = (
        (number(Status.OPENED), "route becomes public", "routes become public"),
        (number(Status.NEW, opens=True), "new route is public or unknown", "new routes are public or unknown"),
        (number(Status.LOOSENED), "route loosened", "routes loosened"),
        (number(Status.KEYS), "route's keys change", "routes' keys change"),
        (number(Status.UNREAD), "change cannot be read", "changes cannot be read"),
        (number(Status.CLOSED), "route closed", "routes closed"),
        (number(Status.TIGHTENED), "route tightened", "routes tightened"),
        (number(Status.NEW, opens=False), "new route", "new routes"),
        (number(Status.FORGOTTEN), "route forgotten, which lives on", "routes forgotten, which live on"),
        (number(Status.GONE), "route gone", "routes gone"),
    )
    return [(count(number, one, many),) for number, one, many in counts if number]


def _headlines(findings: Sequence[Finding]) -> list[Text]:
    """What else belongs in the verdict: dangers first, no more than a few, and none twice."""
    said = list(dict.fromkeys(finding.headline for finding in dangers_first(findings) if finding.headline))
    return said if len(said) <= _MOST_HEADLINES else [*said[:_MOST_HEADLINES], (f"{len(said) - _MOST_HEADLINES} more",)]


def _place(route: Route) -> tuple[str, str, str, str]:
    return route.api_name, route.path or "~", route.verb, route.address
