"""Routes down, callers across, and what each answers before and after: the picture of a review, as data.

The callers are those of the reviewed file. Without one they are a call without a token, and the plainest token that
each rule takes. The witnesses of loosened routes come last, each a caller of its own. The answers are those of the
locks, by the authorizer's own code; the ways to a route are in the access table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scripts.review_plan.access import witness
from scripts.review_plan.access.changes import Change, pairs
from scripts.review_plan.access.decision import ALLOWED, NOW, Token
from scripts.review_plan.access.model import Access
from scripts.review_plan.access.router import Router
from scripts.review_plan.access.routes import Route, RouteTable
from scripts.review_plan.callers import Answers, Caller, Contract, needs_expectation
from scripts.review_plan.text import Text, say, typed

NO_ROUTE: Final = "no route"
MOST_CALLERS: Final = 12
"""More columns than this nobody reads. A file's callers are all shown, and witnesses before rules."""
_WITNESSES: Final = 4
"""How many witnesses stand beside the callers of a file, however many those are."""


@dataclass(frozen=True)
class Column:
    """A caller as the picture shows it: ``words`` say what it has; ``hidden`` that its claims are marked sensitive."""

    caller: Caller
    title: Text
    words: Text = ()
    hidden: bool = False


@dataclass(frozen=True)
class Cell:
    """What a route answers a caller, before and after."""

    before: str
    after: str

    @property
    def changes(self) -> bool:
        return self.before != self.after

    @property
    def opens(self) -> bool:
        """Whether a caller may get in whom the route refused until now."""
        return self.changes and self.before != NO_ROUTE and ALLOWED in self.after.split(" or ")


@dataclass(frozen=True)
class Row:
    """A route and its cells, one for each column."""

    route: Route
    cells: tuple[Cell, ...]

    @property
    def changes(self) -> bool:
        return any(cell.changes for cell in self.cells)


@dataclass(frozen=True)
class Picture:
    """The columns and rows; ``left_out`` are the columns that there is no room for."""

    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    left_out: int = 0

    @property
    def changed(self) -> tuple[Row, ...]:
        """The rows with a cell that changes."""
        return tuple(row for row in self.rows if row.changes)

    @property
    def unchanged(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if not row.changes)


def draw(before: RouteTable, after: RouteTable, changes: Sequence[Change], contract: Contract | None) -> Picture:
    """The picture of two states, with the callers of a contract, or else with the rules themselves."""
    answers = Answers(NOW)
    sides = [(was, now) for was, now in _routes(before, after) if needs_expectation(_locks(was, now))]
    gaining = list(_of_witnesses(changes))
    named = [*_of_contract(contract)] if contract else [_NOBODY, *_of_rules(sides, answers)]
    # A rule's plainest token may be the witness itself.
    named = [column for column in named if not any(_is_same(column, other) for other in gaining)]
    room = max(_WITNESSES, MOST_CALLERS - len(named)) if contract else MOST_CALLERS - 1
    shown = gaining[:room]
    columns = (*(named if contract else named[: MOST_CALLERS - len(shown)]), *shown)
    drawing = _Drawing(before, after, columns, contract, answers)
    rows = sorted((drawing.row(was, now) for was, now in sides), key=lambda row: _place(row.route))
    return Picture(columns, tuple(rows), len(named) + len(gaining) - len(columns))


class _Drawing:
    def __init__(
        self,
        before: RouteTable,
        after: RouteTable,
        columns: tuple[Column, ...],
        contract: Contract | None,
        answers: Answers,
    ) -> None:
        self._tables = (before, after)
        self._columns = columns
        self._contract = contract
        self._answers = answers
        self._routers: dict[tuple[int, str], Router] = {}

    def row(self, before: Route | None, after: Route | None) -> Row:
        """The answers to the calls of a route; where it is missing, those of what answers the same call."""
        route = after or before
        assert route is not None  # noqa: S101 - there is a route on one side
        expectation = self._contract.of(route) if self._contract else None
        path = expectation.path if expectation else {}
        old, new = before or self._instead(0, route), after or self._instead(1, route)
        cells = (Cell(self._answer(old, column, path), self._answer(new, column, path)) for column in self._columns)
        return Row(route, tuple(cells))

    def _answer(self, route: Route | None, column: Column, path: Mapping[str, str]) -> str:
        return NO_ROUTE if route is None else self._answers.of(route.access, column.caller, path)

    def _instead(self, side: int, route: Route) -> Route | None:
        if route.path is None or route.protocol == "WEBSOCKET":
            return None
        key = side, route.api
        if key not in self._routers:
            self._routers[key] = Router(self._tables[side].by_api.get(route.api, ()))
        return self._routers[key].answering(route.verb, route.path)


