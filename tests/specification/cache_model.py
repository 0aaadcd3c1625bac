"""API Gateway's cache of answers and the function's cache of keys, as small as they can be and still go stale.

Time goes in ticks; whatever happens between two ticks happens in an order. There are three tokens, three routes and two
rules. A state is what decides every later answer, so that two ways to one state are followed once.

It is smaller than life: one stage, one issuer whose keys have names and can always be fetched, and one execution
environment of the function. A second environment or stage has caches of its own, which go stale for the same reasons.
What an outage of the key server adds is in tests/security/test_key_server.py.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

ANSWERS_LIVE = 2
"""Ticks for which API Gateway keeps an answer: a rule's `cache_seconds`."""
KEYS_LIVE = 2
"""Ticks for which the function keeps keys: the `cache_seconds` of an issuer's keys."""

KEY_OF = {"alice": "old", "bob": "new", "carol": "old"}
"""Token => the key that has signed it."""
SCOPED = ("alice", "bob")
"""The tokens that hold the scope which the stricter rule wants."""
ROUTES = ("hello", "orders", "admin")

OLD = 4
"""An age that is longer than any bound: whatever happened before that is the same."""

Event = tuple[str, ...]


class State(NamedTuple):
    """What decides every later answer, and how long ago what has changed did so, in ticks."""

    # Route => its rule; `signed-in` wants a token, and once it is tightened a scope as `writers` does.
    rules: tuple[str, ...] = ("signed-in", "signed-in", "writers")
    published: frozenset[str] = frozenset(("old",))
    # ("ended", token), ("rotated",), ("withdrawn",), ("tightened",), ("moved",) => its age, up to OLD.
    happened: frozenset[tuple[Event, int]] = frozenset()
    # API Gateway's answers: rule, token, answer, age.
    answers: frozenset[tuple[str, str, int, int]] = frozenset()
    # The function's keys, their age, and whether it has fetched them for a token's unknown key in this tick.
    keys: frozenset[str] = frozenset()
    keys_age: int = KEYS_LIVE
    missed: bool = False

    def age(self, *event: str) -> int | None:
        """How long ago something happened, or None where it has not."""
        return next((age for what, age in self.happened if what == event), None)


def events(state: State) -> Iterator[Event]:
    """Everything that may happen next, without what is the same as something else.

    Routes with the same rule are answered alike, so one of them is called. A token ends once: by its `exp` or by the
    denylist, which the function looks at alike.
    """
    yield ("tick",)
    for rule in dict.fromkeys(state.rules):
        for token in KEY_OF:
            yield ("call", ROUTES[state.rules.index(rule)], token)
    for token in KEY_OF:
        if state.age("ended", token) is None:
            yield ("ended", token)
    for change in ("rotated", "tightened", "moved"):
        if state.age(change) is None:
            yield (change,)
    if state.age("rotated") is not None and state.age("withdrawn") is None:
        yield ("withdrawn",)
    if state.answers:
        yield ("flush",)


def after(state: State, event: Event) -> tuple[State, int | None]:
    """The state after an event, and the answer where it is a call."""
    if event[0] == "call":
        return _call(state, state.rules[ROUTES.index(event[1])], event[2])
    if event[0] == "tick":
        return _tick(state), None
    if event[0] == "flush":
        return state._replace(answers=frozenset()), None
    state = state._replace(happened=state.happened | {(event, 0)})
    if event[0] == "rotated":
        return state._replace(published=state.published | {"new"}), None
    if event[0] == "withdrawn":
        return state._replace(published=state.published - {"old"}), None
    if event[0] == "moved":
        return state._replace(rules=("signed-in", "writers", "writers")), None
    return state, None


def _tick(state: State) -> State:
    return state._replace(
        happened=frozenset((event, min(age + 1, OLD)) for event, age in state.happened),
        answers=frozenset((*entry[:3], entry[3] + 1) for entry in state.answers if entry[3] + 1 < ANSWERS_LIVE),
        keys_age=min(state.keys_age + 1, KEYS_LIVE),
        missed=False,
    )


def _call(state: State, rule: str, token: str) -> tuple[State, int]:
    """API Gateway keeps an answer by authorizer, which is one for each rule, and token; but never a 401."""
    for cached_rule, cached_token, answer, _ in state.answers:
        if (cached_rule, cached_token) == (rule, token):
            return state, answer
    state, answer = _decide(state, rule, token)
    if answer != 401:
        state = state._replace(answers=state.answers | {(rule, token, answer, 0)})
    return state, answer


def _decide(state: State, rule: str, token: str) -> tuple[State, int]:
    """The function, which fetches keys when their time is over, and once a tick for a key that it does not know."""
    if state.keys_age >= KEYS_LIVE:
        state = state._replace(keys=state.published, keys_age=0)
    if KEY_OF[token] not in state.keys and not state.missed:
        state = state._replace(keys=state.published, keys_age=0, missed=True)
    return state, _truth(state, rule, token, state.keys)


def fresh(state: State, route: str, token: str) -> int:
    """The answer of somebody who knows everything at once."""
    return _truth(state, state.rules[ROUTES.index(route)], token, state.published)


def _truth(state: State, rule: str, token: str, keys: frozenset[str]) -> int:
    if KEY_OF[token] not in keys or state.age("ended", token) is not None:
        return 401
    needs_scope = rule == "writers" or state.age("tightened") is not None
    return 403 if needs_scope and token not in SCOPED else 200


BOUNDS: Mapping[str, int] = {
    "ended": ANSWERS_LIVE - 1,
    "tightened": ANSWERS_LIVE - 1,
    "withdrawn": KEYS_LIVE - 1 + ANSWERS_LIVE - 1,
    "rotated": 0,
}
"""What may be stale => for how many ticks at most. In seconds it is less than one tick more."""


def staleness(state: State, route: str, token: str, answer: int) -> dict[str, int]:
    """Why an answer is not the fresh one, and for how many ticks each reason has been so.

    Raises ValueError for an answer that nothing explains.
    """
    wanted = fresh(state, route, token)
    # Where both refuse, a cached 403 stands for the 401 of a token that has ceased to be good since.
    if answer == wanted or (answer, wanted) == (403, 401):
        return {}
    reasons: dict[str, int | None] = {}
    if answer == 200:
        reasons["ended"] = state.age("ended", token)
        reasons["tightened"] = state.age("tightened") if token not in SCOPED else None
        reasons["withdrawn"] = state.age("withdrawn") if KEY_OF[token] not in state.published else None
    elif KEY_OF[token] == "new":
        reasons["rotated"] = state.age("rotated")
    found = {name: age for name, age in reasons.items() if age is not None}
    if not found:
        raise ValueError(f"{route} answers {answer} to {token} instead of {wanted}, and nothing explains it: {state}")
    return found
