"""Each route that changes: OPENED, CLOSED, LOOSENED, TIGHTENED, NEW or GONE, and why; and what cannot be read.

KEYS is a change of the keys, URLs or secrets that prove tokens: who holds them no plan shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

from scripts.review_plan.access.difference import Difference, unclear
from scripts.review_plan.access.entrances import compare_entrances
from scripts.review_plan.access.functions import function_arn
from scripts.review_plan.access.model import Access, Kind, compare
from scripts.review_plan.access.router import VERBS, Router
from scripts.review_plan.access.routes import Route, RouteTable
from scripts.review_plan.access.witness import Witness
from scripts.review_plan.text import Text, count, join, names, say


class Status(Enum):
    """What happens to a route, the most telling first."""

    OPENED = "OPENED"
    LOOSENED = "LOOSENED"
    KEYS = "KEYS"
    UNREAD = "UNREAD"
    NEW = "NEW"
    FORGOTTEN = "FORGOTTEN"
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
    witness: Witness | None = None
    """A token that is refused before and allowed after."""
    gains: Text = ()
    """Who may call that could not, in words, where the gate stops and no token shows it."""

    @property
    def lets_in(self) -> Text:
        """Who may call that could not; nothing where nobody new may."""
        if self.witness is not None:
            return ("lets in, for instance: ", *self.witness.words)
        return ("lets in ", *self.gains) if self.gains else ()


def compare_tables(before: RouteTable, after: RouteTable) -> list[Change]:
    """All routes that change, and all custom domains that lead elsewhere, the most telling first."""
    return in_order([*_Comparison(before, after).changes(), *_moved_domains(before, after)])


def in_order(changes: Iterable[Change]) -> list[Change]:
    """Changes with what stops the gate first."""
    order = {status: place for place, status in enumerate(Status)}
    return sorted(changes, key=lambda change: (not change.opens, order[change.status], change.route.identity))


class _Comparison:
    def __init__(self, before: RouteTable, after: RouteTable) -> None:
        self._before = before
        self._after = after
        self._router_before = cache(lambda api: Router(before.by_api.get(api, ())))
        self._router_after = cache(lambda api: Router(after.by_api.get(api, ())))
        # A route whose path only its key says may not be there.
        self._sure_router = cache(lambda api: Router(route for route in after.by_api.get(api, ()) if route.is_sure))

    def changes(self) -> Iterator[Change]:
        for identity in self._before.routes.keys() | self._after.routes.keys():
            for was, now in pairs(self._before.routes.get(identity, []), self._after.routes.get(identity, [])):
                if was is None or now is None:
                    change = self._new(now) if now else self._gone(was) if was else None
                else:
                    change = self._changed(was, now)
                if change is not None:
                    yield change

    def _changed(self, before: Route, after: Route) -> Change | None:
        if after.is_unmanaged:
            after_words = (*after.words, ", and it lives on in AWS without Terraform")
            why: Text = ("no later plan shows it",)
            return Change(Status.FORGOTTEN, after, before.words, after_words, why, False)
        difference = compare_routes(before, after)
        status = status_of(before, after, difference)
        if status is None:
            return None if after.is_sure else self._lost(before, after)
        reasons = join((*(difference.why or [_kinds(before.access, after.access)]), *_reason(after)), "; ")
        return shown(Change(status, after, before.words, after.words, reasons, status in STOPS), after, difference)

    def _lost(self, before: Route, after: Route) -> Change | None:
        """A route whose path only its key says: were it another, this is who would answer the call from now on."""
        found = self._gone(before)
        if not found.opens:
            return None
        why = (*found.why, *say("; the path of {} is known after apply only", after.address))
        return replace(found, route=after, why=why)

    def _new(self, route: Route) -> Change:
        router = self._router_before(route.api)
        fallback = router.answering(route.verb, route.path) if route.path is not None else None
        why: list[Text] = []
        status = Status.NEW
        was: Text = ("no such route",)
        opens = route.may_be_open
        difference = Difference()
        if fallback is not None:
            was = (*fallback.words, *say(", by {}", fallback.name))
            difference = compare_routes(fallback, route)
            changed = status_of(fallback, route, difference)
            opens = changed in STOPS
            status = changed if changed in STOPS else Status.NEW
            why.append(say("answered by {} until now", fallback.name))
            why.extend(difference.why)
        if around := self._around(route):
            why.append(around)
        why.extend(_reason(route))
        return shown(Change(status, route, was, route.words, join(why, "; "), opens), route, difference)

    def _gone(self, route: Route) -> Change:
        successors = list({successor.identity: successor for successor in self._successors(route)}.values())
        loosest: tuple[Route, Difference, Status] | None = None
        for successor in successors:
            difference = compare_routes(route, successor)
            status = status_of(route, successor, difference)
            if status in STOPS and (loosest is None or status is Status.OPENED):
                loosest = (successor, difference, status)
        if loosest:
            successor, difference, status = loosest
            why = join([say("{} answers from now on", successor.name), *difference.why], "; ")
            answer = (*successor.words, *say(", by {}", successor.name))
            return shown(Change(status, route, route.words, answer, why, True), successor, difference)
        if route.address in self._after.merged:
            lives_on = (*route.words, ", and it lives on: the body is merged into what is there")
            return Change(Status.FORGOTTEN, route, route.words, lives_on, ("no later plan shows it",), False)
        answers = join([(*successor.words, *say(", by {}", successor.name)) for successor in successors], "; ")
        return Change(Status.GONE, route, route.words, answers or ("no such route",), (), False)

    def _successors(self, route: Route) -> Iterator[Route]:
        if route.path is None:
            return
        for verb in VERBS if route.verb == "ANY" else (route.verb,):
            if found := self._sure_router(route.api).answering(verb, route.path):
                yield found

    def _around(self, route: Route) -> Text:
        """The verbs of a guarded route's path that fall through to a public one."""
        guarded = not route.access.is_open and route.access.kind not in (Kind.PREFLIGHT, Kind.METADATA)
        if not guarded or route.path is None or route.verb in ("ANY", ""):
            return ()
        router = self._router_after(route.api)
        through: dict[str, list[str]] = {}
        for verb in VERBS:
            found = router.answering(verb, route.path)
            if verb != "OPTIONS" and found is not None and found.is_open and found.path != route.path:
                through.setdefault(found.name, []).append(verb)
        return join([_falls_through(name, len(verbs)) for name, verbs in through.items()])


