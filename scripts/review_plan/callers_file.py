"""The reviewed file of callers, and what each route answers them: ``terraform/callers.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from scripts.review_plan.callers import WORDS, Caller, Contract, Expectation
from scripts.review_plan.errors import ReviewError

PARAMETER: Final = re.compile(r"\{([^{}+]+)\+?\}")
"""A path parameter: its name is the first group. ``{proxy+}`` is one of several segments."""

_API_BEFORE_ROUTE: Final = re.compile(r"(\S+) ([A-Z]+ /.*|\$.*)")


def read(path: Path, environment: str) -> Contract:
    """The contract in a file for one environment. Raises ReviewError, with the place and what to write instead."""
    try:
        written = json.loads(path.read_bytes(), object_pairs_hook=_Pairs, parse_constant=_refuse)
    except FileNotFoundError:
        raise ReviewError(f"{path} is not there: it names callers, and what each route answers them") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ReviewError(f"{path} is not JSON that can be read: {error}") from None
    # What is planned of the local stack is the local stack.
    family = "local" if environment.startswith("local") else environment
    try:
        return _File(_once("", written), family).contract()
    except _Mistake as mistake:
        raise ReviewError(f"{path}: {mistake}") from None


class _Mistake(Exception):
    """A mistake in the file: its place, and what to write."""


class _Pairs(list[tuple[str, Any]]):
    """An object as it is written: a name may be there twice."""


class _File:
    """The file for one environment."""

    def __init__(self, document: Any, environment: str) -> None:
        self._environment = environment
        top = _members("the file", document, {"apis", "callers", "issuers", "routes"})
        self._issuers = _object("issuers", top.get("issuers", {}))
        self._apis = _object("apis", top.get("apis", {}))
        self._callers = _object("callers", top.get("callers"))
        self._routes = _object("routes", top.get("routes"))

    def contract(self) -> Contract:
        callers = tuple(self._caller(name, given) for name, given in self._callers.items())
        found = {key: self._expectation(key, given) for key, given in self._routes.items()}
        return Contract(callers, {key: each for key, each in found.items() if each is not None})

    def _caller(self, name: str, given: Any) -> Caller:
        place = f"callers.{name}"
        members = _members(place, given, {"issuer", "claims", "expires_in_seconds"})
        if not members:
            return Caller(name, None)
        claims = members.get("claims", {})
        if not isinstance(claims, dict):
            raise _Mistake(f'{place}.claims are no claims: write an object, such as {{"sub": "alice"}}')
        expires = members.get("expires_in_seconds", 300)
        if type(expires) is not int:
            raise _Mistake(f"{place}.expires_in_seconds is {json.dumps(expires)}: write a whole number")
        issuer = members.get("issuer")
        if not isinstance(issuer, str) or issuer not in self._issuers:
            raise _Mistake(f"{place}.issuer is {json.dumps(issuer)}: write one of {', '.join(self._issuers) or 'none'}")
        of_issuer = _object(f"issuers.{issuer}", self._issuers[issuer]).get(self._environment)
        if not isinstance(of_issuer, dict):
            example = f'"{self._environment}": {{"iss": "...", ...}}'
            raise _Mistake(f"issuers.{issuer} says nothing of {self._environment}: write {example}")
        return Caller(name, {**of_issuer, **claims}, expires)

    def _expectation(self, key: str, given: Any) -> Expectation | None:
        place = f"routes.{key}"
        members = _members(place, given, {"answers", "environments", "path", "public", "safe"})
        environments = members.get("environments", [self._environment])
        if not isinstance(environments, list) or not all(isinstance(each, str) for each in environments):
            raise _Mistake(f'{place}.environments is no list of names: write for example ["local"]')
        public = members.get("public", "")
        if not isinstance(public, str) or ("public" in members and not public.strip()):
            raise _Mistake(f"{place}.public gives no reason: say why everybody may call it")
        if bool(public) == ("answers" in members):
            raise _Mistake(f"{place} should have one of answers and public")
        safe = members.get("safe")
        if "safe" in members and not isinstance(safe, bool):
            raise _Mistake(f"{place}.safe is {json.dumps(safe)}: write true where a call changes nothing, or false")
        answers = {} if public else self._answers(f"{place}.answers", members["answers"])
        name, route = self._api(key)
        parameters = _parameters(f"{place}.path", members.get("path", {}), route, required=not public)
        if self._environment not in environments:
            return None
        return Expectation(route, answers, parameters, public, self._name_of(name), safe)

    def _answers(self, place: str, given: Any) -> Mapping[str, str]:
        answers = _object(place, given)
        for caller, word in answers.items():
            if caller not in self._callers:
                raise _Mistake(f"{place} names {caller}: write one of {', '.join(sorted(self._callers))}")
            if word not in WORDS:
                raise _Mistake(f"{place}.{caller} is {json.dumps(word)}: write one of {', '.join(WORDS)}")
        if missing := sorted(self._callers.keys() - answers.keys()):
            raise _Mistake(f'{place} says nothing of {", ".join(missing)}: write "{missing[0]}": "401"')
        return answers

    def _api(self, key: str) -> tuple[str, str]:
        """What a key calls the API, nothing where it names none, and its route."""
        name, _, route = key.partition(" ")
        if route and name in self._apis:
            return name, route
        found = _API_BEFORE_ROUTE.fullmatch(key)
        if found:
            example = f'"{found[1]}": {{"{self._environment}": "<the API\'s name>"}}'
            raise _Mistake(f"routes.{key} is of the API {found[1]}, which apis does not name: write {example} there")
        return "", key

    def _name_of(self, api: str) -> str | None:
        """The API's own name in this environment."""
        if not api:
            return None
        name = _object(f"apis.{api}", self._apis[api]).get(self._environment)
        if not isinstance(name, str) or not name:
            raise _Mistake(
                f'apis.{api} says nothing of {self._environment}: write "{self._environment}": "<the API\'s name>"'
            )
        return name


def _parameters(place: str, given: Any, route: str, *, required: bool) -> Mapping[str, str]:
    """The values of a route's path parameters."""
    parameters = _object(place, given)
    names = PARAMETER.findall(route)
    for name, value in parameters.items():
        if name not in names:
            raise _Mistake(f"{place} names {name}, which is not in {route}: write {', '.join(names) or 'no path'}")
        if not isinstance(value, str) or not value:
            raise _Mistake(f'{place}.{name} is {json.dumps(value)}: write a text, such as "7"')
    if required and (missing := [name for name in names if name not in parameters]):
        raise _Mistake(f'{place} says nothing of {", ".join(missing)}: write "path": {{"{missing[0]}": "7"}}')
    return parameters


def _members(place: str, given: Any, known: set[str]) -> Mapping[str, Any]:
    members = _object(place, given)
    if unknown := sorted(members.keys() - known):
        raise _Mistake(f"{place} has the unknown keys {', '.join(unknown)}: write {', '.join(sorted(known))}")
    return members


def _object(place: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise _Mistake(f"{place} should be an object")
    return given


def _once(place: str, written: Any) -> Any:
    """A value in whose objects each name is there once."""
    if isinstance(written, _Pairs):
        found: dict[str, Any] = {}
        for name, value in written:
            if name in found:
                raise _Mistake(f"{f'{place}.{name}'.lstrip('.')} is there twice: keep one of them")
            found[name] = _once(f"{place}.{name}", value)
        return found
    return [_once(place, value) for value in written] if isinstance(written, list) else written


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number in JSON")
