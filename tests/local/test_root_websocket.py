"""The root module's WebSocket API, applied: the same tokens, the same rule."""

from __future__ import annotations

import json

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from scripts.lib.local_stack import StackInfo
from scripts.local_aws.stack import mint


@pytest.fixture(scope="module")
def url(record: StackInfo) -> str:
    assert record.websocket_url is not None
    return record.websocket_url


def test_without_a_token_nobody_connects(url: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(url):
        pass
    assert refused.value.response.status_code == 401


def test_a_good_token_connects_and_its_principal_is_told(record: StackInfo, url: str) -> None:
    token = mint(record, {"sub": "alice"})
    with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        socket.send("hello")
        assert json.loads(socket.recv(timeout=20)) == {"principal": "alice", "message": "hello"}
