"""The file of callers is held against a plan, and every mistake in it is named by its place."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from scripts.review_plan import callers_file, check
from scripts.review_plan.errors import ReviewError
from tests.review import doors
from tests.review.generated import change, plan

CONTRACT: dict[str, Any] = {
    "issuers": {"login": {"dev": {"iss": "https://i.example.com/", "aud": "api"}}},
    "callers": {
        "alice": {"issuer": "login", "claims": {"sub": "alice", "scope": "orders:read"}},
        "nightly-job": {"issuer": "login", "claims": {"sub": "nightly-job"}},
        "yesterday": {
            "issuer": "login",
            "claims": {"sub": "alice", "scope": "orders:read"},
            "expires_in_seconds": -86400,
        },
        "nobody": {},
    },
    "routes": {
        "GET /orders": {"answers": {"alice": "allowed", "nightly-job": "403", "yesterday": "401", "nobody": "401"}}
    },
}
ISSUER = {
    "issuer": "https://i.example.com/",
    "audiences": ["api"],
    "algorithms": ["RS256"],
    "keys": {"discovery": True},
}
ANSWERS = CONTRACT["routes"]["GET /orders"]
GUARDED = doors.ours({"r": {"scopes": ["orders:read"]}}, issuers=[ISSUER])


def run(tmp_path: Path, state: Any, contract: Any = CONTRACT) -> int:
    file, planned = tmp_path / "callers.json", tmp_path / "plan.json"
    file.write_text(contract if isinstance(contract, str) else json.dumps(contract))
    planned.write_bytes(plan(*(change(name, values, values) for name, values in state.items())))
    return check.main(["--plan", str(planned), "--name", "dev", "--callers", str(file)])


def test_a_plan_that_answers_as_the_file_says_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, GUARDED) == 0
    assert "4 answers" in capsys.readouterr().out


def test_opening_a_route_fails_and_names_the_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened = deepcopy(GUARDED)
    opened["aws_api_gateway_method.m"] |= {"authorization": "NONE", "authorizer_id": None}
    assert run(tmp_path, opened) == 1
    said = capsys.readouterr().out
    assert "GET /orders: nobody: 401 is expected, and it is allowed" in said
    assert "GET /orders: nightly-job: 403 is expected, and it is allowed" in said


def test_a_route_without_an_expectation_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, GUARDED, {**CONTRACT, "routes": {}}) == 1
    assert "GET /orders has no expectation" in capsys.readouterr().out


def test_an_unknown_route_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    routes = {**CONTRACT["routes"], "GET /order": CONTRACT["routes"]["GET /orders"]}
    assert run(tmp_path, GUARDED, {**CONTRACT, "routes": routes}) == 1
    assert "GET /order is in the file and is no route" in capsys.readouterr().out


def test_a_public_route_that_is_guarded_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, GUARDED, {**CONTRACT, "routes": {"GET /orders": {"public": "All may read."}}}) == 1
    assert "guarded in the plan" in capsys.readouterr().out


def test_a_lock_of_somebody_else_is_not_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, doors.rest()) == 1
    assert "and it is not known" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda d: d["routes"]["GET /orders"]["answers"].update(bob="401"), "answers names bob: write one of alice"),
        (lambda d: d["routes"]["GET /orders"]["answers"].update(alice="200"), 'alice is "200": write one of allowed'),
        (lambda d: d["routes"]["GET /orders"]["answers"].pop("alice"), "says nothing of alice"),
        (lambda d: d["callers"]["alice"].update(claims=["sub"]), "callers.alice.claims are no claims: write an object"),
        (lambda d: d["callers"]["alice"].update(issuer="x"), 'callers.alice.issuer is "x": write one of login'),
        (lambda d: d["callers"]["alice"].update(claim={}), "callers.alice has the unknown keys claim"),
        (lambda d: d["callers"]["alice"].update(expires_in_seconds="1h"), "write a whole number"),
        (lambda d: d["issuers"].update(login={}), "issuers.login says nothing of dev"),
        (lambda d: d["routes"].update({"GET /x": {}}), "routes.GET /x should have one of answers and public"),
        (lambda d: d["routes"].update({"GET /x": {"public": " "}}), "gives no reason"),
        (lambda d: d.update(callers=[]), "callers should be an object"),
        (lambda d: d["routes"]["GET /orders"].update(safe="yes"), 'GET /orders.safe is "yes": write true where'),
        (lambda d: d["routes"]["GET /orders"].update(path={"id": "7"}), "path names id, which is not in GET /orders"),
        (lambda d: d["routes"].update({"GET /x/{id}": ANSWERS}), 'says nothing of id: write "path": {"id": "7"}'),
        (lambda d: d["routes"].update({"GET /x/{id}": {**ANSWERS, "path": {"id": 7}}}), "path.id is 7: write a text"),
        (lambda d: d["routes"].update({"shop GET /x": ANSWERS}), "is of the API shop, which apis does not name"),
        (lambda d: d.update(apis={"shop": {}}, routes={"shop GET /x": ANSWERS}), "apis.shop says nothing of dev"),
        (lambda d: d["routes"].update({"GET /x": {**ANSWERS, "environments": "dev"}}), "is no list of names"),
        (lambda d: d["routes"].update({"GET /x": {**ANSWERS, "answer": {}}}), "routes.GET /x has the unknown keys"),
    ],
)
def test_a_mistake_in_the_file_is_named_by_its_place(tmp_path: Path, edit: Any, said: str) -> None:
    document = deepcopy(CONTRACT)
    edit(document)
    file = tmp_path / "callers.json"
    file.write_text(json.dumps(document))
    with pytest.raises(ReviewError) as error:
        callers_file.read(file, "dev")
    assert said in str(error.value)


def test_an_expectation_that_is_there_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps(CONTRACT).replace('"nobody": "401"', '"nobody": "401", "nobody": "allowed"')
    assert run(tmp_path, GUARDED, text) == 2
    assert "routes.GET /orders.answers.nobody is there twice: keep one of them" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"callers": NaN}', "[" * 100_000])
def test_a_file_that_is_no_contract_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert run(tmp_path, GUARDED, text) == 2
    assert "callers.json" in capsys.readouterr().err


def test_a_file_that_is_not_there_and_a_plan_of_no_environment_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.main(["--plan", "x", "--name", "dev", "--callers", str(tmp_path / "none.json")]) == 2
    assert "is not there" in capsys.readouterr().err
    assert check.main(["--plan", "x"]) == 2
    assert "--name dev" in capsys.readouterr().err


HTTP = doors.http(authorization_type="CUSTOM", authorizer_id="other", authorization_scopes=[])
BOTH = GUARDED | HTTP
"""``GET /orders`` in a REST API named ``orders``, and in an HTTP API named ``shop``."""


def test_a_route_of_several_apis_has_to_name_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, BOTH) == 1
    assert "GET /orders is a route of orders and shop: write apis" in capsys.readouterr().out


def test_the_same_route_of_two_apis_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contract = {
        **CONTRACT,
        "apis": {"rest": {"dev": "orders"}, "http": {"dev": "shop"}},
        "routes": {"rest GET /orders": ANSWERS, "http GET /orders": {"public": "Anybody may look."}},
    }
    opened = deepcopy(BOTH)
    opened["aws_apigatewayv2_route.r"] |= {"authorization_type": "NONE", "authorizer_id": None}
    assert run(tmp_path, opened, contract) == 0
    assert run(tmp_path, BOTH, contract) == 1
    assert "GET /orders of shop is public in the file and guarded" in capsys.readouterr().out


def test_a_route_with_its_api_and_without_is_there_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    routes = {"rest GET /orders": ANSWERS, "GET /orders": ANSWERS}
    contract = {**CONTRACT, "apis": {"rest": {"dev": "orders"}}, "routes": routes}
    assert run(tmp_path, GUARDED, contract) == 1
    assert "GET /orders is in the file twice, with its API and without" in capsys.readouterr().out


@pytest.mark.parametrize("environment", ["local", "local-next", "dev", "prod"])
def test_the_repositorys_own_file_can_be_read_for_each_environment(environment: str) -> None:
    assert {"GET /hello", "GET /me", "PUT /me"} <= callers_file.read(check.CALLERS, environment).routes.keys()
