"""The record: what a result is good for, and what becomes of it when the code changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.apply_order import planned
from tests.apply_order.changes import singles
from tests.apply_order.proof import Result
from tests.apply_order.record import STOPPED, Code, Record

WANTED = [("rule added", 1), ("rule added", STOPPED), ("rule added", 3)]
NOW = Code("proof", "terraform")
LATER = Code("proof", "another terraform")
CHANGE = singles()["rule added"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "record.json"


def noted(file: Path, seed: int = 1, code: Code = NOW, **more: Any) -> Record:
    record = Record(file, code)
    record.add(Result("rule added", seed, "plan", **more), WANTED)
    return record


def test_a_result_is_known_to_the_next_run(file: Path) -> None:
    noted(file)
    assert Record(file, NOW).has("rule added", 1)
    assert not Record(file, NOW).has("rule added", 3)


def test_the_only_order_stands_for_every_other_but_the_one_that_is_stopped(file: Path) -> None:
    record = noted(file, only_order=True)
    assert record.has("rule added", 3)
    assert not record.has("rule added", STOPPED)


def test_the_file_says_what_was_not_run(file: Path) -> None:
    noted(file)
    document = json.loads(file.read_text())
    assert document["not_run"] == {"rule added": [STOPPED, 3]}
    assert (document["held"], document["violated"], document["of_other_modules"]) == (1, 0, 0)


def test_a_result_of_another_proof_is_dropped(file: Path) -> None:
    noted(file, code=Code("another proof", "terraform"))
    noted(file, seed=3)
    assert [result["seed"] for result in json.loads(file.read_text())["results"]] == [3]


def test_a_result_of_other_modules_is_good_again_when_its_plan_is_the_same(file: Path) -> None:
    noted(file)
    record = Record(file, LATER)
    assert not record.has("rule added", 1)
    record.renew("rule added", "plan", WANTED)
    assert record.has("rule added", 1)
    assert Record(file, LATER).has("rule added", 1)


def test_a_result_of_another_plan_is_dropped(file: Path) -> None:
    noted(file)
    Record(file, LATER).renew("rule added", "another plan", WANTED)
    assert json.loads(file.read_text())["results"] == []


def test_the_file_counts_apart_what_was_seen_of_other_modules(file: Path) -> None:
    noted(file)
    noted(file, seed=3, code=LATER, violations=["failed: rest GET /hello by alice"])
    document = json.loads(file.read_text())
    assert (document["held"], document["violated"], document["of_other_modules"]) == (0, 1, 1)


def test_two_processes_keep_what_the_other_noted(file: Path) -> None:
    one, other = Record(file, NOW), Record(file, NOW)
    one.add(Result("rule added", 1), WANTED)
    other.add(Result("rule added", 3), WANTED)
    assert Record(file, NOW).has("rule added", 1)


def test_the_record_in_the_repository_can_be_read() -> None:
    assert Record().violated() == []


# The hash of what Terraform does


def plan(api: str = "0fee5816", **more: Any) -> dict[str, Any]:
    """A plan that makes a route of an API that is there."""
    return {
        "resource_changes": [
            resource("aws_api.this", "no-op", {"id": api}),
            resource("aws_route.this", "create", {"api": api, **more}),
            resource("aws_stage.this", "update", {"api": api}),
        ]
    }


def resource(address: str, action: str, after: dict[str, Any]) -> dict[str, Any]:
    return {"address": address, "change": {"actions": [action], "before": None, "after": after}}


GRAPH = (
    '\t\t"[root] aws_stage.this" -> "[root] aws_stage.this (expand)"',
    '\t\t"[root] aws_stage.this (expand)" -> "[root] aws_route.this"',
)


def test_the_ids_that_aws_chooses_do_not_count() -> None:
    assert planned.key(CHANGE, plan("0fee5816"), GRAPH) == planned.key(CHANGE, plan("fd55699e"), GRAPH)


def test_what_happened_in_the_same_second_does_not_count() -> None:
    same, other = (
        plan(created=["2026-01-01T00:00:00Z", time]) for time in ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z")
    )
    assert planned.key(CHANGE, same, GRAPH) == planned.key(CHANGE, other, GRAPH)


def test_what_an_id_refers_to_counts() -> None:
    other = plan()
    other["resource_changes"][1]["change"]["after"]["api"] = "fd55699e"
    assert planned.key(CHANGE, plan(), GRAPH) != planned.key(CHANGE, other, GRAPH)


def test_the_code_of_a_function_does_not_count() -> None:
    one, other = (plan(code_sha256=code, memory_size=1) for code in ("one", "other"))
    assert planned.key(CHANGE, one, GRAPH) == planned.key(CHANGE, other, GRAPH)


@pytest.mark.parametrize(
    "other",
    [
        plan(memory_size=1),
        {"resource_changes": plan()["resource_changes"][:2]},
    ],
    ids=["a value", "a resource"],
)
def test_every_other_value_counts(other: dict[str, Any]) -> None:
    assert planned.key(CHANGE, plan(), GRAPH) != planned.key(CHANGE, other, GRAPH)


def test_an_order_counts_and_what_lies_between_does_not() -> None:
    short = ('"[root] aws_stage.this" -> "[root] aws_route.this"',)
    assert planned.key(CHANGE, plan(), GRAPH) == planned.key(CHANGE, plan(), short)
    assert planned.key(CHANGE, plan(), GRAPH) != planned.key(CHANGE, plan(), GRAPH[:1])


def test_what_is_expected_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    as_it_is = planned.key(CHANGE, plan(), GRAPH)
    monkeypatch.setattr(planned, "left_behind", lambda change: {probe: {"failed"} for probe in change.probes})
    assert planned.key(CHANGE, plan(), GRAPH) != as_it_is


def test_the_requests_count() -> None:
    assert planned.key(CHANGE, plan(), GRAPH) != planned.key(singles()["rule removed"], plan(), GRAPH)
