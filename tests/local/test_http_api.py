"""The http-api example, applied: an HTTP API that was there already, with policies and with simple responses."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from scripts.lib.local_stack import StackInfo
from scripts.local_aws.stack import mint
from scripts.smoke.http import forged
from tests.local.conftest import Applied


class Api:
    """The example's API: where it is, and who signs the tokens it accepts."""

    def __init__(self, record: StackInfo, applied: Applied) -> None:
        self.url = applied.base_url
        self._record = applied.record(record)

    def token(self, seconds: int = 3600, **claims: Any) -> str:
        """A token of Alice's with these claims."""
        return mint(self._record, {"sub": "alice", **claims}, seconds)

    def send(self, method: str, path: str, token: str | None, **more: Any) -> requests.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return requests.request(method, self.url + path, headers=headers, timeout=20, **more)


@pytest.fixture(scope="module")
def api(record: StackInfo, applied: dict[str, Applied]) -> Api:
    return Api(record, applied["http-api"])


# A policy guards the one, a simple response the other.
PATHS = ("/hello", "/me")


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_api_gateway_itself_answers_401(api: Api, path: str) -> None:
    answer = api.send("GET", path, None)
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize("path", PATHS)
def test_a_bad_token_is_refused(api: Api, path: str) -> None:
    good = api.token(scope="profile")
    bad = ["hoge", forged(good), api.token(-60), api.token(aud="elsewhere")]
    assert [api.send("GET", path, token).status_code for token in bad] == [401] * len(bad)


def test_a_policy_lets_a_good_token_in_and_claims_keep_their_types(api: Api) -> None:
    for foo in ("bar", 7, True, ["a", 1], {"deep": {"er": None}}):
        answer = api.send("GET", "/hello", api.token(foo=foo))
        assert (answer.status_code, answer.json()) == (200, {"context": foo})


def test_a_simple_response_lets_in_whoever_meets_the_rule(api: Api) -> None:
    token = api.token(scope="profile", sub="bob")
    assert api.send("GET", "/me", token).status_code == 404
    assert api.send("PUT", "/me", token, json={"team": "blue"}).status_code == 200
    assert api.send("GET", "/me", token).json() == {"team": "blue"}
    assert api.send("GET", "/me", api.token(scope="profile", sub="carol")).status_code == 404


def test_a_simple_response_refuses_whoever_does_not_by_403(api: Api) -> None:
    answer = api.send("GET", "/me", api.token())
    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
    assert api.send("GET", "/hello", api.token()).status_code == 200


def test_a_cached_answer_is_right_for_every_route_of_its_rule(api: Api) -> None:
    token = api.token(scope="profile", sub="dave")
    statuses = [api.send(method, "/me", token, json={}).status_code for method in ("GET", "PUT", "GET")]
    assert statuses == [404, 200, 200]
