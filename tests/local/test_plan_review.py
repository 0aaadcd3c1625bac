"""The plan review of the local stack's change, as a newcomer runs it, and its check against the file of callers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts import ROOT
from scripts.local_aws.page.views import Views
from scripts.operate import environment
from scripts.review_plan import __main__ as review
from scripts.review_plan import check
from scripts.review_plan.render import svg
from tests.local import plan_review_page


def test_the_change_to_local_next_is_planned_without_an_account_and_its_open_route_stops_the_gate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert environment.main(["plan", "local-next"]) == 0
    plan = ROOT / "build" / "local-next.plan.json"
    assert review.main(["--plan", str(plan), "--output", str(tmp_path)]) == 3
    found = json.loads((tmp_path / "review.json").read_text())
    routes = {each["route"]: each for each in found["routes"]}
    assert (routes["GET /hello"]["status"], routes["GET /hello"]["after"]) == ("OPENED", "public")
    assert routes["PUT /me"]["after"].startswith("rule editors:")
    assert (routes["GET /me/{address}"]["status"], routes["GET /me/{address}"]["opens"]) == ("NEW", False)
    assert found["not_live"] == []
    assert [each["lets_in"] for each in found["routes"] if each["opens"]] == [
        "lets in anybody",
        "lets in, for instance: audience mobile",
        "lets in, for instance: audience mobile, with scope profile:write",
        "lets in, for instance: audience mobile",
    ]
    capsys.readouterr()
    assert check.main(["--plan", str(plan), "--name", "local-next"]) == 1
    said = capsys.readouterr().out
    assert "GET /hello: nobody: 401 is expected, and it is allowed" in said
    assert "GET /me/{address} has no expectation" in said
    _page_shows_it(plan.read_bytes())
    (hello,) = (row for row in Views(tmp_path).review({})["picture"]["routes"] if row["route"] == "GET /hello")
    assert [cell["opens"] for cell in hello["answers"]][:4] == [False, False, True, True]


def _page_shows_it(plan: bytes) -> None:
    shown = plan_review_page.reviewed(plan)
    command = "make plan ENV=local-next && .venv/bin/python -m tests.local.plan_review_page"
    page = plan_review_page.access(plan_review_page.written())
    assert page == plan_review_page.access(plan_review_page.comment(shown)), command
    assert plan_review_page.DRAWING.read_text() == svg.render(shown, plan_review_page.NAME), command
