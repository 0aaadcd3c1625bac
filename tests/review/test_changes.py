"""What the review says of real plans, change by change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.review_plan import review
from scripts.review_plan.gate import AllowList, Entry
from scripts.review_plan.plan import document
from scripts.review_plan.render import json_report, markdown, sarif, terminal
from scripts.review_plan.render.json_report import plain
from scripts.review_plan.review import Review
from tests.review.changes import CHANGES

Plans = dict[str, dict[str, Any]]
SECTIONS = ("not_live", "permissions", "settings", "code", "replacements")


def reviewed(planned: Plans, name: str, *allowed: str) -> Review:
    """The review of one change, with the addresses of routes that may open."""
    entries = tuple(Entry(None, address, None, "tested") for address in allowed)
    return review.review_plan(document.read(json.dumps(planned[name]).encode()), AllowList(entries))


def said(found: Review) -> list[str]:
    """All that stands below the table, as ``section: text``."""
    return [f"{name}: {plain(found, each.text)}" for name in SECTIONS for each in found.findings[name]]


def api_of(planned: Plans, name: str) -> str:
    return next(
        str(resource["change"]["before"]["id"])
        for resource in planned[name]["resource_changes"]
        if resource["type"] == "aws_api_gateway_rest_api"
    )


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "hostile_keys"])
def test_the_table_says_which_route_changes_for_whom_and_why(planned: Plans, name: str) -> None:
    found = reviewed(planned, name)
    table = [
        (each.status.value, each.route.name, *(plain(found, text) for text in (each.before, each.after, each.why)))
        for each in found.changes
    ]
    api = api_of(planned, name)
    assert table == [tuple(cell.replace("{api}", api) for cell in row) for row in CHANGES[name].table]


@pytest.mark.parametrize("name", CHANGES)
def test_below_it_stands_what_else_matters(planned: Plans, name: str) -> None:
    found = reviewed(planned, name)
    api = api_of(planned, name)
    missing = [text for text in CHANGES[name].says if text.replace("{api}", api) not in said(found)]
    assert missing == [], "\n".join(said(found))


@pytest.mark.parametrize("name", CHANGES)
def test_the_verdict_is_one_line_that_begins_with_the_routes(planned: Plans, name: str) -> None:
    found = reviewed(planned, name)
    verdict = plain(found, found.verdict)
    assert verdict.startswith(CHANGES[name].verdict)
    assert "\n" not in verdict


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "hostile_keys"])
def test_only_routes_that_open_or_loosen_stop_the_gate(planned: Plans, name: str) -> None:
    stopped = reviewed(planned, name).not_allowed
    assert [change.route.name for change in stopped] == list(CHANGES[name].opens)
    assert reviewed(planned, name, *(change.route.address for change in stopped)).not_allowed == ()


@pytest.mark.parametrize("name", [name for name in CHANGES if CHANGES[name].hides])
def test_no_output_shows_a_secret(planned: Plans, name: str) -> None:
    found = reviewed(planned, name)
    everything = markdown.render(found) + terminal.render(found) + json_report.render(found) + sarif.render(found)
    assert [secret for secret in CHANGES[name].hides if secret in everything] == []


def test_a_plan_that_changes_nothing_has_nothing_to_say(planned: Plans) -> None:
    found = reviewed(planned, "nothing")
    assert (found.changes, said(found), found.changed_resources) == ((), [], [])
