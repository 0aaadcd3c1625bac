"""What is said of a route that changes, comes or goes, by routes made by hand."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from scripts.review_plan.access.changes import Change, Status, compare_routes, compare_tables, pairs, shown
from scripts.review_plan.access.decision import Answer, Token
from scripts.review_plan.access.difference import Difference
from scripts.review_plan.access.entrances import Entrance, Entrances
from scripts.review_plan.access.model import Access, Kind
from scripts.review_plan.access.routes import Route, RouteTable
from scripts.review_plan.access.witness import Witness
from scripts.review_plan.plan import document
from scripts.review_plan.plan.state import State
from scripts.review_plan.plan.values import UNKNOWN as UNKNOWN_VALUE
from scripts.review_plan.text import Text
from tests.review.doors import ACCOUNT, ARN
from tests.review.generated import plan

PUBLIC, API_KEY, IAM, NOBODY = (Access(kind) for kind in (Kind.PUBLIC, Kind.API_KEY, Kind.IAM, Kind.NOBODY))
PREFLIGHT, METADATA, UNKNOWN = (Access(kind) for kind in (Kind.PREFLIGHT, Kind.METADATA, Kind.UNKNOWN))
WITNESS = Witness(Token({}, {}), Answer("401"), Answer("allowed"), ("a token without scope a",))
NO_ROUTE: Text = ("no such route",)


def route(name: str, access: Access = IAM, **more: Any) -> Route:
    """A route of the API ``a`` by verb and path, as in ``GET /orders``."""
    verb, _, path = name.rpartition(" ")
    usual: dict[str, Any] = {"api": "a", "api_name": "orders", "protocol": "REST", "address": name, "calls": "f"}
    return Route(**usual | {"verb": verb, "path": path, "access": access} | more)


def table(*routes: Route, merged: tuple[str, ...] = ()) -> RouteTable:
    made = RouteTable(State(document.read(plan()), after=True))
    made.merged = frozenset(merged)
    for each in routes:
        made.routes[each.identity].append(each)
        made.by_api[each.api].append(each)
    return made


def changes(before: list[Route], after: list[Route], **more: Any) -> list[Change]:
    return compare_tables(table(*before), table(*after, **more))


def change(before: list[Route], after: list[Route], **more: Any) -> Change:
    """The one route that changes."""
    (found,) = changes(before, after, **more)
    return found


def copied(text: str) -> str:
    """An equal text that is another object, as the texts of a plan are."""
    return "".join([*text])


def words(text: Text) -> str:
    return "".join(piece if isinstance(piece, str) else piece.text for piece in text)


def lets_in(status: Status, access: Access, difference: Difference | None = None, *, opens: bool = True) -> str:
    """Whom a change lets in that ends with a lock."""
    after = route("GET /orders", access)
    return words(shown(Change(status, after, (), (), (), opens), after, difference or Difference()).lets_in)


def test_a_change_stays_as_it_is() -> None:
    with pytest.raises(FrozenInstanceError):
        change([], [route("GET /orders")]).opens = True  # type: ignore[misc]


def test_what_stops_the_gate_comes_first_and_then_the_most_telling() -> None:
    gone, closes, opens = route("GET /a"), route("GET /b", PUBLIC), route("GET /c")
    new = route("GET /d")
    found = changes([gone, closes, opens], [replace(closes, access=IAM), replace(opens, access=PUBLIC), new])
    assert [each.status for each in found] == [Status.OPENED, Status.NEW, Status.GONE, Status.CLOSED]


@pytest.mark.parametrize(
    ("status", "access", "difference", "said"),
    [
        (Status.UNREAD, PUBLIC, Difference(), "those that nobody can name before apply"),
        (Status.LOOSENED, UNKNOWN, Difference(gains=(("x",),)), "those that nobody can name before apply"),
        (Status.OPENED, PUBLIC, Difference(gains=(("x",),)), "anybody"),
        (Status.KEYS, IAM, Difference(gains=(("x",),)), "whoever signs with the other keys"),
        (Status.LOOSENED, IAM, Difference(gains=(("x",), ("y",))), "x; y"),
        (Status.LOOSENED, NOBODY, Difference(), "nobody"),
        (Status.LOOSENED, IAM, Difference(witness=WITNESS), "for instance: a token without scope a"),
        (Status.KEYS, IAM, Difference(witness=WITNESS), "whoever signs with the other keys"),
        (
            Status.LOOSENED,
            Access(Kind.JWT, target=("https://i", "web", "app")),
            Difference(),
            "any token of issuer https://i, for audience web or app",
        ),
        (
            Status.LOOSENED,
            Access(Kind.JWT, target=("https://i",)),
            Difference(),
            "any token of issuer https://i, for audience any",
        ),
    ],
)
def test_whom_a_change_lets_in(status: Status, access: Access, difference: Difference, said: str) -> None:
    assert lets_in(status, access, difference).removeprefix("lets in").lstrip(", ") == said


def test_a_change_that_opens_nothing_lets_nobody_in() -> None:
    assert lets_in(Status.TIGHTENED, IAM, opens=False) == ""


@pytest.mark.parametrize(
    ("before", "after", "why"), [(IAM, PUBLIC, "IAM → no authorization"), (IAM, NOBODY, "IAM → a destroyed authorizer")]
)
def test_a_lock_of_another_kind_is_named_where_nothing_else_is_said(before: Access, after: Access, why: str) -> None:
    assert words(change([route("GET /orders", before)], [route("GET /orders", after)]).why) == why


def test_a_route_whose_path_only_its_key_says_shows_who_would_answer_it() -> None:
    unsure = route("GET /orders", is_sure=False)
    greedy = route("GET /{proxy+}", PUBLIC)
    found = change([route("GET /orders"), greedy], [unsure, greedy])
    assert (found.status, found.route, found.opens) == (Status.OPENED, unsure, True)
    assert words(found.why) == "GET /{proxy+} answers from now on; the path of GET /orders is known after apply only"
    assert changes([route("GET /orders")], [unsure]) == []
    assert changes([route("GET /orders"), route("GET /{proxy+}")], [unsure, route("GET /{proxy+}")]) == []
    assert changes([route("GET /orders"), greedy], [replace(unsure, is_sure=True), greedy]) == []


@pytest.mark.parametrize(
    ("fallback", "access", "status", "opens"),
    [
        (IAM, PUBLIC, Status.OPENED, True),
        (PUBLIC, PUBLIC, Status.NEW, False),
        (IAM, NOBODY, Status.NEW, False),
        (PUBLIC, IAM, Status.NEW, False),
    ],
)
def test_a_new_route_opens_as_far_as_it_is_looser_than_what_answered_until_now(
    fallback: Access, access: Access, status: Status, opens: bool
) -> None:
    proxy = route("ANY /{proxy+}", fallback)
    found = change([proxy], [proxy, route("GET /orders", access)])
    assert (found.status, found.opens) == (status, opens)
    assert words(found.before).endswith(", by ANY /{proxy+}")
    assert words(found.why).startswith("answered by ANY /{proxy+} until now")


def test_a_new_route_that_nothing_answered_opens_where_it_is_public() -> None:
    assert [change([], [route("GET /orders", lock)]).opens for lock in (PUBLIC, UNKNOWN, IAM)] == [True, True, False]
    assert change([], [route("GET /orders")]).before == NO_ROUTE


@pytest.mark.parametrize("name", ["GET /orders", "/orders"])
def test_of_a_route_that_goes_those_verbs_are_looked_at_that_it_answered(name: str) -> None:
    other = route("POST /orders", PUBLIC)
    assert change([route(name), other], [other]).after == NO_ROUTE
    found = change([route("ANY /orders"), other], [other])
    assert (found.status, found.opens) == (Status.OPENED, True)
    assert words(found.after) == "public, by POST /orders"
    assert lets_in(Status.OPENED, PUBLIC) == words(found.lets_in)


def test_of_several_routes_that_answer_instead_of_one_that_goes_the_loosest_is_shown() -> None:
    gone = route("ANY /orders", Access(Kind.RULE, ("r",)))
    loose, opened = route("GET /orders", IAM), route("POST /orders", PUBLIC)
    looser = route("PUT /orders", Access(Kind.OTHER, ("o",)))
    stays = route("DELETE /orders", NOBODY)
    assert words(change([gone, loose, stays], [loose, stays]).after).endswith(", by GET /orders")
    assert words(change([gone, loose, looser], [loose, looser]).after).endswith(", by GET /orders")
    assert words(change([gone, loose, opened, looser], [loose, opened, looser]).after) == "public, by POST /orders"
    found = change([gone, stays], [stays])
    assert (found.status, words(found.after)) == (
        Status.GONE,
        "nobody: this plan destroys its authorizer , by DELETE /orders",
    )


def test_a_route_that_goes_from_a_merged_body_lives_on() -> None:
    gone = route("GET /orders", address="m")
    found = change([gone], [], merged=("m",))
    assert (found.status, found.opens) == (Status.FORGOTTEN, False)
    assert change([gone], [], merged=("n",)).status is Status.GONE


def test_where_a_route_that_goes_may_be_answered_by_one_whose_path_only_its_key_says_it_is_not() -> None:
    gone, unsure = route("GET /orders"), route("ANY /{proxy+}", PUBLIC, is_sure=False)
    assert change([gone, unsure], [unsure]).after == NO_ROUTE


@pytest.mark.parametrize("path", ["/orders", "/~orders"])
def test_the_other_verbs_of_a_new_guarded_route_that_fall_through_to_a_public_one_are_counted(path: str) -> None:
    proxy, new, own = route("ANY /{proxy+}", PUBLIC), route(f"GET {path}"), route(f"PUT {path}", PUBLIC)
    assert said_of_new(new, proxy) == "; 5 other verbs fall through to ANY /{proxy+}, public"
    # Those of its own path are public by a route of their own.
    assert said_of_new(new, proxy, own) == "; 4 other verbs fall through to ANY /{proxy+}, public"
    only = route("POST /{proxy+}", PUBLIC)
    assert words(change([only], [only, new]).why) == "1 other verb falls through to POST /{proxy+}, public"


@pytest.mark.parametrize(
    "new",
    [
        route("ANY /orders"),
        route("/orders"),
        route("GET /orders", PUBLIC),
        route("OPTIONS /orders", PREFLIGHT),
        route("GET /orders", METADATA),
    ],
)
def test_nothing_falls_through_where_a_new_route_guards_no_single_verb(new: Route) -> None:
    assert said_of_new(new, route("ANY /{proxy+}", PUBLIC)) == ""


def test_nothing_falls_through_to_a_guarded_route() -> None:
    assert said_of_new(route("GET /orders"), route("ANY /{proxy+}")) == ""


def said_of_new(new: Route, *others: Route) -> str:
    """What is said of a new route after who answered it until now."""
    return words(change([*others], [*others, new]).why).removeprefix(f"answered by {others[0].name} until now")


def called(function: str, account: str = ACCOUNT) -> Route:
    arn = ARN.format(account=account, name=function)
    return route("GET /orders", calls=f"{function}:live", target=f"{arn}:live")


@pytest.mark.parametrize(("old", "new"), [(ACCOUNT, "222222222222"), ("222222222222", ACCOUNT)])
def test_a_function_of_the_same_name_and_another_account_is_another_one(old: str, new: str) -> None:
    assert compare_routes(called("f", old), called("f", new)).looser


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (called("f"), called("f")),
        (called("f"), called("g")),
        (called("g"), called("f")),
        (replace(called("f"), target=""), called("f")),
        (called("f"), replace(called("f"), target="")),
    ],
)
def test_a_route_that_asks_another_function_or_one_that_is_not_known_yet_lets_nobody_in(
    before: Route, after: Route
) -> None:
    assert compare_routes(before, after) == Difference()


def test_several_locks_of_which_one_opens_are_not_named_by_their_kind() -> None:
    before, after = (Access(Kind.SEVERAL, several=(("x", lock),)) for lock in (IAM, PUBLIC))
    found = change([route("GET /orders", before)], [route("GET /orders", after)])
    assert (found.status, found.why) == (Status.OPENED, ())


def test_entrances_that_are_equal_say_nothing() -> None:
    # Of certificates that are known after apply, equal ones may be others.
    unknown = [route("GET /orders", entrances=(Entrance("x", certificates=str(UNKNOWN_VALUE)),)) for _ in range(2)]
    assert compare_routes(*unknown) == Difference()


@pytest.mark.parametrize("addresses", [("one", "two"), ("two", "one")])
def test_of_routes_that_are_the_same_those_of_one_address_are_a_pair(addresses: tuple[str, str]) -> None:
    before, after = ([route("GET /orders", address=copied(name)) for name in addresses] for _ in range(2))
    assert list(pairs(before, list(reversed(after)))) == list(zip(before, after, strict=True))


def test_of_the_rest_one_on_each_side_is_a_pair_and_more_are_none() -> None:
    one, two, three, four = (route("GET /orders", address=address) for address in "mnop")
    assert list(pairs([one], [two])) == [(one, two)]
    assert list(pairs([one, three], [two, three])) == [(three, three), (one, two)]
    assert list(pairs([one, three], [two])) == [(one, None), (three, None), (None, two)]
    assert list(pairs([one], [two, three])) == [(one, None), (None, two), (None, three)]
    assert list(pairs([one, three], [two, four])) == [(one, None), (three, None), (None, two), (None, four)]
    unsure = replace(two, is_sure=False)
    assert list(pairs([one], [unsure])) == [(one, None), (None, unsure)]


class _Ways(Entrances):
    """Custom domains by the API and the stage that each leads to, and the ways to an API."""

    def __init__(self, mappings: dict[str, tuple[str, str]], ways: tuple[Entrance, ...]) -> None:
        self.mappings = mappings
        self._ways = dict.fromkeys(("first", "second"), ways)

    def of(self, api: str) -> tuple[Entrance, ...]:
        return self._ways[api]


def mapped(*ways: Entrance, **domains: str) -> RouteTable:
    """Two APIs with a public route, the ways to each, and where domains lead, as in ``first/live``."""
    first, second = (route("GET /orders", PUBLIC, api=api, api_name=api.upper()) for api in ("first", "second"))
    made = table(first, second)
    places = {name: copied(place).split("/") for name, place in domains.items()}
    made.entrances = _Ways({name: (api, stage) for name, (api, stage) in places.items()}, ways)
    return made


def said(before: RouteTable, after: RouteTable) -> list[tuple[str, str]]:
    return [(found.status.value, words(found.why)) for found in compare_tables(before, after)]


GUARDED, OPEN = Entrance(copied("domain"), certificates="c"), Entrance(copied("domain"))


@pytest.mark.parametrize(("old", "new"), [("first", "second"), ("second", "first")])
def test_a_domain_that_leads_to_another_api_is_compared_by_the_way_through_the_domain_alone(old: str, new: str) -> None:
    others = [Entrance("another", certificates="c"), Entrance("other", certificates="c")]
    assert said(mapped(*others, OPEN, domain=f"{old}/live"), mapped(OPEN, domain=f"{new}/live")) == []
    assert said(mapped(*others, GUARDED, domain=f"{old}/live"), mapped(OPEN, domain=f"{new}/live")) == [
        ("OPENED", f"domain leads to {new.upper()} instead of {old}; mutual TLS goes at domain")
    ]


def test_an_api_without_a_name_is_named_by_its_address() -> None:
    before, after = mapped(GUARDED, domain="first/live"), mapped(OPEN, domain="second/live")
    after.by_api["second"] = [replace(each, api_name="") for each in after.by_api["second"]]
    assert said(before, after) == [("OPENED", "domain leads to second instead of first; mutual TLS goes at domain")]


@pytest.mark.parametrize(("old", "new"), [("blue", "green"), ("green", "blue")])
def test_a_domain_that_leads_to_another_stage_cannot_be_read(old: str, new: str) -> None:
    ((status, why),) = said(mapped(domain=f"first/{old}"), mapped(domain=f"first/{new}"))
    assert status == "UNREAD"
    assert why.startswith("domain leads to another stage of first")


def test_a_domain_that_leads_to_an_api_elsewhere_stops_the_gate() -> None:
    (found,) = compare_tables(mapped(OPEN, domain="first/live"), mapped(OPEN, domain="third/live"))
    assert (found.status, found.opens) == (Status.UNREAD, True)
    assert words(found.why) == "domain leads to an API whose routes are not in this plan"


def test_every_domain_is_looked_at() -> None:
    before = mapped(another="first/live", domain="first/live", other="first/blue")
    after = mapped(another="first/live", domain="first/live", other="first/green")
    assert [status for status, _ in said(before, after)] == ["UNREAD"]
