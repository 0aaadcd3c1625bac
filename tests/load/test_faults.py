"""100,000 requests while everything around the authorizer fails: nobody gets in wrongly, nothing unexpected happens.

Each request is a token of a known kind, so that what may come of it is known without asking the authorizer; time is the
test's own, so that minutes of outage pass in seconds.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import jwt
import pytest

from jwt_authorizer.errors import KeysUnavailable, RevocationUnavailable, Unauthorized
from jwt_authorizer.keys import cache, stores
from jwt_authorizer.revocation import Denylist, subject_key, token_key
from jwt_authorizer.settings import Revocation
from tests.unit.conftest import SECRET, Invoke, claims, start_handler

Start = Callable[..., Invoke]
REQUESTS = 100_000
ISSUER = "https://login.example.com/"
NEW_SECRET = "what the secret is after its rotation, of enough length for every hash"
KEYS = {"secret": {"secrets_manager": "orders-hmac"}, "cache_seconds": 60, "stale_seconds": 120}
START = int(time.time())
LIFE = 3600


class Weather:
    """Time, the secret's store, the denylist and the log, and each has its good and its bad minutes."""

    def __init__(self, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - to be repeated
        self.now = 0.0
        self.skew = 0.0
        self.secrets = [SECRET.encode()]
        self.fetches = self.unread = self.unwritten = 0
        self.store_fails = self.table_fails = self.log_fails = False
        self.revoked = {token_key(ISSUER, "revoked"): None, subject_key(ISSUER, "banned"): START + 10 * LIFE}
        self._patch(monkeypatch)

    def _patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(cache.CachedKeys.__init__.__kwdefaults__ or {}, "clock", lambda: self.now)
        monkeypatch.setattr("jwt_authorizer.authorizer.time", SimpleNamespace(time=self.clock))
        monkeypatch.setitem(stores.READERS, "secrets_manager", self.read_secret)
        # What is due in the background is done at once, for here everything happens in its order.
        monkeypatch.setattr(
            "threading.Thread",
            lambda target, daemon: SimpleNamespace(start=target),  # noqa: ARG005 - a thread's
        )
        monkeypatch.setattr("jwt_authorizer.revocation._client", lambda: self)
        monkeypatch.setattr("jwt_authorizer.telemetry.sys", SimpleNamespace(stdout=self))

    def clock(self) -> float:
        """What the function's own clock shows."""
        return START + self.now + self.skew

    def read_secret(self, _name: str) -> list[bytes]:
        self.fetches += 1
        if self.store_fails:
            # Slow to fail, as what is overloaded is.
            self.now += self.rng.choice((0.0, 0.01, 2.0))
            raise KeysUnavailable("Secrets Manager did not give the secret: ThrottlingException")
        return self.secrets

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's own name
        ((table, wanted),) = RequestItems.items()
        if self.table_fails:
            self.unread += 1
            if self.rng.random() < 0.5:
                return {"Responses": {}, "UnprocessedKeys": RequestItems}
            raise self.rng.choice((TimeoutError("read"), ConnectionError("reset"), KeyError("what nobody expects")))
        found = []
        for key in (item["revoked"]["S"] for item in wanted["Keys"]):
            if key in self.revoked:
                before = self.revoked[key]
                found.append({"revoked": {"S": key}} | ({"issued_before": {"N": str(before)}} if before else {}))
        return {"Responses": {table: found}}

    def write(self, text: str) -> int:
        if self.log_fails and self.rng.random() < 0.5:
            self.unwritten += 1
            raise OSError(5, "Input/output error")
        return len(text)

    def change(self) -> None:
        """A few seconds later, with some things worse and some better."""
        self.now += self.rng.expovariate(1 / 5)
        # Outages of the store are rare and long, so that some outlast the grace of old keys.
        self.store_fails = self.rng.random() < (0.97 if self.store_fails else 0.04)
        self.table_fails = self.rng.random() < 0.3
        self.log_fails = self.rng.random() < 0.2
        self.skew = self.rng.choice((0, 0, 0, -30, 30, -5 * LIFE, 5 * LIFE))


class Call(NamedTuple):
    """A token, until when it is good, and who may be let in with it: nobody, or its subject."""

    kind: str
    token: str
    not_before: float
    expires: float
    good: bool
    revoked: bool = False


def calls(rng: random.Random) -> list[Call]:
    """Tokens of every kind."""
    made = []

    def add(kind: str, good: bool, key: str = SECRET, *, revoked: bool = False, **changes: Any) -> None:
        made.append(sign(kind, good, key, revoked, changes))

    for index in range(30):
        add("good", True, jti=f"t{index}")
        add("good, by the new secret", True, NEW_SECRET, jti=f"n{index}")
        add("forged", False, f"what forger {index} has in place of the secret, long enough", jti=f"f{index}")
    for _ in range(10):
        add("short-lived", True, exp=START + rng.randint(1, 2000))
        add("not yet good", True, nbf=START + rng.randint(1, 2000))
        add("revoked", True, revoked=True, jti="revoked")
        add("of a banned subject", True, revoked=True, sub="banned", iat=START - rng.randint(0, 1000))
    add("expired", False, exp=START - 6 * LIFE)
    add("for others", False, aud="others")
    add("of others", False, iss="https://evil.example.com/")
    add("without a subject", False, sub=None)
    add("without an end", False, exp=None)
    add("with a jti of its own kind", False, jti=7)
    unsigned = jwt.encode(claims(), "", algorithm="none")
    made.append(Call("unsigned", unsigned, 0, 0, False))
    made.append(Call("no token", "x", 0, 0, False))
    made.append(Call("nothing", "", 0, 0, False))
    return made


def sign(kind: str, good: bool, key: str, revoked: bool, changes: dict[str, Any]) -> Call:
    payload = {**claims(exp=START + 20 * LIFE), **changes}
    payload = {name: value for name, value in payload.items() if value is not None}
    token = jwt.PyJWS().encode(json.dumps(payload).encode(), key, "HS256")
    not_before, expires = payload.get("nbf", 0), payload.get("exp", 0)
    return Call(kind, f"Bearer {token}", not_before, expires, good, revoked)


@pytest.fixture
def weather(monkeypatch: pytest.MonkeyPatch) -> Weather:
    return Weather(8, monkeypatch)


def ask(invoke: Invoke, call: Call) -> str:
    """Ask once; returns the outcome. Anything that is not one of the documented ones is raised."""
    try:
        answer = invoke(call.token)
    except Unauthorized:
        return "Unauthorized"
    except KeysUnavailable:
        return "KeysUnavailable"
    except RevocationUnavailable:
        return "RevocationUnavailable"
    return str(answer["policyDocument"]["Statement"][0]["Effect"])


def rounds(weather: Weather, invoke: Invoke, made: list[Call], requests: int) -> Iterator[tuple[Call, str, int]]:
    """Ask so often, with the weather changing now and then; yields each call, its outcome and the fetches before it."""
    for number in range(requests):
        if number % 50 == 0:
            weather.change()
        if number == requests // 2:
            # The secret is rotated, and once more later, which ends the overlap.
            weather.secrets = [NEW_SECRET.encode(), SECRET.encode()]
        call = weather.rng.choice(made)
        yield call, ask(invoke, call), number


def check(weather: Weather, call: Call, outcome: str, *, open_on_failure: bool = False) -> None:
    """A caller who is let in is good by the function's clock, and not on the denylist."""
    if outcome != "Allow":
        return
    assert call.good, call.kind
    assert call.not_before <= weather.clock() < call.expires, call.kind
    if call.revoked:
        assert open_on_failure, call.kind
        assert weather.table_fails, call.kind


def test_no_fault_lets_anybody_in_or_breaks_anything(start: Start, weather: Weather) -> None:
    invoke = start(keys=KEYS, revocation={"table": "revoked"}, required_claims=["exp", "sub"])
    made = calls(weather.rng)
    outcomes: Counter[tuple[str, str]] = Counter()
    for call, outcome, number in rounds(weather, invoke, made, REQUESTS * 7 // 10):
        check(weather, call, outcome)
        if call.kind == "good, by the new secret" and number < REQUESTS * 7 // 20:
            assert outcome != "Allow", "the secret is not the new one yet"
        outcomes[call.kind, outcome] += 1
    # It was no idle calm: every fault was met, and between the faults all worked.
    assert outcomes["good", "Allow"] > 1000
    assert outcomes["good, by the new secret", "Allow"] > 500
    assert outcomes["short-lived", "Allow"] > 50
    assert outcomes["good", "KeysUnavailable"] > 100
    assert outcomes["good", "RevocationUnavailable"] > 1000
    assert outcomes["revoked", "Unauthorized"] > 1000
    assert weather.unwritten > 1000
    assert weather.unread > 1000
    # An outage costs few fetches, and a flood of forged tokens too.
    assert weather.fetches < weather.now / 5 + 100


def test_a_denylist_that_is_open_on_failure_lets_in_the_revoked_then_alone(start: Start, weather: Weather) -> None:
    revocation = {"table": "revoked", "on_failure": "allow"}
    invoke = start(keys=KEYS, revocation=revocation, required_claims=["exp", "sub"])
    outcomes: Counter[tuple[str, str]] = Counter()
    for call, outcome, _ in rounds(weather, invoke, calls(weather.rng), REQUESTS * 2 // 10):
        check(weather, call, outcome, open_on_failure=True)
        outcomes[call.kind, outcome] += 1
    assert outcomes["revoked", "Allow"] > 50
    assert outcomes["revoked", "Unauthorized"] > 500
    assert not any(outcome == "RevocationUnavailable" for _, outcome in outcomes)


def test_where_refusals_are_denies_nothing_raises_but_what_is_down(start: Start, weather: Weather) -> None:
    invoke = start(keys=KEYS, revocation={"table": "revoked"}, on_invalid_token="deny", required_claims=["exp", "sub"])
    outcomes: Counter[str] = Counter()
    for call, outcome, _ in rounds(weather, invoke, calls(weather.rng), REQUESTS // 10):
        check(weather, call, outcome)
        outcomes[outcome] += 1
    assert set(outcomes) == {"Allow", "Deny", "KeysUnavailable", "RevocationUnavailable"}


def test_an_environment_that_starts_in_the_outage_lets_nobody_in_until_it_is_over(
    start: Start, weather: Weather
) -> None:
    weather.store_fails = True
    invoke = start(keys=KEYS)
    good = sign("good", True, SECRET, False, {})
    for _ in range(100):
        weather.now += 1
        assert ask(invoke, good) == "KeysUnavailable"
    weather.store_fails = False
    weather.now += 61
    assert ask(invoke, good) == "Allow"
    # The next environment starts in good weather, and has no memory of the outage.
    assert ask(start_handler(), good) == "Allow"


def test_old_keys_serve_for_their_grace_and_no_second_longer(start: Start, weather: Weather) -> None:
    invoke = start(keys=KEYS)
    good = sign("good", True, SECRET, False, {})
    weather.store_fails = True
    weather.rng = random.Random(0)  # noqa: S311 - to be repeated
    while weather.now < 60 + 120:
        assert ask(invoke, good) == "Allow"
        weather.now += 1
    assert ask(invoke, good) == "KeysUnavailable"


def test_the_table_is_asked_by_whoever_started_it_and_fails_by_its_own_error(
    weather: Weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    weather.table_fails = True
    denylist = Denylist(Revocation(table="revoked", allow_on_failure=False))
    for _ in range(50):
        with pytest.raises(RevocationUnavailable, match="the table revoked cannot be read"):
            denylist.check({"iss": ISSUER, "jti": "t", "sub": "s"})
