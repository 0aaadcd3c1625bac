"""The page of the mutation score, and what is listed as equivalent."""

import json
from typing import Any

from scripts import ROOT
from tests.mutation import report
from tests.mutation.modules import TESTS

TALLY: dict[str, Any] = json.loads((ROOT / "tests/mutation/tally.json").read_text())


def test_the_page_says_what_the_tally_says() -> None:
    tally = {path: TALLY[path] for path in TESTS if path in TALLY}
    assert (ROOT / report.PAGE).read_text() == report.page(tally)


def test_every_module_and_every_test_that_is_named_is_there() -> None:
    assert [
        path for path in (*TESTS, *(name for names in TESTS.values() for name in names)) if not (ROOT / path).is_file()
    ] == []


def test_of_all_mutants_at_most_three_in_a_hundred_are_listed_as_equivalent() -> None:
    listed = [
        survivor
        for path, entry in TALLY.items()
        for survivor in entry["survived"]
        if report.reason(path, survivor) is not None
    ]
    assert len(listed) <= 0.03 * sum(entry["tried"] for entry in TALLY.values())


def test_every_reason_is_for_a_mutant_that_survives() -> None:
    survivors = {
        (path, survivor["before"], survivor["after"]) for path, entry in TALLY.items() for survivor in entry["survived"]
    }
    assert [key for key in report.REASONS if key not in survivors] == []


def test_a_survivor_is_open_until_it_is_listed_with_a_reason() -> None:
    survivor = {"line": 1, "before": "a < b", "after": "a <= b"}
    entry = {"mutants": 4, "tried": 4, "survived": [survivor], "date": "2026-11-26"}
    assert list(report.unexplained("a.py", entry)) == [survivor]
    page = report.page({"a.py": entry})
    assert "| `a.py` | 4 | 4 | 3 | 0 | 1 | 75.0 % | 2026-11-26 |" in page
    assert "| together | 4 | 4 | 3 | 0 | 1 | 75.0 % | 2026-11-26 |" in page
    assert "- `a.py`, line 1: `a < b` becomes `a <= b`" in page
