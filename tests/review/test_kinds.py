"""Other people's API Gateway Terraform: what the review says of a change is what an expert says."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.review_plan.__main__ import main
from tests.review import kind_plans
from tests.review.kind_plans import Change

CHANGES = kind_plans.read()
Routes = list[tuple[str, ...]]


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The plan of every change, made once."""
    return kind_plans.make(tmp_path_factory.mktemp("kinds"), CHANGES)


def review(plan: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, Routes]:
    """The review's exit code, and the routes that change: status, route and API."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(plan)))
    code = main(["--plan", "-", "--format", "json"])
    routes = json.loads(capsys.readouterr().out)["routes"]
    return code, sorted((route["status"], route["route"], route["api"]) for route in routes)


def expected(change: Change, said: Routes) -> Routes:
    """The statuses that an expert gives; a route without an API takes the API that the review names."""
    apis = {route: api for _, route, api in said}
    pairs = [(status, *route.split(" @ ")) for route, status in change.routes.items()]
    return sorted((status, route, *(api or [apis.get(route, "")])) for status, route, *api in pairs)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.id)
def test_the_review_says_what_an_expert_says(
    plans: dict[str, bytes], change: Change, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = review(plans[change.id], capsys, monkeypatch)
    assert (code, said) == (change.exit, expected(change, said)), change.because


def test_there_are_many_kinds_and_each_has_harmless_changes_and_a_create_plan() -> None:
    kinds = {change.kind for change in CHANGES}
    assert len(kinds) >= 15
    assert {change.kind for change in CHANGES if change.is_create} == kinds
    assert {change.kind for change in CHANGES if not change.is_create and change.exit == 0} == kinds
    assert {change.kind for change in CHANGES if change.exit == 3} == kinds


def test_the_kinds_change_nothing_from_their_state(tmp_path: Path) -> None:
    if os.environ.get("REGENERATE"):
        kind_plans.settle(tmp_path)
    folder = tmp_path / "kinds"
    folder.mkdir()
    unchanged = [dataclasses.replace(change, edits=(), is_create=False) for change in CHANGES if change.is_create]
    plans = kind_plans.make(folder, unchanged)
    changing = {name: entries for name, plan in plans.items() if (entries := list(changes(plan)))}
    assert changing == {}, f"the state is old: REGENERATE=1 .venv/bin/python -m pytest {Path(__file__).name}"


def changes(plan: bytes) -> Iterator[str]:
    """The addresses of the resources that a plan changes."""
    for entry in json.loads(plan)["resource_changes"]:
        if entry["mode"] == "managed" and entry["change"]["actions"] != ["no-op"]:
            yield entry["address"]
