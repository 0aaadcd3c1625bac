"""What the page shows of the running stack, as JSON: each call is a real one."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.lib.local_stack import StackInfo
from scripts.lib.program import UsageError
from scripts.local_aws import stack as local
from scripts.local_aws.page.views import Views
from scripts.review_plan.check import CALLERS
from tests.local.conftest import log_lines

ROUTES = ["GET /hello", "GET /me", "PUT /me", "$connect"]
PARTS = ["client", "api", "rule", "authorizer", "backend"]


@pytest.fixture(scope="module")
def views(stack: local.Stack) -> Views:
    return Views(stack.folder)


def did(found: dict[str, Any]) -> dict[str, str]:
    """What each part of the stack did, by its state."""
    assert [each["part"] for each in found["parts"]] == PARTS
    return {each["part"]: each["state"] for each in found["parts"]}


def test_the_routes_and_callers_are_those_of_the_stack_and_of_the_file(views: Views, record: StackInfo) -> None:
    found = views.stack({})
    assert [each["route"] for each in found["routes"]] == ROUTES
    assert {each["rule"] for each in found["routes"]} == {"signed-in"}
    assert [each["name"] for each in found["callers"]] == list(json.loads(CALLERS.read_text())["callers"])
    assert found["base_url"] == record.base_url
    assert record.secret().decode() not in json.dumps(found)


@pytest.mark.parametrize("route", ROUTES)
def test_each_cell_is_what_the_route_answers_and_what_the_file_says(views: Views, route: str) -> None:
    cells = views.answers({"route": route})
    assert [cell["caller"] for cell in cells] == ["alice", "nightly-job", "yesterday", "nobody"]
    assert [cell["status"] for cell in cells][2:] == [401, 401]
    assert [cell["allowed"] for cell in cells] == [True, True, False, False]
    assert all(cell["holds"] for cell in cells)


def test_the_stage_that_fails_is_that_of_the_reason(views: Views) -> None:
    found = views.explain({"route": "PUT /me", "caller": "yesterday"})
    failing = [step for step in found["explanation"]["steps"] if step["holds"] is False]
    assert [step["stage"] for step in failing] == ["claims"]
    assert found["explanation"]["verdict"]["status"] == 401
    expires = {claim["name"]: claim for claim in found["inspection"]["claims"]}["exp"]
    assert (expires["value"], "ago" in expires["words"]) == (str(expires["time"]), True)
    stages = [step["stage"] for step in views.explain({"route": "PUT /me", "caller": "alice"})["explanation"]["steps"]]
    assert list(dict.fromkeys(stages)) == ["read", "signature", "claims", "denylist", "rule", "cache"]
    nobody = views.explain({"route": "PUT /me", "caller": "nobody"})
    assert (nobody["token"], nobody["explanation"]["steps"][0]["stage"]) == (None, "read")


@pytest.mark.parametrize("caller", ["alice", "yesterday", "nobody"])
def test_the_curl_line_gets_the_answer_of_the_cell(views: Views, caller: str) -> None:
    line = views.explain({"route": "PUT /me", "caller": caller})["curl"]
    done = subprocess.run(shlex.split(line), capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout.split()[1] == str(views.send({"route": "PUT /me", "caller": caller})["status"])


def test_a_request_shows_what_each_part_did_and_the_line_that_the_authorizer_logged(
    views: Views, record: StackInfo
) -> None:
    token = views.mint(form(sub="the page's reader"))["token"]
    first, again = (views.send({"route": "GET /hello", "token": token}) for _ in range(2))
    assert did(first) == dict.fromkeys(PARTS, "passed")
    assert [json.loads(line)["outcome"] for line in first["log"]] == ["allow"]
    # API Gateway keeps the answer.
    assert (did(again)["authorizer"], again["log"], again["status"]) == ("idle", [], 200)
    refused = views.send({"route": "GET /hello", "caller": "yesterday"})
    assert (did(refused)["authorizer"], did(refused)["backend"]) == ("stopped", "idle")
    assert [json.loads(line)["reason"] for line in refused["log"]] == ["token_expired"]
    nobody = views.send({"route": "GET /hello", "caller": "nobody"})
    assert (did(nobody)["api"], did(nobody)["authorizer"], nobody["log"]) == ("stopped", "idle", [])
    assert token not in "".join(log_lines(record, record.authorizer_log_group))


def form(**changes: str) -> dict[str, Any]:
    claims = [[name, value] for name, value in changes.items() if name not in ("expires", "issuer", "algorithm")]
    given = {"claims": claims, "expires": "1h", "issuer": "local", "audience": "api", "algorithm": "HS256"}
    return {**given, **{name: value for name, value in changes.items() if name in given}}


@pytest.mark.parametrize(
    ("changes", "status", "stage"),
    [
        ({"sub": "bob"}, 200, None),
        ({"sub": "bob", "exp": "1"}, 401, "claims"),
        ({"sub": "bob", "expires": "-1h"}, 401, "claims"),
        ({"sub": "bob", "issuer": "elsewhere"}, 401, "signature"),
        ({"sub": "bob", "algorithm": "HS512"}, 401, "signature"),
        ({}, 401, "claims"),
    ],
)
def test_a_token_of_ones_own_is_minted_explained_and_answered_alike(
    views: Views, changes: dict[str, str], status: int, stage: str | None
) -> None:
    given = {"route": "GET /hello", "token": views.mint(form(**changes))["token"]}
    (cell,) = views.answers(given)
    explanation = views.explain(given)["explanation"]
    assert (cell["status"], explanation["verdict"]["status"]) == (status, status)
    assert next((step["stage"] for step in explanation["steps"] if step["holds"] is False), None) == stage


def test_what_is_no_token_is_explained_too(views: Views) -> None:
    given = {"route": "GET /hello", "token": "Bearer nonsense"}
    assert views.inspect(given)["unreadable"]
    found = views.explain(given)
    assert next(step["stage"] for step in found["explanation"]["steps"] if step["holds"] is False) == "read"
    assert views.answers(given)[0]["status"] == 401


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"route": "GET /elsewhere", "caller": "alice"}, "write one of GET /hello"),
        ({"route": "GET http://example.com/", "caller": "alice"}, "there is no route"),
        ({"route": "GET /hello", "caller": "mallory"}, "write one of alice"),
        ({"route": "GET /hello", "token": "a\r\nHost: x"}, "no header can hold this"),
        ({"route": "GET /hello", "token": "a" * 20_000}, "no header can hold this"),
        ({"route": "GET /hello", "token": 7}, "send a text"),
        ({"caller": "alice"}, "route is missing"),
    ],
)
def test_nothing_is_called_but_a_route_of_the_stack_with_what_a_header_can_hold(
    views: Views, given: dict[str, Any], said: str
) -> None:
    for view in (views.explain, views.send):
        with pytest.raises(UsageError, match=said):
            view(given)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"algorithm": "none"}, "write one of HS256"),
        ({"expires": "soon"}, "write for example 30s"),
        ({"claims": {"sub": "alice"}}, "claims are pairs"),
    ],
)
def test_a_form_that_makes_no_token_is_refused(views: Views, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        views.mint({**form(), **changes})


def test_without_a_plan_the_page_says_how_to_make_one(stack: local.Stack) -> None:
    def missing() -> bytes:
        raise UsageError("there is no plan")

    assert Views(stack.folder, plan=missing).review({}) == {"plan": False, "write": "make plan ENV=local-next"}


def test_a_file_of_callers_that_is_changed_is_read_anew(stack: local.Stack, tmp_path: Path) -> None:
    document = json.loads(CALLERS.read_text())
    document["routes"]["GET /hello"]["answers"]["alice"] = "403"
    (tmp_path / "callers.json").write_text(json.dumps(document))
    alice = Views(stack.folder, callers=tmp_path / "callers.json").answers({"route": "GET /hello"})[0]
    assert (alice["expected"], alice["holds"], alice["status"]) == ("403", False, 200)
