"""The root module, applied: what callers with and without good tokens get."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests

from scripts import explain
from scripts.lib import local_stack
from scripts.lib.local_stack import StackInfo
from scripts.local_aws.stack import ARGUMENTS, Stack, mint
from scripts.smoke import __main__ as smoke
from scripts.smoke.http import forged
from tests.local.conftest import plan_is_empty

# {"alg":"none","typ":"JWT"} and {"sub":"alice","foo":"bar"}
UNSIGNED = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbGljZSIsImZvbyI6ImJhciJ9."


class Client:
    """Calls the API as one caller, or as nobody."""

    def __init__(self, record: StackInfo, authorization: str | None) -> None:
        self._base_url = record.base_url
        self._headers = {} if authorization is None else {"Authorization": authorization}

    def send(
        self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        return requests.request(
            method, self._base_url + path, json=json, headers={**self._headers, **(headers or {})}, timeout=20
        )


@pytest.fixture(scope="module")
def token(record: StackInfo) -> str:
    return mint(record, {"sub": "alice", "foo": "bar"})


@pytest.fixture(scope="module")
def alice(record: StackInfo, token: str) -> Client:
    return Client(record, f"Bearer {token}")


@pytest.fixture(scope="module")
def bob(record: StackInfo) -> Client:
    return Client(record, f"Bearer {mint(record, {'sub': 'bob'})}")


@pytest.fixture(scope="module")
def nobody(record: StackInfo) -> Client:
    return Client(record, None)


def assert_unauthorized(answer: requests.Response) -> None:
    assert answer.status_code == 401
    assert answer.json() == {"message": "Unauthorized"}
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(("method", "path"), [("GET", "/hello"), ("GET", "/me"), ("PUT", "/me")])
def test_without_a_token_every_route_answers_401_with_a_challenge(nobody: Client, method: str, path: str) -> None:
    assert_unauthorized(nobody.send(method, path))


def test_a_good_token_gets_the_backends_answer(alice: Client) -> None:
    answer = alice.send("GET", "/hello")
    assert (answer.status_code, answer.json()) == (200, {"context": "bar"})


@pytest.mark.parametrize("scheme", ["", "bearer ", "BEARER "])
def test_the_scheme_may_be_left_out_and_written_in_any_case(record: StackInfo, token: str, scheme: str) -> None:
    assert Client(record, scheme + token).send("GET", "/hello").status_code == 200


def bad_tokens(record: StackInfo) -> Iterator[tuple[str, str]]:
    """Tokens that nobody may come in with, each with what is wrong with it."""
    alice = {"sub": "alice", "foo": "bar"}
    now = int(time.time())
    yield "forged", forged(mint(record, alice))
    yield "unsigned", UNSIGNED
    yield "expired", mint(record, alice, seconds=-3600)
    yield "not good yet", mint(record, {**alice, "nbf": now + 3600})
    yield "with no time as its expiry", mint(record, {**alice, "exp": None})
    yield "of another issuer", mint(record, {**alice, "iss": "https://elsewhere.example.com/"})
    yield "for another audience", mint(record, {**alice, "aud": "elsewhere"})
    yield "no token at all", "hoge"


def test_every_bad_token_is_answered_401_with_a_challenge(record: StackInfo) -> None:
    for fault, token in bad_tokens(record):
        answer = Client(record, f"Bearer {token}").send("GET", "/hello")
        assert answer.status_code == 401, fault
        assert_unauthorized(answer)


def test_a_token_that_expires_lets_nobody_in_any_more(record: StackInfo) -> None:
    short = Client(record, f"Bearer {mint(record, {'sub': 'alice'}, seconds=2)}")
    assert short.send("GET", "/hello").status_code == 200
    time.sleep(3)
    # The authorizer's answer is cached for longer than that: it is the backend that looks at `exp`.
    assert short.send("GET", "/hello").status_code == 401


def test_each_caller_has_a_record_of_ones_own(alice: Client, bob: Client) -> None:
    assert bob.send("GET", "/me").status_code == 404
    assert alice.send("PUT", "/me", {"colour": "green"}).status_code == 200
    assert bob.send("PUT", "/me", {"colour": "blue"}).status_code == 200
    assert alice.send("GET", "/me").json() == {"colour": "green"}
    assert bob.send("GET", "/me").json() == {"colour": "blue"}


def test_one_token_opens_every_route_of_its_rule_in_any_order(record: StackInfo) -> None:
    fresh = Client(record, f"Bearer {mint(record, {'sub': 'carol', 'foo': 'bar'})}")
    assert [fresh.send("GET", path).status_code for path in ("/hello", "/me", "/hello")] == [200, 404, 200]


def test_no_token_is_ever_logged(record: StackInfo, token: str) -> None:
    tokens = [token, *(bad for _, bad in bad_tokens(record))]
    for each in tokens:
        Client(record, f"Bearer {each}").send("GET", "/hello")
    logs = boto3.client(
        "logs",
        endpoint_url=record.endpoint_url,
        region_name=record.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    lines: dict[str, list[str]] = {}
    for group in logs.get_paginator("describe_log_groups").paginate().search("logGroups[].logGroupName"):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        lines[group] = list(pages.search("events[].message"))
    assert any("unauthorized" in line.lower() for line in lines[record.authorizer_log_group])
    everything = "\n".join(line for group in lines.values() for line in group)
    signatures = [each.rpartition(".")[2] for each in tokens if not each.endswith(".")]
    assert [secret for secret in (*tokens, *signatures) if secret in everything and secret != "hoge"] == []


def test_the_smoke_test_passes_with_a_good_token_and_fails_with_a_bad_one(record: StackInfo, token: str) -> None:
    assert smoke.main(["--url", record.base_url, "--token", token]) == 0
    assert smoke.main(["--url", record.base_url, "--token", "hoge"]) == 1


@pytest.mark.parametrize("arguments", [["--route", "GET /me"], ["--rule", "signed-in"]])
def test_a_running_stack_explains_its_decisions(
    stack: Stack, token: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "as it was")  # `explain` sets them, for a process of its own
    monkeypatch.setattr(local_stack, "FOLDER", stack.folder)
    assert explain.main(["--token", token, *arguments]) == 0
    assert "the HS256 signature verifies" in capsys.readouterr().out


def test_a_second_plan_is_empty(stack: Stack) -> None:
    process = stack.local_aws.running()
    assert process is not None
    assert plan_is_empty(stack.workspace(process), *ARGUMENTS)
