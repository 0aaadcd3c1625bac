"""The picture of what each route answers whom, before and after, in every output."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts import ROOT
from scripts.review_plan import __main__ as command
from scripts.review_plan import callers_file, review
from scripts.review_plan.access.decision import ALLOWED, Token, decide
from scripts.review_plan.access.witness import Side
from scripts.review_plan.callers import Caller
from scripts.review_plan.gate import AllowList
from scripts.review_plan.picture import MOST_CALLERS, NO_ROUTE
from scripts.review_plan.plan import document
from scripts.review_plan.render import json_report, markdown, sarif, svg, terminal
from scripts.review_plan.review import Review
from tests.review import doors
from tests.review.generated import change, plan
from tests.review.test_callers import BOTH, CONTRACT, ISSUER
from tests.review.witness_law import pair, side


def guarded(rule: dict[str, Any]) -> doors.State:
    return doors.ours({"r": rule}, issuers=[ISSUER])


def reviewed(before: doors.State, after: doors.State, tmp_path: Path, contract: Any = CONTRACT) -> Review:
    """The review of a change, with the callers of a file."""
    file = tmp_path / "callers.json"
    file.write_text(json.dumps(contract))
    names = sorted(before.keys() | after.keys())
    changes = [change(name, before.get(name), after.get(name)) for name in names]
    return review.review_plan(document.read(plan(*changes)), AllowList(), contract=callers_file.read(file, "dev"))


def table(found: Review) -> dict[str, dict[str, str]]:
    """Route => caller => what it is answered, as JSON has it."""
    picture = json.loads(json_report.render(found))["picture"]
    names = [caller["name"] for caller in picture["callers"]]
    return {
        f"{row['route']} of {row['api']}": {
            name: cell["after"] if not cell["changes"] else f"{cell['before']} → {cell['after']}"
            for name, cell in zip(names, row["answers"], strict=True)
        }
        for row in picture["routes"]
    }


WIDE, NARROW = guarded({}), guarded({"scopes": ["orders:read"]})


def test_the_callers_of_a_file_stand_across_and_the_witness_after_them(tmp_path: Path) -> None:
    assert table(reviewed(NARROW, WIDE, tmp_path)) == {
        "GET /orders of orders": {
            "alice": "allowed",
            "nightly-job": "403 → allowed",
            "yesterday": "401",
            "nobody": "401",
            "witness 1": "403 → allowed",
        }
    }


def test_without_a_file_the_callers_are_the_rules_and_the_witnesses() -> None:
    assert table(doors.reviewed(NARROW, WIDE)) == {
        "GET /orders of orders": {"nobody": "401", "rule r before": "allowed", "witness 1": "403 → allowed"}
    }
    assert table(doors.reviewed(WIDE, NARROW)) == {
        "GET /orders of orders": {"nobody": "401", "rule r before": "allowed → 403", "rule r after": "allowed"}
    }
    assert table(doors.reviewed(WIDE, WIDE)) == {"GET /orders of orders": {"nobody": "401", "rule r": "allowed"}}


@settings(max_examples=50, deadline=None)
@given(st.integers(min_value=0))
def test_each_cell_is_what_the_authorizer_answers(seed: int) -> None:
    before, rule_before, after, rule_after = pair(seed)
    sides = side(before, rule_before), side(after, rule_after)
    found = doors.reviewed(
        doors.ours({"r": rule_before}, issuers=before), doors.ours({"r": rule_after}, issuers=after)
    ).picture
    for column, cell in zip(found.columns[1:], found.rows[0].cells[1:], strict=True):
        assert (cell.before, cell.after) == tuple(asked(each, column.caller) for each in sides)
        assert ALLOWED in (cell.before, cell.after)


def asked(state: Side, caller: Caller) -> str:
    """The authorizer's answer; a path parameter that the caller does not name is its own."""
    claims = caller.claims or {}
    own = {name: str(claims.get(claim[0])) for name, claim in state.rule.path_equals.items()}
    return decide(state.settings, state.rule, Token(caller.header or {}, claims, {**own, **caller.path})).word


def test_a_route_that_opens_is_marked_for_each_caller(tmp_path: Path) -> None:
    opened = doors.but(NARROW, "aws_api_gateway_method.m", authorization="NONE", authorizer_id=None)
    (row,) = table(reviewed(NARROW, opened, tmp_path)).values()
    assert row == {
        "alice": "allowed",
        "nightly-job": "403 → allowed",
        "yesterday": "401 → allowed",
        "nobody": "401 → allowed",
    }


