"""A deployed API, held to the reviewed file of callers by real requests.

A call with a token is sent by GET and HEAD alone, and by a WebSocket's handshake, unless the file says that the route
is ``safe``. Every other verb is asked without a token, for its 401.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from scripts.lib.program import UsageError
from scripts.review_plan.access.decision import ALLOWED, UNAUTHORIZED
from scripts.review_plan.callers import Caller, Cell, Contract, Expectation
from scripts.review_plan.callers_file import PARAMETER
from scripts.smoke.http import MISSING_ROUTE, SECONDS, Answer, ask
from scripts.smoke.websocket import Exchange
from scripts.token import reading

CONNECT: Final = "$connect"
_SAFE_VERBS: Final = ("GET", "HEAD", "ANY", CONNECT)
_CONNECTED: Final = 101
_SCOPE_CLAIMS: Final = ("scope", "scp")


@dataclass(frozen=True)
class NotAsked:
    """A cell for which no token is given."""

    route: str
    caller: str


def cells(
    contract: Contract, api: str, url: str, tokens: Mapping[str, str], seconds: float = SECONDS
) -> Iterator[Cell | NotAsked]:
    """What the API at a URL answers, beside what it should, and what cannot be asked.

    Takes the contract, the name of the API in the file (empty for routes that name none), its base URL (``wss://`` for
    a WebSocket API), and the tokens by their callers. Raises UsageError when no answer comes in time.
    """
    for key, expectation in routes_of(contract, api, url):
        for caller in _callers(contract, expectation):
            token = tokens.get(caller.name)
            if caller.claims is not None and token is None:
                yield NotAsked(key, caller.name)
                continue
            authorization = None if caller.claims is None else f"Bearer {token}"
            actual = answer(url, expectation, authorization, seconds)
            yield Cell(key, caller.name, expected(expectation, caller), actual)


def routes_of(contract: Contract, api: str, url: str) -> Iterator[tuple[str, Expectation]]:
    """The routes of the file that are asked at a URL, by their keys."""
    is_websocket = url.startswith("ws")
    for key, expectation in contract.routes.items():
        named = key.removesuffix(expectation.route).strip()
        if named == api and (expectation.route == CONNECT) == is_websocket:
            yield key, expectation


def expected(expectation: Expectation, caller: Caller) -> str:
    """What a route answers a caller; 401 is what a caller gets that the file does not name."""
    return ALLOWED if expectation.public else expectation.answers.get(caller.name, UNAUTHORIZED)


def answer(url: str, expectation: Expectation, authorization: str | None, seconds: float = SECONDS) -> str:
    """What a route answers to one request: a word of the file, or what is wrong with the answer."""
    if expectation.route == CONNECT:
        status = Exchange("", authorization, _CONNECTED).run(url, seconds).status
        return ALLOWED if status == _CONNECTED else str(status)
    verb, path = request_line(expectation)
    return word(ask(f"{url.rstrip('/')}{path}", authorization, verb, seconds=seconds))


def request_line(expectation: Expectation) -> tuple[str, str]:
    """The verb and the path by which a route is asked."""
    verb, _, path = expectation.route.partition(" ")
    where = PARAMETER.sub(lambda found: _escaped(expectation.path.get(found[1], found[1])), path)
    return "GET" if verb == "ANY" else verb, where


def _escaped(value: str) -> str:
    return quote(value, safe="/-._~")


def word(answer: Answer) -> str:
    """The word of the file for an answer."""
    if answer.status == 403 and MISSING_ROUTE in answer.body:
        return "a route that the API does not have"
    # API Gateway answers 500 where the authorizer fails, so that it shows nothing of who may call.
    return str(answer.status) if answer.status in (401, 403, 500) else ALLOWED


def _callers(contract: Contract, expectation: Expectation) -> Iterable[Caller]:
    """Those who ask a route."""
    without = [caller for caller in contract.callers if caller.claims is None] or [Caller("no token", None)]
    is_safe = expectation.safe
    if is_safe is None:
        is_safe = expectation.route.partition(" ")[0] in _SAFE_VERBS
    if expectation.public:
        return without[:1] if is_safe else ()
    return contract.callers if is_safe else without


def variable(caller: Caller) -> str:
    """The environment variable that holds a caller's token: ``TOKEN_NIGHTLY_JOB``."""
    return f"TOKEN_{re.sub('[^A-Z0-9]', '_', caller.name.upper())}"


def tokens(contract: Contract, file: Path | None, environment: Mapping[str, str], now: float) -> dict[str, str]:
    """The tokens of callers: those in a file, ``{"alice": "eyJ…"}``, before those in environment variables.

    Raises UsageError for a caller that the contract does not name, and for a token that is not as the contract says.
    """
    holders = {caller.name: caller for caller in contract.callers if caller.claims is not None}
    given = {name: text for name, caller in holders.items() if (text := environment.get(variable(caller)))}
    given |= _in_file(file, holders) if file else {}
    found = {}
    for name, text in given.items():
        try:
            token = reading.read(text)
        except UsageError as error:
            raise UsageError(f"the token of {name}: {error}") from None
        _require_own(holders[name], token.claims, now)
        found[name] = token.text
    return found


def _in_file(file: Path, holders: Mapping[str, Caller]) -> dict[str, str]:
    try:
        document = json.loads(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror}): write the callers' tokens there") from None
    except ValueError as error:
        raise UsageError(f'{file} is not JSON ({error}): write {{"<caller>": "<token>"}}') from None
    if not isinstance(document, dict) or not all(isinstance(text, str) for text in document.values()):
        raise UsageError(f'{file} is no object of texts: write {{"<caller>": "<token>"}}')
    if unknown := sorted(document.keys() - holders.keys()):
        raise UsageError(f"{file} names {', '.join(unknown)}: write tokens of {', '.join(sorted(holders))}")
    return document


def _require_own(caller: Caller, claims: Mapping[str, Any], now: float) -> None:
    """Raise UsageError for a token that is not its caller's: its answer would say nothing of the contract."""
    for name, value in (caller.claims or {}).items():
        if not _is_same(name, value, claims.get(name)):
            raise UsageError(
                f"the token of {caller.name} does not carry claim {name} as the file says: give a token with "
                f"{json.dumps(value)}, or correct callers.{caller.name}"
            )
    expires = claims.get("exp")
    is_expired = isinstance(expires, (int, float)) and expires <= now
    if is_expired != ((caller.expires_in_seconds or 0) < 0):
        said = "has expired" if is_expired else "has not expired"
        raise UsageError(f"the token of {caller.name} {said}, and the file says otherwise: give another one")


def _is_same(name: str, expected: Any, given: Any) -> bool:
    if name in _SCOPE_CLAIMS:
        return _scopes(expected) == _scopes(given)
    if name == "aud" and isinstance(given, list):
        return expected in given or expected == given
    return json.dumps(expected, sort_keys=True) == json.dumps(given, sort_keys=True)


def _scopes(value: Any) -> frozenset[str]:
    return frozenset(value.split() if isinstance(value, str) else map(str, value) if isinstance(value, list) else ())
