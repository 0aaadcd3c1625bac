"""The websocket example, applied: real connections, the tokens that open them, and what comes back on them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from scripts.lib.local_stack import StackInfo
from scripts.local_aws.stack import mint
from scripts.smoke.http import forged
from tests.local.conftest import Applied, log_lines

CONNECTIONS = 500
AT_ONCE = 16
"""How many handshakes run at a time: each waits for two functions, and MiniStack starts a process for each at work."""


class Api:
    """The example's API: where it is, and who signs the tokens it accepts."""

    def __init__(self, record: StackInfo, applied: Applied) -> None:
        self.url = applied.base_url.replace("http://", "ws://")
        self.log_group = applied.outputs["authorizer_log_group"]
        self._record = applied.record(record)

    def token(self, seconds: int = 3600, **claims: Any) -> str:
        """A token of Alice's, good unless the claims say otherwise."""
        return mint(self._record, {"sub": "alice", "scope": "chat", **claims}, seconds)

    def refusal(self, token: str | None) -> int:
        """The status of the handshake with this token in a header; fails when the connection opens."""
        with pytest.raises(InvalidStatus) as refused, connect(self.url, additional_headers=bearer(token)):
            pass
        return int(refused.value.response.status_code)

    def logged_reasons(self, record: StackInfo) -> list[str | None]:
        decisions = [json.loads(line) for line in log_lines(record, self.log_group) if line.startswith("{")]
        return [decision.get("reason") for decision in decisions if decision.get("outcome") == "unauthorized"]


def bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def echo(socket: Any, text: str) -> dict[str, Any]:
    socket.send(text)
    answer: dict[str, Any] = json.loads(socket.recv(timeout=20))
    return answer


@pytest.fixture(scope="module")
def api(record: StackInfo, applied: dict[str, Applied]) -> Api:
    return Api(record, applied["websocket"])


@contextmanager
def by_header(api: Api, token: str) -> Iterator[Any]:
    with connect(api.url, additional_headers=bearer(token)) as socket:
        yield socket


@contextmanager
def by_query(api: Api, token: str) -> Iterator[Any]:
    with connect(f"{api.url}?token={token}") as socket:
        yield socket


@contextmanager
def by_subprotocol(api: Api, token: str) -> Iterator[Any]:
    # MiniStack drops the subprotocol that the backend chooses, and this client does not mind; a browser would hang up.
    # tests/unit/test_backend_websocket.py shows that it is chosen.
    with connect(api.url, subprotocols=[Subprotocol("jwt"), Subprotocol(token)]) as socket:
        yield socket


@pytest.mark.parametrize("opened", [by_header, by_query, by_subprotocol])
def test_a_good_token_opens_a_connection_from_each_of_its_places(api: Api, opened: Callable[[Api, str], Any]) -> None:
    with opened(api, api.token()) as socket:
        assert echo(socket, "hello") == {"principal": "alice", "message": "hello"}
        assert echo(socket, '{"action": "unknown"}') == {"principal": "alice", "message": '{"action": "unknown"}'}


def test_the_authorizer_refuses_the_handshake_for_what_is_no_good_token(record: StackInfo, api: Api) -> None:
    before = len(api.logged_reasons(record))
    good = api.token()
    statuses = [api.refusal(token) for token in (None, "hoge", forged(good), api.token(-60))]
    assert statuses == [401] * 4
    reasons = api.logged_reasons(record)[before:]
    assert reasons == ["token_missing", "token_malformed", "signature_invalid", "token_expired"]


def test_a_good_token_without_the_scope_is_a_403(api: Api) -> None:
    assert api.refusal(api.token(scope="")) == 403
    assert api.refusal(api.token(scope="chats")) == 403


def test_two_different_tokens_open_nothing(api: Api) -> None:
    with (
        pytest.raises(InvalidStatus),
        connect(f"{api.url}?token={api.token(sub='bob')}", additional_headers=bearer(api.token())),
    ):
        pass


def test_a_connection_is_closed_at_the_first_message_after_its_token_expired(api: Api) -> None:
    # Authorizer and backend take a token for the ten seconds of the default leeway longer.
    with by_header(api, api.token(-6)) as socket:
        assert echo(socket, "in time")["message"] == "in time"
        time.sleep(4.5)
        with pytest.raises(ConnectionClosed):
            echo(socket, "too late")


def test_of_many_connections_none_is_lost_and_none_is_crossed(api: Api) -> None:
    tokens = [api.token(sub=f"user-{number}") for number in range(CONNECTIONS)]
    answers = asyncio.run(conversations(api.url, tokens))
    assert answers == [{"principal": f"user-{number}", "message": f"from {number}"} for number in range(CONNECTIONS)]


async def conversations(url: str, tokens: list[str]) -> list[dict[str, Any]]:
    """Open a connection for each token, and when all are open say one thing on each; returns what came back."""
    gate = asyncio.Semaphore(AT_ONCE)

    async with AsyncExitStack() as stack:

        async def opened(token: str) -> ClientConnection:
            async with gate:
                connecting = connect_async(url, additional_headers=bearer(token), open_timeout=30)
                return await stack.enter_async_context(connecting)

        async def answer(number: int, socket: ClientConnection) -> dict[str, Any]:
            await socket.send(f"from {number}")
            received: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 50))
            return received

        sockets = await asyncio.gather(*(opened(token) for token in tokens))
        answers = await asyncio.gather(*(answer(number, socket) for number, socket in enumerate(sockets)))
    return list(answers)