def test_a_route_that_is_new_or_gone_has_no_answer_on_the_other_side(tmp_path: Path) -> None:
    without = doors.without(NARROW, "aws_api_gateway_method.m")
    (row,) = table(reviewed(without, NARROW, tmp_path)).values()
    assert row["alice"] == f"{NO_ROUTE} → allowed"
    (row,) = table(reviewed(NARROW, without, tmp_path)).values()
    assert row["alice"] == f"allowed → {NO_ROUTE}"


def test_a_new_route_shows_what_answered_the_call_until_now(tmp_path: Path) -> None:
    proxy = {
        "aws_api_gateway_resource.p": {
            "id": "p",
            "rest_api_id": "a",
            "parent_id": "root",
            "path_part": "{proxy+}",
            "path": "/{proxy+}",
        },
        "aws_api_gateway_method.p": {
            **NARROW["aws_api_gateway_method.m"],
            "id": "mp",
            "resource_id": "p",
            "http_method": "ANY",
            "authorization": "NONE",
            "authorizer_id": None,
        },
    }
    before = {**doors.without(NARROW, "aws_api_gateway_method.m"), **proxy}
    rows = table(reviewed(before, {**NARROW, **proxy}, tmp_path))
    assert rows["GET /orders of orders"]["nobody"] == "allowed → 401"
    assert set(rows["ANY /{proxy+} of orders"].values()) == {"allowed"}


def test_the_same_route_of_two_apis_has_two_rows(tmp_path: Path) -> None:
    contract = {
        **CONTRACT,
        "apis": {"rest": {"dev": "orders"}, "http": {"dev": "shop"}},
        "routes": {
            "rest GET /orders": CONTRACT["routes"]["GET /orders"],
            "http GET /orders": CONTRACT["routes"]["GET /orders"],
        },
    }
    opened = deepcopy(BOTH)
    opened["aws_apigatewayv2_route.r"] |= {"authorization_type": "NONE", "authorizer_id": None}
    found = reviewed(BOTH, opened, tmp_path, contract)
    rows = table(found)
    assert rows["GET /orders of shop"]["nobody"].endswith("→ allowed")
    assert rows["GET /orders of orders"]["nobody"] == "401"
    assert "| `GET /orders`<br>`shop` | 🔴 **not known → allowed**" in markdown.render(found)
    assert "GET /orders  (shop)" in terminal.render(found)
    assert "GET /orders (shop)" in svg.render(found)


def test_a_bearer_of_a_token_is_no_principal_of_aws(tmp_path: Path) -> None:
    by_iam = doors.but(NARROW, "aws_api_gateway_method.m", authorization="AWS_IAM")
    (row,) = table(reviewed(NARROW, by_iam, tmp_path)).values()
    assert row["alice"] == "allowed → 403"


def test_the_comment_shows_what_changes_and_folds_the_rest(tmp_path: Path) -> None:
    found = reviewed(NARROW, WIDE, tmp_path)
    comment = markdown.render(found)
    assert "| Route | `alice` | `nightly-job` | `yesterday` | `nobody` | witness 1 |" in comment
    assert "| `GET /orders` | allowed | 🔴 **403 → allowed** | 401 | 401 | 🔴 **403 → allowed** |" in comment
    assert "- witness 1: a token without scope `orders:read`" in comment
    same = markdown.render(reviewed(WIDE, WIDE, tmp_path))
    assert "<details><summary>1 route answers each caller as before</summary>" in same
    assert "#### What each route answers whom" not in same


def test_a_terminal_has_the_cells_in_colour_and_a_pipe_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = reviewed(NARROW, WIDE, tmp_path)
    plain = terminal.render(found)
    assert "\x1b" not in plain
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = terminal.render(found)
    assert "\x1b[31m403 → allowed\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_the_svg_is_a_table_whose_changed_cells_are_filled(tmp_path: Path) -> None:
    drawn = svg.render(reviewed(NARROW, WIDE, tmp_path), "dev")
    root = ElementTree.fromstring(drawn)  # noqa: S314 - our own
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[1:6] == ["alice", "nightly-job", "yesterday", "nobody", "witness 1"]
    assert texts.count("403 → allowed") == drawn.count('fill="#ffebe9"') == 2