STOPS = (Status.OPENED, Status.LOOSENED, Status.KEYS, Status.UNREAD)
"""What the gate stops at, unless the allow-list names it."""


def compare_routes(before: Route, after: Route) -> Difference:
    """What changes for callers of a route: its lock, and the ways to it."""
    difference = compare(before.access, after.access) + _compare_targets(before, after)
    if before.entrances == after.entrances:
        return difference
    return difference + compare_entrances(
        before.entrances,
        after.entrances,
        may_add=_adds(after.access),
        verb=after.verb,
        path=after.path,
    )


def _adds(lock: Access) -> bool:
    """Whether a resource policy may let in callers about whom the lock says nothing; our own rules always answer."""
    return lock.kind in (Kind.IAM, Kind.LAMBDA, Kind.OTHER) or any(_adds(one) for _, one in lock.several)


def _compare_targets(before: Route, after: Route) -> Difference:
    """Whether calls go to a function of the same name that is another one: of another account, region or partition."""
    old, new = function_arn(before.target), function_arn(after.target)
    if old is None or new is None or old == new or before.calls.partition(":")[0] != after.calls.partition(":")[0]:
        return Difference()
    return unclear(say("another function of the same name answers: {} → {}", old, new))


def status_of(before: Route, after: Route, difference: Difference) -> Status | None:
    """The one word for a change; None where nothing changes for callers."""
    if after.reach > before.reach:
        return Status.OPENED
    if difference.unread:
        return Status.UNREAD
    if before.is_open and not after.is_open:
        return Status.CLOSED
    if difference.looser:
        return Status.LOOSENED
    if difference.keys:
        return Status.KEYS
    return Status.TIGHTENED if difference.tighter else None


def shown(change: Change, after: Route, difference: Difference) -> Change:
    """A change with whom it lets in: a token that shows it, else words."""
    if not change.opens:
        return change
    if change.status is Status.LOOSENED and difference.witness is not None:
        return replace(change, witness=difference.witness)
    return replace(change, gains=_gains(change.status, after.access, difference))


def _gains(status: Status, after: Access, difference: Difference) -> Text:
    """Who may call that could not, where no token shows it."""
    if status is Status.UNREAD or not after.is_known:
        return ("those that nobody can name before apply",)
    if after.is_open:
        return ("anybody",)
    if status is Status.KEYS:
        return ("whoever signs with the other keys",)
    if difference.gains:
        return join(difference.gains, "; ")
    return _BY_KIND[after.kind](after)


def _moved_domains(before: RouteTable, after: RouteTable) -> Iterator[Change]:
    """Custom domains that lead to another API: each route of it, beside what answered the same call there."""
    for name, (api, _) in sorted(after.entrances.mappings.items()):
        old_api = before.entrances.mappings.get(name, (api, ""))[0]
        if old_api == api:
            yield from _moved_stage(name, before, after)
            continue
        if not after.by_api.get(api):
            nowhere = Route(name, name, "", "", name, Access(Kind.UNKNOWN), name, "")
            why_not = say("{} leads to an API whose routes are not in this plan", name)
            yield Change(Status.UNREAD, nowhere, say("the routes of {}", old_api), ("not known",), why_not, True)
        router = Router(before.by_api.get(old_api, ()))
        for route in after.by_api.get(api, ()):
            was = router.answering(route.verb, route.path) if route.path is not None else None
            why = say("{} leads to {} instead of {}", name, route.api_name or api, old_api)
            moved = replace(_at(route, after, name), api=name, api_name=name)
            yield from _moved(_at(was, before, name) if was else None, moved, why)


