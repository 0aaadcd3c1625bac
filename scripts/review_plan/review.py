"""The whole review of a plan, as data: what each output is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from scripts.review_plan.access.changes import Change, Status, compare_tables
from scripts.review_plan.access.routes import Route, RouteTable
from scripts.review_plan.checks import code, deployments, iam, replacements, settings
from scripts.review_plan.checks.code import Package
from scripts.review_plan.checks.findings import Finding, Level
from scripts.review_plan.gate import AllowList, Entry
from scripts.review_plan.plan.document import Plan, Resource
from scripts.review_plan.plan.masking import Masker
from scripts.review_plan.plan.state import State
from scripts.review_plan.text import Text, count, join


@dataclass(frozen=True)
class Review:
    """All that is to be said of one plan."""

    plan: Plan
    masker: Masker
    routes: tuple[Route, ...]
    changes: tuple[Change, ...]
    allowed: tuple[tuple[Change, Entry], ...]
    not_allowed: tuple[Change, ...]
    not_live: tuple[Finding, ...]
    permissions: tuple[Finding, ...]
    settings: tuple[Finding, ...]
    code: tuple[Finding, ...]
    packages: tuple[Package, ...]
    replacements: tuple[Finding, ...]
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def changed_resources(self) -> list[Resource]:
        """The resources that something is done to, deletions first."""
        changed = [each for each in self.plan.resources if each.changes]
        return sorted(changed, key=lambda each: (_ORDER.index(_action(each)), each.address))

    @property
    def several_apis(self) -> bool:
        """Whether a route's name alone does not say which API it is of."""
        routes = (*self.routes, *(change.route for change in self.changes))
        return len({route.api for route in routes}) > 1

    @property
    def verdict(self) -> Text:
        """The whole plan in one line."""
        parts = [*_of_routes(self.changes), *_headlines((*self.not_live, *self.permissions, *self.settings))]
        if not self.changes:
            parts.insert(0, ("no route changes hands",))
        parts.append(counted(self.counts))
        return join(parts, " · ")


def review_plan(plan: Plan, allow_list: AllowList, packages: Sequence[Package] = ()) -> Review:
    """Review a plan, with the routes that may open and the packages that differ."""
    before, after = State(plan, after=False), State(plan, after=True)
    table_before, table_after = RouteTable(before), RouteTable(after, before)
    changes = compare_tables(table_before, table_after)
    opening = [change for change in changes if change.opens]
    allowed = [(change, entry) for change in opening if (entry := allow_list.entry_for(change))]
    named = {id(change) for change, _ in allowed}
    return Review(
        plan=plan,
        masker=Masker.from_plan(plan),
        routes=tuple(sorted(table_after.routes.values(), key=_place)),
        changes=tuple(changes),
        allowed=tuple(allowed),
        not_allowed=tuple(change for change in opening if id(change) not in named),
        not_live=tuple(deployments.findings(before, after, table_before, table_after)),
        permissions=tuple(_dangers_first(iam.findings(plan))),
        settings=tuple(
            _dangers_first(
                settings.findings(plan.resources, table_before, table_after) + settings.configurations(before, after)
            )
        ),
        code=tuple(code.findings(plan.resources)),
        packages=tuple(packages),
        replacements=tuple(replacements.findings(plan.resources)),
        counts=Counter(_action(each) for each in plan.resources if each.changes),
    )


_ORDER = ("destroy", "forget", "replace", "change", "add", "other")


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
        (number(Status.CLOSED), "route closed", "routes closed"),
        (number(Status.TIGHTENED), "route tightened", "routes tightened"),
        (number(Status.NEW, opens=False), "new route", "new routes"),
        (number(Status.GONE), "route gone", "routes gone"),
    )
    return [(count(number, one, many),) for number, one, many in counts if number]


def _headlines(findings: Sequence[Finding]) -> list[Text]:
    """What else belongs in the verdict: dangers first, each said once, and no more than a few."""
    said = list(dict.fromkeys(f.headline for f in _dangers_first(findings) if f.headline))
    return said if len(said) <= _MOST_HEADLINES else [*said[:_MOST_HEADLINES], (f"{len(said) - _MOST_HEADLINES} more",)]


_MOST_HEADLINES = 5


def _dangers_first(findings: Sequence[Finding]) -> list[Finding]:
    order = {level: place for place, level in enumerate(Level)}
    return sorted(findings, key=lambda each: order[each.level])


def _place(route: Route) -> tuple[str, str, str, str]:
    return route.api_name, route.path or "~", route.verb, route.address
