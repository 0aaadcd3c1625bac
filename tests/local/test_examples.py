"""The examples, applied: the tutorials' requests to the letter, and an API that was there already."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from websockets.sync.client import connect

from scripts import ROOT
from scripts.lib.local_stack import StackInfo
from scripts.lib.program import UsageError
from scripts.local_aws import examples
from scripts.local_aws.stack import mint
from scripts.review_plan import review
from scripts.review_plan.access.changes import Status
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
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


@pytest.mark.parametrize("name", ["existing-api", "http-api", "tutorial-deny", "tutorial-unauthorized", "websocket"])
def test_a_second_plan_of_an_example_is_empty(applied: dict[str, Applied], name: str) -> None:
    assert plan_is_empty(applied[name].workspace, *applied[name].arguments)


# Each example, a line of it that somebody changes, what it becomes, and the routes that ask for more by that.
CHANGES = {
    "existing-api": ("api.tf", 'GET = "signed-in"', 'GET = "orders-write"', {"GET /orders"}),
    "http-api": ("main.tf", '"GET /hello" = "signed-in"', '"GET /hello" = "profile"', {"GET /hello"}),
    "tutorial-deny": ("main.tf", "signed-in = {}", 'signed-in = { scopes = ["hello"] }', {"GET /hello"}),
    "tutorial-unauthorized": ("main.tf", "signed-in = {}", 'signed-in = { scopes = ["me"] }', {"GET /me", "PUT /me"}),
    "websocket": ("main.tf", '["chat"]\n      type', '["chat", "talk"]\n      type', {"$connect"}),
}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_a_rule_that_is_tightened_in_an_example_goes_live(
    applied: dict[str, Applied], name: str, tmp_path: Path
) -> None:
    file, was, now, routes = CHANGES[name]
    workspace = applied[name].workspace
    place = workspace.folder / "terraform" / "examples" / name / file
    text = place.read_text()
    assert was in text
    place.write_text(text.replace(was, now))
    try:
        planned = workspace.plan("-refresh=false", *applied[name].arguments)
    finally:
        place.write_text(text)
    found = review.review_plan(document.read(planned), AllowList())
    assert {change.route.name for change in found.changes if change.status is Status.TIGHTENED} == routes
    assert found.not_allowed == ()
    assert found.findings["not_live"] == ()


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_an_example_has_a_token_and_a_url_to_try_it_by(
    applied: dict[str, Applied], record: StackInfo, name: str
) -> None:
    outputs = applied[name].outputs
    url, token = examples.url(record, outputs), examples.token(record, outputs)
    headers = {"Authorization": token if name == "tutorial-deny" else f"Bearer {token}"}
    if name == "websocket":
        with connect(url, additional_headers=headers, open_timeout=20) as socket:
            socket.send("hello")
            assert "alice" in str(socket.recv(timeout=20))
    else:
        path = {"existing-api": "/orders", "tutorial-unauthorized": "/me"}.get(name, "/hello")
        assert requests.get(url + path, headers=headers, timeout=20).status_code in (200, 404)


def test_every_example_of_a_clone_can_be_tried_and_no_other(record: StackInfo, tmp_path: Path) -> None:
    assert examples.names() == sorted(CHANGES)
    with pytest.raises(
        UsageError, match=r"NAME is 'consumer', and its modules .*: write one of existing-api, http-api"
    ):
        examples.apply(record, "consumer", tmp_path)


README = ROOT / "terraform" / "examples"
STATUS = "%{http_code}"


@pytest.mark.skipif(shutil.which("curl") is None, reason="the pages call the APIs by curl")
@pytest.mark.parametrize("name", ["existing-api", "http-api", "tutorial-unauthorized"])
def test_the_calls_of_a_page_are_answered_as_it_says(applied: dict[str, Applied], record: StackInfo, name: str) -> None:
    outputs = applied[name].outputs
    (block,) = re.findall(r"```sh\n(curl.*?)```", (README / name / "README.md").read_text(), re.DOTALL)
    lines = [re.fullmatch(r"(curl .*?) +# (?:(\d{3})\b)?.*", line) for line in block.splitlines()]
    found = [line for line in lines if line]
    assert len(found) == len(block.splitlines()) == 3
    script = "\n".join(line[1].replace("curl ", f"curl -s -o /dev/null -w '{STATUS}\\n' ", 1) for line in found)
    environment = {"PATH": os.environ["PATH"], "NO_PROXY": "*"}
    environment |= {"URL": examples.url(record, outputs), "TOKEN": examples.token(record, outputs)}
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)
    for said, status in zip(found, done.stdout.split(), strict=True):
        assert status == (said[2] or "200"), said[1]


def test_the_websocket_page_shows_what_its_calls_print(
    applied: dict[str, Applied], record: StackInfo, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = applied["websocket"].outputs
    url, page = examples.url(record, outputs), (README / "websocket" / "README.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names = {"URL": url, "TOKEN": examples.token(record, outputs)}
    exec(compile(program, "README.md", "exec"), names)  # noqa: S102  # it is ours
    assert f"# {capsys.readouterr().out}" in program
    (command, shown) = re.findall(r"```console\n\$ (.*?) +#.*\n(.*)\n```", page)[0]
    assert command == 'python -m websockets "$URL"'
    done = subprocess.run(
        [sys.executable, "-m", "websockets", url], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert shown.partition("…: ")[2] in done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("curl") is None, reason="the pages call the APIs by curl")
def test_the_first_tutorials_page_shows_what_its_calls_print(applied: dict[str, Applied]) -> None:
    (block,) = re.findall(r"```console\n(.*?)```", (README / "tutorial-deny" / "README.md").read_text(), re.DOTALL)
    lines = block.splitlines()
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    script = "\n".join(command.replace("curl ", "curl -s ", 1) + "; echo" for command in commands)
    environment = {"PATH": os.environ["PATH"], "NO_PROXY": "*", "URL": applied["tutorial-deny"].base_url}
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [line for line in lines if not line.startswith("$ ")]
