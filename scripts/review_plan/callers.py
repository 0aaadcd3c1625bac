"""Callers, and what locks answer them.

Callers are claims, and answers are three words: ``allowed`` (whatever the backend then says), ``401`` and ``403``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from jwt_authorizer import rules
from jwt_authorizer.settings import Settings
from scripts.review_plan.access.decision import ALLOWED, FORBIDDEN, UNAUTHORIZED, Token, decide, issuer_of, settings_of
from scripts.review_plan.access.model import Access, Kind
from scripts.review_plan.access.routes import Route

WORDS: Final = (ALLOWED, UNAUTHORIZED, FORBIDDEN)
UNKNOWN: Final = "not known"
_NEEDS_NONE: Final = (Kind.PREFLIGHT, Kind.METADATA, Kind.CONNECTED)


@dataclass(frozen=True)
class Caller:
    """One caller.

    ``claims`` are None for one without a token. ``expires_in_seconds`` is below 0 for an expired token, and None where
    the claims hold their own times. Without a ``header`` the token is signed as its issuer signs. ``path`` are the path
    parameters that it asks for, whatever the route says.
    """

    name: str
    claims: Mapping[str, Any] | None
    expires_in_seconds: int | None = 300
    header: Mapping[str, Any] | None = None
    path: Mapping[str, str] = field(default_factory=dict)

    def token_claims(self, now: int) -> dict[str, Any]:
        """The claims of its token, made now."""
        if self.expires_in_seconds is None:
            return dict(self.claims or {})
        times = {"iat": now + min(0, 2 * self.expires_in_seconds), "exp": now + self.expires_in_seconds}
        return {**times, **(self.claims or {})}


@dataclass(frozen=True)
class Expectation:
    """What a route answers: a word for each caller, or the reason why it is public.

    ``api`` is the name of its API, None where the route's name alone says enough. ``safe`` is whether a call with a
    token changes nothing, None where its verb says so.
    """

    route: str
    answers: Mapping[str, str]
    path: Mapping[str, str] = field(default_factory=dict)
    public: str = ""
    api: str | None = None
    safe: bool | None = None

    def is_of(self, route: Route) -> bool:
        """Whether it is about a route."""
        return self.route == route.name and self.api in (None, route.api_name, route.api)


@dataclass(frozen=True)
class Contract:
    """The callers, and what each route answers them, in one environment: the expectations by their keys in the file."""

    callers: tuple[Caller, ...]
    routes: Mapping[str, Expectation]

    def of(self, route: Route) -> Expectation | None:
        """The expectation of a route: the one that names its API before the one that names none."""
        found = [each for each in self.routes.values() if each.is_of(route)]
        return min(found, key=lambda each: each.api is None, default=None)


@dataclass(frozen=True)
class Cell:
    """What a route answers a caller, beside what it should."""

    route: str
    caller: str
    expected: str
    actual: str

    @property
    def holds(self) -> bool:
        return self.expected == self.actual

    def __str__(self) -> str:
        return f"{self.route}: {self.caller}: {self.expected} is expected, and it is {self.actual}"


def compare(contract: Contract, routes: list[Route], now: int) -> Iterator[Cell | str]:
    """Each cell of the contract, and a sentence for each route or entry that has no counterpart."""
    yield from _strays(contract, routes)
    answers = Answers(now)
    names = [route.name for route in routes]
    for route in routes:
        expectation = contract.of(route)
        name = f"{route.name} of {route.api_name}" if names.count(route.name) > 1 else route.name
        if route.access.kind in _NEEDS_NONE and expectation is None:
            continue
        if expectation is None:
            yield f'{name} has no expectation: write "{route.name}": {{"answers": {{"<caller>": "401", ...}}}}'
        elif expectation.public and not (route.is_open or route.access.kind is Kind.METADATA):
            yield f"{name} is public in the file and guarded in the plan: write what it answers each caller"
        elif not expectation.public:
            for caller in contract.callers:
                actual = answers.of(route.access, caller, expectation.path)
                yield Cell(name, caller.name, expectation.answers[caller.name], actual)


def _strays(contract: Contract, routes: list[Route]) -> Iterator[str]:
    """Entries that no route has, and those that several APIs have."""
    for key, expectation in contract.routes.items():
        found = [route for route in routes if expectation.is_of(route)]
        own = [route for route in found if contract.of(route) is expectation]
        apis = sorted({route.api_name for route in own})
        if not found:
            yield f"{key} is in the file and is no route of the plan: remove it, or correct its name"
        elif not own:
            yield f"{key} is in the file twice, with its API and without: keep one of them"
        elif len({route.api for route in own}) > 1:
            yield (
                f"{key} is a route of {' and '.join(apis)}: write apis, and the API before the route, "
                f'as in "orders {expectation.route}"'
            )


class Answers:
    """What locks answer callers at one time, in seconds since 1970; each configuration is read once."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._read: dict[int, tuple[object, Settings | None]] = {}

    def of(self, access: Access, caller: Caller, path: Mapping[str, str]) -> str:
        """A word, several where it depends, or that it is not known before a request.

        Takes the lock, the caller, and the values of path parameters; those that nobody names are the caller's own.
        """
        if access.kind is Kind.SEVERAL:
            return " or ".join(sorted({self.of(lock, caller, path) for _, lock in access.several}))
        if access.is_open or access.kind is Kind.METADATA:
            return ALLOWED
        if access.kind is Kind.IAM:
            # Callers are tokens here, and none of them is a principal of AWS.
            return FORBIDDEN
        if caller.claims is None and access.kind in (Kind.JWT, Kind.COGNITO):
            return UNAUTHORIZED
        return self._by_rule(access, caller, path) if access.kind is Kind.RULE else UNKNOWN

    def _by_rule(self, access: Access, caller: Caller, path: Mapping[str, str]) -> str:
        if access.decider is None:
            return UNKNOWN
        if caller.claims is None:
            # Without an identity source API Gateway answers by itself.
            return UNAUTHORIZED
        settings = self.settings(access.decider.configuration)
        rule = settings.rules.get(access.who[0]) if settings else None
        if settings is None or rule is None:
            return UNKNOWN
        claims = caller.token_claims(self._now)
        own = {name: str(rules.value_at(claims, claim)) for name, claim in rule.path_equals.items()}
        header = caller.header if caller.header is not None else _header(settings, claims)
        return decide(settings, rule, Token(header, claims, {**own, **path, **caller.path}), self._now).word

    def settings(self, configuration: Mapping[str, Any] | None) -> Settings | None:
        """The settings in a configuration; None where this release's reader does not take it."""
        if id(configuration) not in self._read:
            # The configuration is kept too: its number is another's when it is gone.
            self._read[id(configuration)] = configuration, settings_of(configuration)
        return self._read[id(configuration)][1]


def _header(settings: Settings, claims: Mapping[str, Any]) -> dict[str, str]:
    """The header of a token as the first issuer that owns these claims makes it."""
    for issuer in settings.issuers:
        if issuer_of(settings, claims, issuer.algorithms[0]) is issuer:
            return {"alg": issuer.algorithms[0]} | ({"typ": min(issuer.token_types)} if issuer.token_types else {})
    return {"alg": "none"}


def needs_expectation(locks: Iterable[Access]) -> bool:
    """Whether any of these locks is one that a person decides about, and no preflight or open connection."""
    return any(lock.kind not in _NEEDS_NONE for lock in locks)
