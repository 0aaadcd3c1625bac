"""Each route that changes: OPENED, CLOSED, LOOSENED, TIGHTENED, NEW or GONE, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from scripts.review_plan.access.access_rules import Difference
from scripts.review_plan.access.model import Access, Kind, compare
from scripts.review_plan.access.router import VERBS, Router
from scripts.review_plan.access.routes import Route, RouteTable
from scripts.review_plan.text import Text, count, join, names, say


class Status(Enum):
    """What happens to a route, the most telling first."""

    OPENED = "OPENED"
    LOOSENED = "LOOSENED"
    NEW = "NEW"
    GONE = "GONE"
    CLOSED = "CLOSED"
    TIGHTENED = "TIGHTENED"


@dataclass(frozen=True)
class Change:
    """One route that changes; ``before`` or ``after`` is what answers the same call on the side it is missing from."""

    status: Status
    route: Route
    before: Text
    after: Text
    why: Text
    opens: bool
    """Whether somebody may call who could not, as the gate sees it."""


def compare_tables(before: RouteTable, after: RouteTable) -> list[Change]:
    """All routes that change, the most telling first."""
    found: list[Change] = []
    routers: dict[tuple[bool, str], Router] = {}

    def router(table: RouteTable, api: str) -> Router:
        key = (table is after, api)
        if key not in routers:
            routers[key] = Router(table.by_api.get(api, ()))
        return routers[key]

    for identity in before.routes.keys() | after.routes.keys():
        was, is_now = before.routes.get(identity), after.routes.get(identity)
        if was and is_now:
            change = _changed(was, is_now)
        elif is_now:
            change = _new(is_now, router(before, is_now.api), router(after, is_now.api))
        else:
            change = _gone(was, router(after, was.api)) if was else None
        if change:
            found.append(change)
    order = {status: place for place, status in enumerate(Status)}
    return sorted(found, key=lambda each: (not each.opens, order[each.status], each.route.identity))


def _changed(before: Route, after: Route) -> Change | None:
    difference = compare(before.access, after.access)
    status = _status(before.access, after.access, difference)
    if status is None:
        return None
    why = join((*(difference.why or [_kinds(before.access, after.access)]), *_reason(after)), "; ")
    opens = status in (Status.OPENED, Status.LOOSENED)
    return Change(status, after, before.access.words, after.access.words, why, opens)


def _new(route: Route, before: Router, after: Router) -> Change:
    fallback = before.answering(route.verb, route.path) if route.path is not None else None
    why: list[Text] = []
    status, said = Status.NEW, ("no such route",)
    opens = route.access.is_open or route.access.kind is Kind.UNKNOWN
    was: Text = said
    if fallback is not None:
        was = (*fallback.access.words, *say(", by {}", fallback.name))
        difference = compare(fallback.access, route.access)
        changed = _status(fallback.access, route.access, difference)
        opens = changed in (Status.OPENED, Status.LOOSENED)
        if opens and changed is not None:
            status = changed
        why.append(say("answered by {} until now", fallback.name))
        why.extend(difference.why)
    around = _around(route, after)
    if around:
        why.append(around)
    why.extend(_reason(route))
    return Change(status, route, was, route.access.words, join(why, "; "), opens)


def _gone(route: Route, after: Router) -> Change:
    successors = {each.identity: each for each in _successors(route, after)}.values()
    loosest: tuple[Route, Difference, Status] | None = None
    for each in successors:
        difference = compare(route.access, each.access)
        status = _status(route.access, each.access, difference)
        if status in (Status.OPENED, Status.LOOSENED) and (loosest is None or status is Status.OPENED):
            loosest = (each, difference, status)
    if loosest:
        each, difference, status = loosest
        why = join([say("{} answers from now on", each.name), *difference.why], "; ")
        return Change(status, route, route.access.words, (*each.access.words, *say(", by {}", each.name)), why, True)
    said: Text = ("no such route",)
    if successors:
        said = join([(*each.access.words, *say(", by {}", each.name)) for each in successors], "; ")
    return Change(Status.GONE, route, route.access.words, said, (), False)


def _successors(route: Route, after: Router) -> Iterable[Route]:
    if route.path is None:
        return
    for verb in VERBS if route.verb == "ANY" else (route.verb,):
        if found := after.answering(verb, route.path):
            yield found


def _around(route: Route, after: Router) -> Text:
    """The verbs of a guarded route's path that fall through to a public one."""
    if route.access.is_open or route.access.kind is Kind.PREFLIGHT or route.path is None or route.verb in ("ANY", ""):
        return ()
    through: dict[str, list[str]] = {}
    for verb in VERBS:
        found = after.answering(verb, route.path)
        if verb != "OPTIONS" and found is not None and found.access.is_open and found.path != route.path:
            through.setdefault(found.name, []).append(verb)
    return join(
        [
            say(
                f"{count(len(verbs), 'other verb')} {'falls' if len(verbs) == 1 else 'fall'} through to {{}}, public", n
            )
            for n, verbs in through.items()
        ]
    )


def _status(before: Access, after: Access, difference: Difference) -> Status | None:
    if after.is_open and not before.is_open:
        return Status.OPENED
    if before.is_open and not after.is_open:
        return Status.CLOSED
    if difference.looser:
        return Status.LOOSENED
    return Status.TIGHTENED if difference.tighter else None


def _reason(route: Route) -> list[Text]:
    """What the configuration gives as the reason why a route is public."""
    return [say("the configuration says: {}", route.reason)] if route.reason else []


_KINDS = {
    Kind.PUBLIC: "no authorization",
    Kind.API_KEY: "an API key alone",
    Kind.PREFLIGHT: "a preflight's mock",
    Kind.CONNECTED: "the handshake",
    Kind.RULE: "an access rule",
    Kind.LAMBDA: "a Lambda authorizer",
    Kind.COGNITO: "a Cognito authorizer",
    Kind.JWT: "a JWT authorizer",
    Kind.IAM: "IAM",
    Kind.OTHER: "an authorizer of elsewhere",
    Kind.NOBODY: "a destroyed authorizer",
    Kind.UNKNOWN: "an unknown authorizer",
}


def _kinds(before: Access, after: Access) -> Text:
    return say(f"{_KINDS[before.kind]} → {_KINDS[after.kind]}") if before.kind is not after.kind else names(())
