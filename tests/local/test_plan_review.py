"""The plan review of the local stack's change, as a newcomer runs it."""

from __future__ import annotations

import json
from pathlib import Path

from scripts import ROOT
from scripts.operate import environment
from scripts.review_plan import __main__ as review


def test_the_change_to_local_next_is_planned_without_an_account_and_its_open_route_stops_the_gate(
    tmp_path: Path,
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
