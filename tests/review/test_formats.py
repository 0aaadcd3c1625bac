"""The JSON of Terraform's releases and OpenTofu's: format versions, missing members, and objects of every kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.review_plan import review
from scripts.review_plan.errors import ReviewError
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
from scripts.review_plan.render import json_report, markdown, sarif, terminal
from scripts.review_plan.review import Review
from tests.review.generated import change, plan

URL = {"id": "u", "function_name": "f", "authorization_type": "AWS_IAM"}
OPEN = {**URL, "authorization_type": "NONE"}
ADDRESS = "aws_lambda_function_url.u"


def read(whole: dict[str, Any]) -> Review:
    found = review.review_plan(document.read(json.dumps(whole).encode()), AllowList())
    for render in (markdown.render, terminal.render, json_report.render, sarif.render):
        assert render(found)
    return found


def opening() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plan(change(ADDRESS, URL, OPEN)))
    return found


def statuses(found: Review) -> list[str]:
    return [change_.status.value for change_ in found.changes]


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.1", "1.2", "1.9"])
def test_every_format_of_terraform_1_is_read(version: str) -> None:
    assert statuses(read({**opening(), "format_version": version})) == ["OPENED"]


@pytest.mark.parametrize("version", ["2.0", "", "x"])
def test_another_format_is_refused(version: str) -> None:
    with pytest.raises(ReviewError, match="reads formats 0 and 1"):
        read({**opening(), "format_version": version})


@pytest.mark.parametrize("member", ["terraform_version", "planned_values", "prior_state", "resource_drift", "checks"])
def test_a_plan_without_a_member_that_need_not_be_there_is_read(member: str) -> None:
    whole = opening()
    empty: tuple[Any, ...] = (None, [], {})
    for value in empty:
        assert statuses(read({**whole, member: value})) == ["OPENED"]
    whole.pop(member, None)
    assert statuses(read(whole)) == ["OPENED"]


@pytest.mark.parametrize("member", ["after_unknown", "before_sensitive", "after_sensitive", "replace_paths"])
def test_a_change_without_a_member_that_need_not_be_there_is_read(member: str) -> None:
    whole = opening()
    whole["resource_changes"][0]["change"].pop(member, None)
    assert statuses(read(whole)) == ["OPENED"]


def test_what_opentofu_adds_is_passed_over() -> None:
    whole = {**opening(), "terraform_version": "1.10.0", "relevant_attributes": [], "timestamp": "2026-01-01T00:00:00Z"}
    whole["resource_changes"][0]["provider_name"] = "registry.opentofu.org/hashicorp/aws"
    assert statuses(read(whole)) == ["OPENED"]


def test_a_change_that_is_deferred_cannot_be_read() -> None:
    whole = json.loads(plan())
    whole["deferred_changes"] = [{"reason": "unknown", "resource_change": opening()["resource_changes"][0]}]
    assert statuses(read(whole)) == ["UNREAD"]
    whole["deferred_changes"][0]["resource_change"]["type"] = "aws_s3_bucket"
    assert statuses(read(whole)) == []


def test_an_imported_route_is_compared_with_what_it_is_in_aws() -> None:
    whole = opening()
    whole["resource_changes"][0]["change"]["importing"] = {"id": "u"}
    assert statuses(read(whole)) == ["OPENED"]
    same = json.loads(plan(change(ADDRESS, OPEN, OPEN)))
    same["resource_changes"][0]["change"]["importing"] = {"id": "u"}
    assert statuses(read(same)) == []


def test_a_deposed_object_is_no_route_and_its_end_is_said() -> None:
    whole = json.loads(plan(change(ADDRESS, OPEN, None)))
    whole["resource_changes"][0]["deposed"] = "abcd1234"
    found = read(whole)
    assert statuses(found) == []
    assert [finding.rule_id for finding in found.findings["replacements"]] == ["deposed"]


def test_a_data_source_is_no_route() -> None:
    whole = opening()
    whole["resource_changes"][0]["mode"] = "data"
    assert statuses(read(whole)) == []


def test_a_resource_that_moved_is_the_same_route() -> None:
    whole = json.loads(plan(change("module.new.aws_lambda_function_url.u", URL, OPEN)))
    whole["resource_changes"][0]["previous_address"] = ADDRESS
    assert statuses(read(whole)) == ["OPENED"]


CASES = Path(__file__).parent / "cases"
EXPECTED: dict[str, list[tuple[str, str, bool]]] = {
    "code_by_a_qualified_arn": [],
    "default_route_of_a_body": [("OPENED", "GET /admin", True)],
    "forgotten_route": [("FORGOTTEN", "GET /admin", False)],
    "jwt_of_a_body": [("LOOSENED", "GET /orders", True)],
    "apis_by_for_each": [("NEW", "GET /orders", False), ("NEW", "GET /orders", True)],
    "policy_deleted": [("OPENED", "GET /orders", True)],
    "quick_create": [("NEW", "$default", True)],
    "wrong_authorizer": [("NEW", "GET /mine", True), ("NEW", "GET /theirs", True)],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_plan_of_other_people_s_terraform_is_told_as_an_expert_tells_it(name: str) -> None:
    found = read(json.loads((CASES / f"{name}.json").read_text()))
    assert sorted((each.status.value, each.route.name, each.opens) for each in found.changes) == EXPECTED[name]
