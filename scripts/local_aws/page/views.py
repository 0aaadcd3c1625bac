"""What the page shows, as JSON: the stack, its answers, explanations, tokens, and the review of a planned change."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final

from jwt_authorizer.errors import ConfigurationError
from scripts import explain
from scripts.lib import durations, local_stack
from scripts.lib.local_stack import StackInfo
from scripts.lib.program import Error, UsageError
from scripts.local_aws.page.application import View
from scripts.local_aws.page.calls import Call, observed
from scripts.operate import deployment, environment
from scripts.review_plan import callers_file, review
from scripts.review_plan.access.decision import ALLOWED
from scripts.review_plan.callers import Caller, Contract, Expectation
from scripts.review_plan.check import CALLERS, authorization
from scripts.review_plan.errors import ReviewError
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
from scripts.review_plan.render import json_report
from scripts.smoke.contract import CONNECT, expected
from scripts.token import explanation, minting, reading

CHANGE: Final = "local-next"
"""The change of the local stack whose plan the page shows."""

_RENEW_SECONDS: Final = 240
"""A caller's token lives for 300 seconds: see ``Caller.expires_in_seconds``."""

_MOST_CHARACTERS: Final = 16_384
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


class Views:
    """The views of the stack in a folder. Requests to the stack are sent one at a time, so that the log's lines are
    those of one request.
    """

    def __init__(
        self, folder: Path, callers: Path = CALLERS, plan: Callable[[], bytes] = lambda: environment.show(CHANGE)
    ) -> None:
        self._folder = folder
        self._callers = callers
        self._plan = plan
        self._tokens: dict[str, tuple[float, str | None]] = {}
        self._sending = Lock()

    def by_path(self) -> Mapping[str, View]:
        """The views, by method and path."""
        return {
            "GET /api/stack": self.stack,
            "GET /api/review": self.review,
            "POST /api/answers": self.answers,
            "POST /api/explain": self.explain,
            "POST /api/send": self.send,
            "POST /api/mint": self.mint,
            "POST /api/inspect": self.inspect,
        }

    def stack(self, _given: Mapping[str, Any]) -> dict[str, Any]:
        """What runs: where it is, its routes with their rules, and the callers of the contract."""
        info, contract = self._info(), self._contract()
        configuration = json.loads(info.configuration)
        return {
            "base_url": info.base_url,
            "websocket_url": info.websocket_url,
            "issuer": info.issuer,
            "audience": info.audience,
            "algorithm": info.algorithm,
            "algorithms": list(minting.ALGORITHMS),
            "rules": configuration["rules"],
            "routes": [self._route(info, contract, route) for route in _routes(info)],
            "callers": [_caller(each) for each in contract.callers],
            "stages": list(explain.STAGES),
        }

    def answers(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What a route answers each caller of the contract, or the token that is given, by real requests."""
        info, contract = self._info(), self._contract()
        expectation = self._expectation(info, contract, given)
        call, rule = Call.of(info, expectation), self._rule(info, expectation.route)
        if "token" in given:
            callers: Sequence[Caller | None] = (None,)
        else:
            callers = contract.callers
        cells = []
        for caller in callers:
            header = _bearer(given) if caller is None else self._authorization(info, caller)
            with self._sending:
                seen = observed(info, call, header, rule)
            wanted = _expected(contract, expectation, caller)
            word = ALLOWED if seen["allowed"] else str(seen["status"])
            name = None if caller is None else caller.name
            said = {"caller": name, "expected": wanted, "holds": wanted in (None, word)}
            cells.append({**said, **{key: seen[key] for key in ("status", "phrase", "allowed", "parts")}})
        return cells

    def explain(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Why a route answers a caller, or the token that is given, as it does: the steps, the token and the call."""
        info, contract = self._info(), self._contract()
        expectation = self._expectation(info, contract, given)
        header = self._header(info, contract, given)
        rule = self._rule(info, expectation.route)
        reason = info.routes.get(expectation.route, {}).get("reason")
        return {
            "rule": rule,
            "public": reason if rule is None else None,
            "explanation": None if rule is None else self._explanation(rule, header or "", expectation.path),
            "token": _token_of(header),
            "inspection": None if header is None else _inspection(_token_of(header) or "", info),
            "curl": Call.of(info, expectation).curl(header),
        }

    def send(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Send the real request; returns its answer, the log's lines, and what each part of the stack did."""
        info, contract = self._info(), self._contract()
        expectation = self._expectation(info, contract, given)
        header = self._header(info, contract, given)
        with self._sending:
            return observed(info, Call.of(info, expectation), header, self._rule(info, expectation.route))

    def mint(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A token signed with the stack's secret.

        Takes ``claims`` (pairs of a name and a value, which is JSON or else a text), ``expires`` as ``make token``
        does, ``issuer``, ``audience`` and ``algorithm``; an empty text leaves the claim out.
        """
        info = self._info()
        algorithm, expires = _text(given, "algorithm"), _text(given, "expires")
        if algorithm not in minting.ALGORITHMS:
            raise UsageError(f"there is no algorithm {algorithm!r} here; write one of {', '.join(minting.ALGORITHMS)}")
        lifetime = None if expires == "none" else durations.parse(expires)
        named = {"iss": _text(given, "issuer"), "aud": _text(given, "audience")}
        claims = {
            **{name: value for name, value in named.items() if value},
            **minting.identified(int(time.time()), lifetime),
            **_claims(given.get("claims")),
        }
        return {"token": minting.mint(claims, info.secret(), algorithm)}

    def inspect(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A token in words."""
        header = _bearer(given)
        return _inspection(_token_of(header) or "", self._info())

    def review(self, _given: Mapping[str, Any]) -> dict[str, Any]:
        """Who may call what before and after the planned change, as its review says; ``plan`` is False without one."""
        try:
            data = self._plan()
        except UsageError:
            return {"plan": False, "write": f"make plan ENV={CHANGE}"}
        try:
            contract = callers_file.read(self._callers, CHANGE)
            found = review.review_plan(document.read(data), AllowList(), contract=contract)
        except ReviewError as error:
            raise UsageError(f"the plan of {CHANGE} cannot be reviewed: {error}") from None
        whole = json.loads(json_report.render(found, CHANGE))
        return {"plan": True, **{name: whole[name] for name in ("verdict", "picture", "routes")}}

    def _info(self) -> StackInfo:
        info = local_stack.read(self._folder)
        if info is None:
            raise Error("the stack is not up any more: run `make up` in the terminal")
        return info

    def _contract(self) -> Contract:
        try:
            return callers_file.read(self._callers, deployment.LOCAL)
        except ReviewError as error:
            raise UsageError(str(error)) from None

    def _route(self, info: StackInfo, contract: Contract, route: str) -> dict[str, Any]:
        verb, _, path = route.rpartition(" ")
        return {
            "route": route,
            "verb": verb or "WebSocket",
            "path": path,
            "rule": self._rule(info, route),
            "reason": info.routes.get(route, {}).get("reason"),
            "in_contract": any(each.route == route for each in contract.routes.values()),
        }

    @staticmethod
    def _expectation(info: StackInfo, contract: Contract, given: Mapping[str, Any]) -> Expectation:
        """The expectation of the route that is named; one without answers where the contract has none.

        Nothing but a route of the stack is ever called. Raises UsageError.
        """
        route = _text(given, "route")
        if route not in _routes(info):
            raise UsageError(f"there is no route {route!r}; write one of {', '.join(_routes(info))}")
        found = (each for each in contract.routes.values() if each.route == route)
        return next(found, Expectation(route, {}))

    @staticmethod
    def _rule(info: StackInfo, route: str) -> str | None:
        """The rule that guards a route; None for a public one."""
        if route != CONNECT:
            return info.routes[route].get("rule") or None
        return _rule_of_connect(info)

    def _header(self, info: StackInfo, contract: Contract, given: Mapping[str, Any]) -> str | None:
        """The Authorization header of the caller who is named, or of the token that is given. Raises UsageError."""
        if "token" in given:
            return _bearer(given)
        name = _text(given, "caller")
        for caller in contract.callers:
            if caller.name == name:
                return self._authorization(info, caller)
        raise UsageError(
            f"there is no caller {name!r}; write one of {', '.join(each.name for each in contract.callers)}"
        )

    def _authorization(self, info: StackInfo, caller: Caller) -> str | None:
        """The Authorization header of a caller: the same for a while, so that API Gateway's cache is seen at work."""
        made, header = self._tokens.get(caller.name, (0.0, None))
        if time.monotonic() - made > _RENEW_SECONDS or header is None:
            header = authorization(caller, info.secret(), info.algorithm)
            self._tokens[caller.name] = (time.monotonic(), header)
        return header

    def _explanation(self, rule: str, credentials: str, path: Mapping[str, str]) -> dict[str, Any]:
        deployed = deployment.of_stack(self._folder)
        explain.use_the_stack(deployed)
        settings = explain.settings_of(None, deployed)
        denylist = explain.denylist_of(settings, deployed)
        cache = explain.cache_seconds_of(deployed.configuration, rule)
        try:
            return explain.document(explain.explain(settings, rule, credentials, path, denylist, cache))
        except ConfigurationError as error:
            raise UsageError(str(error)) from None


def _routes(info: StackInfo) -> list[str]:
    return [*info.routes, *([CONNECT] if info.websocket_url is not None else [])]


def _rule_of_connect(info: StackInfo) -> str | None:
    """The rule on the WebSocket API's ``$connect``: its authorizer has the rule's name."""
    api = str(info.websocket_url).split("/")[-2]
    client = info.client("apigatewayv2")
    names = {each["AuthorizerId"]: each["Name"] for each in client.get_authorizers(ApiId=api)["Items"]}
    routes = (each for each in client.get_routes(ApiId=api)["Items"] if each["RouteKey"] == CONNECT)
    return next((names.get(each.get("AuthorizerId")) for each in routes), None)


def _caller(caller: Caller) -> dict[str, Any]:
    """A caller, and its claims in a few words."""
    if caller.claims is None:
        return {"name": caller.name, "words": "no token"}
    shown = {name: value for name, value in caller.claims.items() if name not in ("iss", "aud")}
    words = [f"{name} {value}" for name, value in shown.items()]
    if (caller.expires_in_seconds or 0) < 0:
        words.append("expired")
    return {"name": caller.name, "words": ", ".join(words)}


def _expected(contract: Contract, expectation: Expectation, caller: Caller | None) -> str | None:
    """The word of the contract; None where it has none."""
    if caller is None or not any(each.route == expectation.route for each in contract.routes.values()):
        return None
    return expected(expectation, caller)


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise UsageError(f"{name} is missing: send a text")
    return value


def _bearer(given: Mapping[str, Any]) -> str:
    """The Authorization header of a token that a person gave. Raises UsageError for what no header can hold."""
    token = re.sub(r"^bearer +", "", _text(given, "token").strip(), flags=re.IGNORECASE)
    if not token:
        raise UsageError("there is no token yet: paste one, or compose one")
    if len(token) > _MOST_CHARACTERS or not _HEADER_VALUE.fullmatch(token):
        raise UsageError("no header can hold this: a token is letters, digits, '-', '_' and two dots, on one line")
    return f"Bearer {token}"


def _token_of(header: str | None) -> str | None:
    return None if header is None else header.removeprefix("Bearer ")


def _inspection(token: str, info: StackInfo) -> dict[str, Any]:
    """A token in words, or why it is none."""
    try:
        read = reading.read(token)
    except UsageError as error:
        return {"unreadable": str(error)}
    signature = explanation.signature_with(read, info.secret(), "the local stack's secret")
    return explanation.document(read, signature, time.time())


def _claims(given: Any) -> dict[str, Any]:
    """Claims from pairs of a name and a text. A value that is JSON counts as such. Raises UsageError."""
    if not isinstance(given, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair) for pair in given
    ):
        raise UsageError('claims are pairs of texts: send [["sub", "alice"]]')
    return {name: _value(text) for name, text in given if name}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
