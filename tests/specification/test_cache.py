"""Cached answers are stale for the reasons and times that the security model states; the function does as modelled."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import jwt
import pytest

from jwt_authorizer import authorizer, config
from jwt_authorizer.authorizer import Authorizer
from jwt_authorizer.errors import TokenRevoked, Unauthorized
from jwt_authorizer.issuers import TrustedIssuer
from jwt_authorizer.keys.cache import CachedKeys
from jwt_authorizer.keys.keyset import Key, KeySet
from scripts import ROOT
from tests.specification import cache_model
from tests.specification.cache_model import BOUNDS, KEY_OF, KEYS_LIVE, ROUTES, SCOPED, Event, State, after
from tests.specification.cache_search import TooLong, search, way_to

DEPTH = 6
"""`make prove` goes to 8."""
REPLAYED = 1500
TICK = 60.0
"""Seconds: longer than any back-off of the function, and events in one tick are close together."""
_SECRETS = {name: f"{name} secret of more than thirty-two bytes".encode() for name in ("old", "new")}


@pytest.fixture(scope="module")
def ways() -> dict[State, Any]:
    """Every state to the depth, with the way to it."""
    *_, found = search(DEPTH)
    assert {reason: found.longest.get(reason) for reason in BOUNDS} == {**BOUNDS, "withdrawn": BOUNDS["withdrawn"] - 1}
    return found.ways


def test_the_security_model_states_every_reason() -> None:
    text = Path(ROOT / "docs/security-model.md").read_text()
    for reason in BOUNDS:
        assert f"| {reason}: " in text, f"docs/security-model.md: add a row that begins `| {reason}: `"


def test_a_cache_that_keeps_answers_longer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_model, "ANSWERS_LIVE", 3)
    with pytest.raises(TooLong, match="2 ticks"):
        list(search(5))


def test_a_cache_that_keeps_the_answers_of_one_rule_for_another_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def call(state: State, rule: str, token: str) -> tuple[State, int]:
        return real(state, "signed-in" if rule == "writers" else rule, token)

    real = cache_model._call
    monkeypatch.setattr(cache_model, "_call", call)
    with pytest.raises(ValueError, match="nothing explains it"):
        list(search(3))


class _Function:
    """The authorizer itself, on a clock of its own, with keys that are published and a denylist in memory."""

    def __init__(self, way: Sequence[Event], *, by_expiry: bool) -> None:
        self.published, self.revoked, self.seconds, self.count = ["old"], set[str](), 0.0, 0
        ended = {event[1]: index for index, event in enumerate(way) if event[0] == "ended"}
        self._by_expiry = by_expiry
        self._tokens = {
            name: jwt.encode(
                {"sub": name, **({"scope": "write"} if name in SCOPED else {})}
                | {"exp": ended.get(name, len(way)) if by_expiry else len(way) + 1},
                _SECRETS[key],
                headers={"kid": key},
            )
            for name, key in KEY_OF.items()
        }
        self._keys = CachedKeys(
            self._fetch, lifetime_seconds=KEYS_LIVE * TICK, grace_seconds=0, clock=lambda: self.seconds
        )
        self._start(["signed-in", "writers"])

    def _start(self, scoped: list[str]) -> None:
        issuer = {"issuer": None, "audiences": [], "algorithms": ["HS256"], "keys": {"secret": {"environment": "X"}}}
        rules: dict[str, Any] = {"signed-in": {}, "writers": {"scopes": ["write"]}}
        if "tightened" in scoped:
            rules["signed-in"] = {"scopes": ["write"]}
        document = {
            "issuers": [{**issuer, "leeway_seconds": 0}],
            "rules": rules,
            "revocation": {"table": "revoked"},
            "telemetry": {"namespace": "", "allow_sample": 0},
        }
        settings = config.parse(document)
        trusted = TrustedIssuer(settings.issuers[0], self._keys)
        self._authorizer = Authorizer(settings, issuers=_OneIssuer(trusted), denylist=self)  # type: ignore[arg-type]

    def _fetch(self) -> KeySet:
        return KeySet(tuple(Key(frozenset(("HS256",)), _SECRETS[name], name) for name in self.published))

    def check(self, claims: dict[str, Any]) -> None:
        """The denylist."""
        if claims["sub"] in self.revoked:
            raise TokenRevoked

    def see(self, event: Event) -> None:
        """Let the world change."""
        if event[0] == "tick":
            self.seconds += TICK
        elif event[0] == "ended" and not self._by_expiry:
            self.revoked.add(event[1])
        elif event[0] == "rotated":
            self.published.append("new")
        elif event[0] == "withdrawn":
            self.published.remove("old")
        elif event[0] == "tightened":
            self._start(["tightened"])
        # The time of claims goes by one at each event, so that a token may end between any two of them.
        self.count += 1
        self.seconds += 0.1

    def answer(self, rule: str, token: str) -> int:
        """What the authorizer answers to an uncached call."""
        event = {
            "type": "TOKEN",
            "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/GET/hello",
            "authorizationToken": self._tokens[token],
        }
        function = f"arn:aws:lambda:eu-west-1:123456789012:function:authorizer:{rule}"
        with mock.patch.object(authorizer, "time", mock.Mock(time=lambda: self.count)):
            try:
                said = self._authorizer.authorize(event, function, self._authorizer.decision("request"))
            except Unauthorized:
                return 401
        return 200 if said["policyDocument"]["Statement"][0]["Effect"] == "Allow" else 403


class _OneIssuer:
    """Stands in for the issuers by name."""

    def __init__(self, trusted: TrustedIssuer) -> None:
        self._trusted = trusted

    def named(self, _name: object, _algorithm: str) -> TrustedIssuer:
        """The one."""
        return self._trusted


def uncached(way: Sequence[Event]) -> Iterator[tuple[int, str, str, int]]:
    """The calls of a way that reach the function: their place, rule, token and the model's answer."""
    state = State()
    for index, event in enumerate(way):
        later, answer = after(state, event)
        if answer is not None:
            rule = state.rules[ROUTES.index(event[1])]
            if not any(entry[:2] == (rule, event[2]) for entry in state.answers):
                yield index, rule, event[2], answer
        state = later


@pytest.mark.parametrize("by_expiry", [False, True], ids=["ended-by-the-denylist", "ended-by-exp"])
def test_the_function_answers_as_modelled(ways: dict[State, Any], by_expiry: bool) -> None:
    chosen = random.Random(1).sample(list(ways), REPLAYED)  # noqa: S311 - to be repeated, not to be secret
    for way in (way_to(state, ways) for state in chosen):
        function = _Function(way, by_expiry=by_expiry)
        calls = {place: (rule, token, wanted) for place, rule, token, wanted in uncached(way)}
        for place, event in enumerate(way):
            if place in calls:
                rule, token, wanted = calls[place]
                assert function.answer(rule, token) == wanted, f"at event {place} of {way}"
            function.see(event)
