"""The authorizer answers what the specification says, and a difference is found and made small."""

import json
from pathlib import Path

import pytest

from jwt_authorizer import claims
from tests.specification import compare, specification

SEEDS = 5
"""Seeds of a slice; `make prove` runs on from the tally."""


def test_the_specification_can_be_read_in_ten_minutes() -> None:
    lines = Path(specification.__file__).read_text().splitlines()
    assert len([line for line in lines if line.strip()]) <= 205


def test_the_specification_shares_no_code_with_the_authorizer() -> None:
    assert "jwt_authorizer" not in Path(specification.__file__).read_text()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_authorizer_answers_what_the_specification_says(seed: int) -> None:
    try:
        statuses = compare.decide(-1 - seed, compare.CHUNK)
    except compare.Difference as difference:
        pytest.fail(compare.described(compare.shrunk(difference)))
    # A comparison of refusals alone would prove little.
    assert min(statuses[200], statuses[401], statuses[403]) > compare.CHUNK / 40


def test_an_authorizer_that_forgets_a_check_is_found_and_shown_by_a_small_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "_check_audience", lambda *_: None)
    with pytest.raises(compare.Difference) as caught:
        compare.decide(0, compare.CHUNK)
    case = json.loads(compare.described(compare.shrunk(caught.value)))
    assert (case["specification"]["status"], case["authorizer"]["status"]) == (401, 200)
    assert len(case["configuration"]["issuers"]) == len(case["configuration"]["rules"]) == 1
    assert case["configuration"]["rules"][case["rule"]] == {}


def test_a_run_goes_on_where_the_last_one_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compare, "TALLY", tmp_path / "tally.json")
    monkeypatch.setattr(compare, "CHUNK", 40)
    for wanted in (80, 120):
        monkeypatch.setattr("sys.argv", ["compare", "--decisions", str(wanted)])
        assert compare.main() == 0
    runs = json.loads((tmp_path / "tally.json").read_text())["runs"]
    assert [(run["first_seed"], run["decisions"], run["differences"]) for run in runs] == [(0, 80, 0), (2, 40, 0)]