def _moved_stage(name: str, before: RouteTable, after: RouteTable) -> Iterator[Change]:
    """A custom domain that leads to another stage of the same API, where that stage may serve something else."""
    if name not in before.entrances.mappings:
        return
    (_, old), (api, new) = before.entrances.mappings[name], after.entrances.mappings[name]
    if old == new or before.served(api, old).is_served_by(after.served(api, new)):
        return
    route = Route(name, name, "", "", name, Access(Kind.UNKNOWN), name, "")
    why = say("{} leads to another stage of {}, which may serve another deployment, or ask another function", name, api)
    change = Change(Status.UNREAD, route, say("stage {}", old), say("stage {}", new), why, True)
    yield shown(change, route, Difference())


def _at(route: Route, table: RouteTable, entrance: str) -> Route:
    """A route as callers of one entrance meet it."""
    return replace(route, entrances=tuple(way for way in table.entrances.of(route.api) if way.name == entrance))


def _moved(before: Route | None, after: Route, why: Text) -> Iterator[Change]:
    if before is None:
        new = Change(Status.NEW, after, ("no such route",), after.words, why, after.may_be_open)
        yield shown(new, after, Difference())
        return
    difference = compare_routes(before, after)
    status = status_of(before, after, difference)
    if status is not None:
        reasons = join([why, *difference.why], "; ")
        changed = Change(status, after, before.words, after.words, reasons, status in STOPS)
        yield shown(changed, after, difference)


def pairs(before: list[Route], after: list[Route]) -> Iterator[tuple[Route | None, Route | None]]:
    """The same routes before and after: by address first; what is left is the same where there is one of each."""
    old, new = list(before), list(after)
    for route in before:
        same = next((other for other in new if other.address == route.address), None)
        if same is not None:
            old.remove(route)
            new.remove(same)
            yield route, same
    match old, new:
        case [one], [other] if other.is_sure:
            yield one, other
        case _:
            yield from ((route, None) for route in old)
            yield from ((None, route) for route in new)


def _falls_through(name: str, number: int) -> Text:
    return say(f"{count(number, 'other verb falls', 'other verbs fall')} through to {{}}, public", name)


def _reason(route: Route) -> list[Text]:
    """What the configuration gives as the reason why a route is public."""
    return [say("the configuration says: {}", route.reason)] if route.reason else []


_BY_KIND: Mapping[Kind, Callable[[Access], Text]] = {
    Kind.CONNECTED: lambda _: ("any caller that may connect",),
    Kind.RULE: lambda access: say("any caller whose token meets {}", access.words),
    Kind.LAMBDA: lambda access: say("any caller that {} lets in", names(access.target)),
    Kind.COGNITO: lambda access: say("any user of user pool {}", names(access.target, " or ")),
    Kind.JWT: lambda access: say(
        "any token of issuer {}, for audience {}",
        names(access.target[:1]),
        names(access.target[1:] or ("any",), " or "),
    ),
    Kind.IAM: lambda _: ("any principal of AWS whose policies allow it, at any address that the API takes",),
    Kind.OTHER: lambda access: say("any caller that authorizer {} lets in", names(access.who)),
    Kind.PREFLIGHT: lambda _: ("any page of another origin",),
    Kind.METADATA: lambda _: ("anybody, and it says which token to get",),
    Kind.SEVERAL: lambda access: say("any caller that is let in by: {}", access.words),
    Kind.NOBODY: lambda _: ("nobody",),
}


_KINDS = {
    Kind.PUBLIC: "no authorization",
    Kind.API_KEY: "an API key alone",
    Kind.PREFLIGHT: "a preflight's mock",
    Kind.METADATA: "the mock of a protected resource's document",
    Kind.CONNECTED: "the handshake",
    Kind.RULE: "an access rule",
    Kind.LAMBDA: "a Lambda authorizer",
    Kind.COGNITO: "a Cognito authorizer",
    Kind.JWT: "a JWT authorizer",
    Kind.IAM: "IAM",
    Kind.OTHER: "an authorizer of elsewhere",
    Kind.NOBODY: "a destroyed authorizer",
    Kind.UNKNOWN: "an unknown authorizer",
    Kind.SEVERAL: "one of several authorizers",
}


def _kinds(before: Access, after: Access) -> Text:
    return say(f"{_KINDS[before.kind]} → {_KINDS[after.kind]}") if before.kind is not after.kind else names(())
