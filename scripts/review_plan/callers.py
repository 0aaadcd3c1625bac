"""The reviewed file of callers, and what each route answers them: ``terraform/callers.json``.

Callers are claims, and expectations are three words: ``allowed`` (whatever the backend then says), ``401`` and ``403``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scripts.review_plan.access.decision import ALLOWED, FORBIDDEN, UNAUTHORIZED, Token, decide, settings_of
from scripts.review_plan.access.model import Access, Kind
from scripts.review_plan.access.routes import Route
from scripts.review_plan.errors import ReviewError

WORDS: Final = (ALLOWED, UNAUTHORIZED, FORBIDDEN)
UNKNOWN: Final = "not known"
_NEEDS_NONE: Final = (Kind.PREFLIGHT, Kind.CONNECTED)


@dataclass(frozen=True)
class Caller:
    """One caller: ``claims`` are None for one without a token; ``expires_in_seconds`` is below 0 for an expired one."""

    name: str
    claims: Mapping[str, Any] | None
    expires_in_seconds: int = 300

    def token_claims(self, now: int) -> dict[str, Any]:
        """The claims of its token, made now."""
        times = {"iat": now + min(0, 2 * self.expires_in_seconds), "exp": now + self.expires_in_seconds}
        return {**times, **(self.claims or {})}


@dataclass(frozen=True)
class Expectation:
    """What a route answers: a word for each caller, or the reason why it is public."""

    answers: Mapping[str, str]
    path: Mapping[str, str]
    public: str


@dataclass(frozen=True)
class Contract:
    """The callers, and what each route answers them, in one environment."""

    callers: tuple[Caller, ...]
    routes: Mapping[str, Expectation]


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


def read(path: Path, environment: str) -> Contract:
    """The contract in a file for one environment. Raises ReviewError, with the place and what to write instead."""
    try:
        document = json.loads(path.read_bytes(), object_pairs_hook=lambda pairs: _unique(path, pairs))
    except FileNotFoundError:
        raise ReviewError(f"{path} is not there: it names callers, and what each route answers them") from None
    except (OSError, ValueError) as error:
        raise ReviewError(f"{path} is not JSON that can be read: {error}") from None
    top = _members(path, "the file", document, {"issuers", "callers", "routes"})
    # What is planned of the local stack is the local stack.
    family = "local" if environment.startswith("local") else environment
    issuers = _object(path, "issuers", top.get("issuers", {}))
    callers = tuple(
        _caller(path, name, caller, issuers, family)
        for name, caller in _object(path, "callers", top.get("callers")).items()
    )
    names = {caller.name for caller in callers}
    routes = {
        name: expectation
        for name, route in _object(path, "routes", top.get("routes")).items()
        if (expectation := _expectation(path, name, route, names, family)) is not None
    }
    return Contract(callers, routes)


def compare(contract: Contract, routes: list[Route], now: int) -> Iterator[Cell | str]:
    """Each cell of the contract, and a sentence for each route or entry that has no counterpart."""
    known = {route.name for route in routes}
    for name in contract.routes:
        if name not in known:
            yield f"{name} is in the file and is no route of the plan: remove it, or correct its name"
    for route in routes:
        expectation = contract.routes.get(route.name)
        if route.access.kind in _NEEDS_NONE and expectation is None:
            continue
        if expectation is None:
            yield f'{route.name} has no expectation: write "{route.name}": {{"answers": {{"<caller>": "401", ...}}}}'
        elif expectation.public:
            if not route.is_open:
                yield f"{route.name} is public in the file and guarded in the plan: write what it answers each caller"
        else:
            for caller in contract.callers:
                actual = answer(route.access, caller, expectation.path, now)
                yield Cell(route.name, caller.name, expectation.answers[caller.name], actual)


def answer(access: Access, caller: Caller, path: Mapping[str, str], now: int) -> str:
    """What a lock answers a caller: a word, several where it depends, or that it is not known before a request."""
    if access.kind is Kind.SEVERAL:
        return " or ".join(sorted({answer(lock, caller, path, now) for _, lock in access.several}))
    if access.is_open:
        return ALLOWED
    if access.kind is Kind.RULE and access.decider is not None:
        if caller.claims is None:
            # Without an identity source API Gateway answers by itself.
            return UNAUTHORIZED
        settings = settings_of(access.decider.configuration)
        rule = settings.rules.get(access.who[0]) if settings else None
        if settings is None or rule is None:
            return UNKNOWN
        claims = caller.token_claims(now)
        issuer = next((issuer for issuer in settings.issuers if issuer.issuer == claims.get("iss")), None)
        algorithm = issuer.algorithms[0] if issuer else "none"
        types = {"typ": min(issuer.token_types)} if issuer and issuer.token_types else {}
        return decide(settings, rule, Token({"alg": algorithm, **types}, claims, path), now).word
    if access.kind in (Kind.JWT, Kind.COGNITO) and caller.claims is None:
        return UNAUTHORIZED
    return UNKNOWN


def _caller(path: Path, name: str, given: Any, issuers: Mapping[str, Any], family: str) -> Caller:
    place = f"callers.{name}"
    members = _members(path, place, given, {"issuer", "claims", "expires_in_seconds"})
    if not members:
        return Caller(name, None)
    claims = members.get("claims", {})
    if not isinstance(claims, dict):
        raise ReviewError(f'{path}: {place}.claims are no claims: write an object, such as {{"sub": "alice"}}')
    expires = members.get("expires_in_seconds", 300)
    if type(expires) is not int:
        raise ReviewError(f"{path}: {place}.expires_in_seconds is {json.dumps(expires)}: write a whole number")
    issuer = members.get("issuer")
    if not isinstance(issuer, str) or issuer not in issuers:
        raise ReviewError(
            f"{path}: {place}.issuer is {json.dumps(issuer)}: write one of {', '.join(issuers) or 'none'}"
        )
    of_family = _object(path, f"issuers.{issuer}", issuers[issuer]).get(family)
    if not isinstance(of_family, dict):
        raise ReviewError(f'{path}: issuers.{issuer} says nothing of {family}: write "{family}": {{"iss": "...", ...}}')
    return Caller(name, {**of_family, **claims}, expires)


def _expectation(path: Path, name: str, given: Any, callers: set[str], family: str) -> Expectation | None:
    place = f"routes.{name}"
    members = _members(path, place, given, {"answers", "path", "public", "environments"})
    environments = members.get("environments", [family])
    if not isinstance(environments, list) or not all(isinstance(each, str) for each in environments):
        raise ReviewError(f'{path}: {place}.environments is no list of names: write for example ["local"]')
    public = members.get("public", "")
    if not isinstance(public, str) or ("public" in members and not public.strip()):
        raise ReviewError(f"{path}: {place}.public gives no reason: say why everybody may call it")
    if bool(public) == ("answers" in members):
        raise ReviewError(f"{path}: {place} should have one of answers and public")
    parameters = _object(path, f"{place}.path", members.get("path", {}))
    if not all(isinstance(value, str) for value in parameters.values()):
        raise ReviewError(f"{path}: {place}.path: every value is a text")
    answers = _object(path, f"{place}.answers", members.get("answers", {}))
    for caller, word in answers.items():
        if caller not in callers:
            raise ReviewError(f"{path}: {place}.answers names {caller}: write one of {', '.join(sorted(callers))}")
        if word not in WORDS:
            raise ReviewError(
                f"{path}: {place}.answers.{caller} is {json.dumps(word)}: write one of {', '.join(WORDS)}"
            )
    if not public and (missing := sorted(callers - answers.keys())):
        raise ReviewError(f'{path}: {place}.answers says nothing of {", ".join(missing)}: write "{missing[0]}": "401"')
    return Expectation(answers, parameters, public) if family in environments else None


def _members(path: Path, place: str, given: Any, known: set[str]) -> Mapping[str, Any]:
    members = _object(path, place, given)
    if unknown := sorted(members.keys() - known):
        raise ReviewError(
            f"{path}: {place} has the unknown keys {', '.join(unknown)}: write {', '.join(sorted(known))}"
        )
    return members


def _object(path: Path, place: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise ReviewError(f"{path}: {place} should be an object")
    return given


def _unique(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ReviewError(f"{path}: {name} is there twice in one object: keep one of them")
        found[name] = value
    return found
