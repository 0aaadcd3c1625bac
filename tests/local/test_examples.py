"""The examples, applied: the tutorials' requests to the letter, and an API that was there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jwt
import pytest
import requests

from scripts.lib.local_stack import StackInfo
from scripts.local_aws.stack import mint
from scripts.smoke.http import forged
from tests.local.conftest import SALT, Applied, plan_is_empty

TUTORIAL_TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJmb28iOiJiYXIifQ.9_46A6P4igXwgH4xY01wYFyBZjZCW5FOv_3tySVMC1Q"


@pytest.fixture(scope="module")
def hello(applied: dict[str, Applied]) -> str:
    return f"{applied['tutorial-deny'].base_url}/hello"


@pytest.fixture(scope="module")
def me(applied: dict[str, Applied]) -> str:
    return f"{applied['tutorial-unauthorized'].base_url}/me"


def as_user(user: str, salt: str = SALT) -> dict[str, str]:
    return {"Authorization": f"Bearer {jwt.encode({'userId': user}, salt, 'HS256')}"}


class TestTutorialDeny:
    """A refusal is an explicit Deny: 403."""

    def test_no_header(self, hello: str) -> None:
        answer = requests.get(hello, timeout=20)
        assert answer.status_code == 401
        assert answer.text == '{"message":"Unauthorized"}'

    def test_a_bad_token(self, hello: str) -> None:
        answer = requests.get(hello, headers={"Authorization": "hoge"}, timeout=20)
        assert answer.status_code == 403
        assert "explicit deny" in answer.text

    def test_the_tutorials_token(self, hello: str) -> None:
        answer = requests.get(hello, headers={"Authorization": TUTORIAL_TOKEN}, timeout=20)
        assert answer.status_code == 200
        assert answer.text == '{"context": "bar"}'


class TestTutorialUnauthorized:
    """A refusal is a 401, and everybody sees their own record alone."""

    def test_no_token(self, me: str) -> None:
        answer = requests.get(me, timeout=20)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})

    @pytest.mark.parametrize(
        "authorization",
        ["hoge", "Bearer hoge", f"Bearer {forged(jwt.encode({'userId': 'taro'}, SALT, 'HS256'))}"],
    )
    def test_a_bad_token(self, me: str, authorization: str) -> None:
        answer = requests.get(me, headers={"Authorization": authorization}, timeout=20)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})

    def test_a_token_of_another_secret(self, me: str) -> None:
        another = as_user("taro", "x" * 40)
        assert requests.get(me, headers=another, timeout=20).status_code == 401

    def test_each_user_sees_their_own_record_and_nobody_elses(self, me: str) -> None:
        records: dict[str, Any] = {"taro": {"name": "Taro"}, "hanako": {"name": "Hanako"}}
        for user, record in records.items():
            assert requests.put(me, json=record, headers=as_user(user), timeout=20).status_code == 200
        for user, record in records.items():
            assert requests.get(me, headers=as_user(user), timeout=20).json() == record
        assert requests.get(me, headers=as_user("jiro"), timeout=20).status_code == 404


@pytest.fixture(scope="module")
def orders(applied: dict[str, Applied]) -> str:
    return f"{applied['existing-api'].base_url}/orders"


@pytest.fixture(scope="module")
def holder(applied: dict[str, Applied], record: StackInfo) -> Callable[[str], dict[str, str]]:
    """Given scopes, the headers of a caller of the existing API who was granted them."""
    stack = applied["existing-api"].record(record)
    return lambda scope: {"Authorization": f"Bearer {mint(stack, {'sub': 'alice', 'scope': scope})}"}


class TestExistingApi:
    """Attached to an API that the modules did not make."""

    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer hoge"}])
    def test_without_a_good_token_nobody_passes(self, orders: str, headers: dict[str, str]) -> None:
        for method in ("GET", "POST"):
            assert requests.request(method, orders, headers=headers, timeout=20).status_code == 401

    def test_each_method_asks_for_its_own_rule(self, orders: str, holder: Callable[[str], dict[str, str]]) -> None:
        answer = requests.get(orders, headers=holder("orders:read"), timeout=20)
        assert (answer.status_code, answer.json()) == (200, {"orders": []})
        assert requests.post(orders, headers=holder("orders:read"), timeout=20).status_code == 403
        assert requests.post(orders, headers=holder("orders:write"), timeout=20).status_code == 200


# Not existing-api: the local AWS gives a stage without access logs an empty setting for them.
@pytest.mark.parametrize("name", ["http-api", "tutorial-deny", "tutorial-unauthorized", "websocket"])
def test_a_second_plan_of_an_example_is_empty(applied: dict[str, Applied], name: str) -> None:
    assert plan_is_empty(applied[name].workspace, *applied[name].arguments)
