"""A rotation while requests come in: nobody with a good token is refused, and nobody with a forged one is let in."""

import io
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3
import jwt
import pytest

from jwt_authorizer.errors import Unauthorized
from rotation import steps
from tests.unit.conftest import SECRET, Invoke, claims, mint

Start = Callable[..., Invoke]
NAME = "orders-hmac"
FORGED = "what a forger has in place of the secret, which is long enough for the hash"


class Clients:
    """Threads that call with old tokens, with the newest there are, and with forged ones, until they are stopped."""

    def __init__(self, invoke: Invoke, *, forgers: int) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.broken: list[Exception] = []
        # Minted before the threads start: signing is not what is tried here.
        self._tokens = {"old": [mint(jti=str(index)) for index in range(50)], "new": [mint(jti="first")]}
        self._invoke = invoke
        self._stop = threading.Event()
        kinds = ["old", "old", "new", "new"] + ["forged"] * forgers
        self._threads = [threading.Thread(target=self._call, args=(kind,)) for kind in kinds]

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def sign_with(self, secret: str) -> None:
        """From now on the newest tokens are signed with this secret."""
        self._tokens["new"] = [jwt.encode(claims(jti=f"{index}"), secret, "HS256") for index in range(50)]

    def _call(self, kind: str) -> None:
        number = 0
        forged = [mint(secret=FORGED, jti=str(index)) for index in range(50)]
        while not self._stop.is_set():
            tokens = forged if kind == "forged" else self._tokens[kind]
            number += 1
            try:
                answer = self._invoke(f"Bearer {tokens[number % len(tokens)]}")
                outcome = str(answer["policyDocument"]["Statement"][0]["Effect"])
            except Unauthorized:
                outcome = "Unauthorized"
            except Exception as error:
                self.broken.append(error)
                return
            self.outcomes[kind, outcome] += 1
            time.sleep(0)

    def check(self, *, forgers: int) -> None:
        """Every good token was let in, every forged one refused, and there were many of each."""
        assert self.broken == []
        assert {kind: outcome for kind, outcome in self.outcomes if kind != "forged"} == {
            "old": "Allow",
            "new": "Allow",
        }
        assert self.outcomes["old", "Unauthorized"] == self.outcomes["new", "Unauthorized"] == 0
        assert self.outcomes["forged", "Allow"] == 0
        assert self.outcomes["old", "Allow"] > 100
        assert self.outcomes["new", "Allow"] > 100
        assert not forgers or self.outcomes["forged", "Unauthorized"] > 100


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads so long a log."""
    monkeypatch.setattr("jwt_authorizer.telemetry.sys", SimpleNamespace(stdout=io.StringIO()))


@pytest.fixture
def client(aws: None) -> Any:
    secrets_manager = boto3.client("secretsmanager")
    secrets_manager.create_secret(Name=NAME, SecretString=SECRET)
    return secrets_manager


def current(client: Any) -> str:
    return str(client.get_secret_value(SecretId=NAME, VersionStage="AWSCURRENT")["SecretString"])


def test_a_prepared_rotation_refuses_nobody_however_many_forge(start: Start, client: Any) -> None:
    invoke = start(keys={"secret": {"secrets_manager": NAME}, "cache_seconds": 1})
    with Clients(invoke, forgers=2) as clients:
        time.sleep(0.3)
        version = str(uuid.uuid4())
        steps.create(client, NAME, version)
        time.sleep(0.3)
        clients.sign_with(SECRET)
        # One second for which the secret is kept, and one because Secrets Manager's times are in whole ones.
        time.sleep(1.7)
        assert steps.seconds_until_known(client, NAME, version, 1) == 0
        steps.check(client, NAME, version)
        steps.finish(client, NAME, version)
        assert current(client) != SECRET
        clients.sign_with(current(client))
        time.sleep(1.5)
    clients.check(forgers=2)


def test_a_value_that_somebody_just_puts_there_is_found_at_its_first_token(start: Start, client: Any) -> None:
    invoke = start(keys={"secret": {"secrets_manager": NAME}})
    with Clients(invoke, forgers=0) as clients:
        time.sleep(0.3)
        client.put_secret_value(SecretId=NAME, SecretString="put there by hand, and long enough for the hash by far")
        clients.sign_with(current(client))
        time.sleep(0.7)
    clients.check(forgers=0)
