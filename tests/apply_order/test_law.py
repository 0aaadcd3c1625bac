"""The law, and the changes it is held against."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tests.apply_order import changes, law
from tests.apply_order.changes import Change, merge, patched
from tests.apply_order.expectation import left_behind, third_states
from tests.apply_order.probes import CALLERS, Outcome, Probe

REACHED, REFUSED, FAILED = Outcome.REACHED, Outcome.REFUSED, Outcome.FAILED
PROBE = Probe("rest", "GET", "/hello", "alice")


@pytest.mark.parametrize(
    ("before", "after", "now"), list(product([REACHED, REFUSED], [REACHED, REFUSED], list(Outcome)))
)
def test_a_state_holds_where_each_request_fares_as_before_or_as_after(
    before: Outcome, after: Outcome, now: Outcome
) -> None:
    found = law.violations({PROBE: before}, {PROBE: after}, {PROBE: now})
    assert (found == []) == (now in (before, after))


@pytest.mark.parametrize(
    ("ends", "now", "violation"),
    [(REFUSED, REACHED, "opened"), (REACHED, REFUSED, "lost"), (REACHED, FAILED, "failed"), (FAILED, FAILED, "failed")],
)
def test_a_violation_says_what_it_is_and_of_which_request(ends: Outcome, now: Outcome, violation: str) -> None:
    assert law.violations({PROBE: ends}, {PROBE: ends}, {PROBE: now}) == [f"{violation}: rest GET /hello by alice"]


def test_a_merge_patch_changes_and_removes_what_it_names() -> None:
    assert patched({"a": {"b": 1, "c": 2}, "d": [3]}, {"a": {"b": None, "e": 4}, "d": []}) == {
        "a": {"c": 2, "e": 4},
        "d": [],
    }


def test_two_patches_make_one_that_does_what_both_do() -> None:
    one, two = {"a": {"b": None}}, {"a": {"c": 2}, "d": None}
    start = {"a": {"b": 1}, "d": 3}
    assert patched(start, merge(one, two)) == patched(patched(start, one), two) == {"a": {"c": 2}}


def test_at_least_thirty_changes_are_proved_and_each_changes_something() -> None:
    singles = changes.singles()
    assert len(singles) >= 30
    for change in singles.values():
        start = patched(changes.base(), change.before)
        assert patched(start, change.after) != start, change.name


def test_every_request_is_sent_by_a_known_caller() -> None:
    known = {*CALLERS, "nobody", "forger", "browser", "kept"}
    for change in changes.singles().values():
        assert {probe.caller.partition(" in ")[0] for probe in change.probes} <= known, change.name


def test_changes_of_one_and_the_same_value_make_no_pair() -> None:
    def change(name: str, patch: object) -> Change:
        return Change(name, {}, {"a": patch}, ())

    one, inner, beside = change("one", {"b": 1}), change("inner", {"b": {"c": 2}}), change("beside", {"d": 3})
    assert one.touches(inner)
    assert inner.touches(one)
    assert not one.touches(beside)


def test_a_third_state_is_allowed_only_where_it_is_known() -> None:
    ends = {PROBE: REFUSED}
    also = {PROBE: frozenset({REACHED})}
    assert law.violations(ends, ends, {PROBE: REACHED}, also) == []
    assert law.violations(ends, ends, {PROBE: FAILED}, also) == ["failed: rest GET /hello by alice"]


def test_no_single_change_has_a_third_state() -> None:
    assert [change.name for change in changes.singles().values() if third_states(change)] == []


def test_the_pairs_with_a_third_state_are_named_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "upgrading.md").read_text()
    found = {pair.name for pair in changes.pairs().values() if third_states(pair)}
    assert {name for name in changes.pairs() if f"`{name}`" in page} == found


def test_a_removed_route_may_be_served_as_before_and_fail_only_where_its_rule_is_gone() -> None:
    singles = changes.singles()
    assert left_behind(singles["route removed"]) == {Probe("rest", "GET", "/me", "alice"): frozenset({REACHED})}
    assert left_behind(singles["rule removed with its route"]) == {
        Probe("rest", "GET", "/report", "alice"): frozenset({REFUSED, FAILED}),
        Probe("rest", "GET", "/report", "reader"): frozenset({REACHED, FAILED}),
    }


def test_only_a_removed_route_or_preflight_is_left_behind() -> None:
    found = {name for name, change in changes.singles().items() if left_behind(change)}
    assert found == {"cors off", "route removed", "rule removed with its route"}