_NOBODY: Final = Column(Caller("nobody", None), ("nobody",), ("a call without a token",))


def _of_contract(contract: Contract) -> Iterator[Column]:
    return (Column(caller, say("{}", caller.name)) for caller in contract.callers)


def _of_rules(sides: Sequence[tuple[Route | None, Route | None]], answers: Answers) -> Iterator[Column]:
    """For each rule the plainest token that it takes; two where the one before is another than the one after."""
    rules = [
        (number, access)
        for pair in sides
        for number, route in enumerate(pair)
        if route is not None
        for access in route.access.rules
    ]
    hidden = {access.who[0] for _, access in rules if access.decider is not None and access.decider.hidden}
    for name, found in sorted(_examples(rules, answers).items()):
        for number, (access, token, at) in enumerate(found.values()):
            title = say("rule {}", name)
            if len(found) > 1:
                title = (*title, " before" if at == {0} else " after" if at == {1} else f" ({number + 1})")
            words: Text = ("marked sensitive",) if name in hidden else access.words
            yield Column(_caller(name, token), title, words, name in hidden)


_Found = dict[str, tuple[Access, Token, set[int]]]


def _examples(rules: Sequence[tuple[int, Access]], answers: Answers) -> dict[str, _Found]:
    """The tokens that rules take, by the rules' names, with the sides on which they do."""
    found: dict[str, _Found] = {}
    searched: dict[tuple[str, int], Token | None] = {}
    for side, access in rules:
        name, configuration = access.who[0], access.decider.configuration if access.decider else None
        key = name, id(configuration)
        if key not in searched:
            searched[key] = _example(access, answers)
        if (token := searched[key]) is not None:
            found.setdefault(name, {}).setdefault(_key(token), (access, token, set()))[2].add(side)
    return found


def _example(access: Access, answers: Answers) -> Token | None:
    settings = answers.settings(access.decider.configuration) if access.decider else None
    rule = settings.rules.get(access.who[0]) if settings else None
    return witness.example(witness.Side(settings, rule)) if settings and rule else None


def _of_witnesses(changes: Sequence[Change]) -> Iterator[Column]:
    """The tokens that gain, each once."""
    found = {_key(change.witness.token): change.witness for change in changes if change.witness}
    for number, gains in enumerate(found.values(), 1):
        yield Column(_caller(f"witness {number}", gains.token), (f"witness {number}",), gains.words)


def _caller(name: str, token: Token) -> Caller:
    return Caller(name, token.claims, None, token.header, token.path)


def _is_same(one: Column, other: Column) -> bool:
    """Whether two callers have the same token."""
    mine, theirs = one.caller, other.caller
    return mine.claims is not None and (mine.claims, mine.header, mine.path) == (
        theirs.claims,
        theirs.header,
        theirs.path,
    )


def _key(token: Token) -> str:
    return typed([token.header, token.claims, token.path])


def _routes(before: RouteTable, after: RouteTable) -> Iterator[tuple[Route | None, Route | None]]:
    for identity in before.routes.keys() | after.routes.keys():
        yield from pairs(before.routes.get(identity, []), after.routes.get(identity, []))


def _locks(*routes: Route | None) -> list[Access]:
    return [route.access for route in routes if route is not None]


def _place(route: Route) -> tuple[str, str, str, str]:
    return route.api_name, route.path or "~", route.verb, route.address