def test_more_callers_than_a_table_has_room_for_are_counted() -> None:
    rules = {f"r{number}": {"scopes": [f"s{number}"]} for number in range(MOST_CALLERS + 3)}
    state = doors.ours({"r": {}, **rules}, issuers=[ISSUER])
    for name in rules:
        state[f"aws_lambda_alias.{name}"] = {
            **state["aws_lambda_alias.r"],
            "id": name,
            "name": name,
            "arn": f"{doors.AUTH}:{name}",
        }
        state[f"aws_api_gateway_authorizer.{name}"] = {
            **state["aws_api_gateway_authorizer.z"],
            "id": name,
            "name": name,
            "authorizer_uri": doors.invoke(f"{doors.AUTH}:{name}"),
        }
        state[f"aws_api_gateway_resource.{name}"] = {
            **state["aws_api_gateway_resource.r"],
            "id": name,
            "path_part": name,
            "path": f"/{name}",
        }
        state[f"aws_api_gateway_method.{name}"] = {
            **state["aws_api_gateway_method.m"],
            "id": f"m{name}",
            "resource_id": name,
            "authorizer_id": name,
        }
    found = doors.reviewed(state, state)
    assert len(found.picture.columns) == MOST_CALLERS
    assert found.picture.left_out == 5
    assert "- 5 callers more, for whom a table has no room" in markdown.render(found)


def test_a_configuration_that_is_marked_sensitive_shows_no_claims() -> None:
    secret = guarded({"claims": {"tenant": ["tenant-of-nobody"]}, "scopes": ["scope-of-nobody"]})
    marks = {"aws_lambda_function.auth": {"environment": [{"variables": {"AUTHORIZER_CONFIG": True}}]}}
    found = doors.reviewed(secret, guarded({}), sensitive=marks)
    columns = json.loads(json_report.render(found))["picture"]["callers"]
    assert {column["claims"] is None for column in columns} == {True}
    for text in (markdown.render(found), terminal.render(found), json_report.render(found), svg.render(found)):
        assert "of-nobody" not in text


def test_a_file_of_callers_is_named_for_any_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    callers, planned = tmp_path / "callers.json", tmp_path / "plan.json"
    callers.write_text(json.dumps(CONTRACT))
    planned.write_bytes(plan(*(change(name, values, values) for name, values in NARROW.items())))
    given = ["--plan", str(planned), "--callers", str(callers)]
    assert command.main([*given, "--name", "dev", "--format", "json"]) == 0
    names = [caller["name"] for caller in json.loads(capsys.readouterr().out)["picture"]["callers"]]
    assert names == ["alice", "nightly-job", "yesterday", "nobody"]
    assert command.main(given) == 2
    assert "--name dev" in capsys.readouterr().err
    assert command.main([*given, "--name", "prod"]) == 2
    assert 'issuers.login says nothing of prod: write "prod"' in capsys.readouterr().err


def test_each_member_of_the_picture_is_documented(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "plan-review.md").read_text()
    picture = json.loads(json_report.render(reviewed(NARROW, WIDE, tmp_path)))["picture"]
    members = {*picture, *picture["callers"][0], *picture["routes"][0], *picture["routes"][0]["answers"][0]}
    assert not [member for member in members if f"`{member}`" not in page]


def planted(secrets: dict[str, Any]) -> bytes:
    """A loosened rule, with every secret marked in another resource, and each of them in the rule or the issuer too."""
    issuer = {**ISSUER, "audiences": ["api", secrets["audience"]], "claims": {"use": [secrets["use"]]}}
    rule = {"scopes": [secrets["scope"]], "claims": {"tenant": [secrets["tenant"], secrets["number"]]}}
    states = [
        doors.ours({"r": rule}, issuers=[{**ISSUER, "audiences": ["api"]}]),
        doors.ours({"r": {"claims": rule["claims"]}}, issuers=[issuer]),
    ]
    for state in states:
        state["aws_api_gateway_rest_api.a"] |= {"name": f"orders of {secrets['tenant']}"}
        state["aws_ssm_parameter.secret"] = {"id": "p", "value": secrets}
    changes = [
        change(
            name,
            states[0][name],
            states[1][name],
            before_sensitive={"value": True} if name.startswith("aws_ssm") else None,
            after_sensitive={"value": True} if name.startswith("aws_ssm") else None,
        )
        for name in states[0]
    ]
    return plan(*changes)


secret_texts = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=16, max_size=30)


@settings(max_examples=60, deadline=None)
@given(secret_texts, secret_texts, secret_texts, secret_texts, st.integers(2 * 10**9, 10**12))
def test_nothing_that_the_plan_marks_is_in_the_witness_or_the_picture(
    audience: str, use: str, scope: str, tenant: str, number: int
) -> None:
    secrets = {
        "audience": f"9{audience}Z",
        "use": f"8{use}Z",
        "scope": f"7{scope}Z",
        "tenant": f"6{tenant}Z",
        "number": number,
    }
    found = review.review_plan(document.read(planted(secrets)), AllowList())
    assert [change for change in found.changes if change.witness]
    renders = (markdown.render, terminal.render, json_report.render, sarif.render, svg.render)
    for text in [render(found) for render in renders]:
        assert not [value for value in secrets.values() if str(value) in text]
