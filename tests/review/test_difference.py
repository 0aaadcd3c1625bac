"""Differences add up: what one of several changes does for callers, all of them together do."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.review_plan.access import difference
from scripts.review_plan.access.decision import Answer, Token
from scripts.review_plan.access.difference import Difference
from scripts.review_plan.access.witness import Witness

WITNESSES = [Witness(Token({}, {"sub": name}), Answer("401"), Answer("allowed"), (name,)) for name in ("a", "b")]
texts = st.lists(st.sampled_from([("x",), ("y",), ("z",)]), max_size=3, unique=True).map(tuple)
differences = st.builds(
    Difference,
    looser=st.booleans(),
    tighter=st.booleans(),
    why=texts,
    unread=st.booleans(),
    keys=st.booleans(),
    gains=texts,
    witness=st.sampled_from([None, *WITNESSES]),
)


@given(differences, differences)
def test_what_one_change_does_both_do(one: Difference, other: Difference) -> None:
    both = one + other
    for name in ("looser", "tighter", "unread", "keys"):
        assert getattr(both, name) == any(getattr(each, name) for each in (one, other)), name


@given(differences, differences)
def test_each_reason_stands_once_in_the_order_of_the_changes(one: Difference, other: Difference) -> None:
    both = one + other
    assert both.why == tuple(dict.fromkeys([*one.why, *other.why]))
    assert both.gains == tuple(dict.fromkeys([*one.gains, *other.gains]))


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        (None, None, None),
        (WITNESSES[0], None, WITNESSES[0]),
        (None, WITNESSES[1], WITNESSES[1]),
        (WITNESSES[0], WITNESSES[1], WITNESSES[0]),
    ],
)
def test_the_first_token_that_gains_is_shown(one: Witness | None, other: Witness | None, shown: Witness | None) -> None:
    assert (Difference(witness=one) + Difference(witness=other)).witness == shown


@given(differences)
def test_nothing_added_changes_nothing(one: Difference) -> None:
    assert one + Difference() == one == Difference() + one


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Difference(), (False, False, False, False)),
        (difference.unclear(("x",)), (True, True, False, False)),
        (difference.unread(("x",)), (True, True, True, False)),
        (difference.looser(("x",)), (True, False, False, False)),
        (difference.tighter(("x",)), (False, True, False, False)),
        (difference.other_keys(("x",)), (False, False, False, True)),
    ],
)
def test_a_difference_is_looser_tighter_unread_or_of_keys_as_its_maker_says(
    found: Difference, expected: tuple[bool, ...]
) -> None:
    assert (found.looser, found.tighter, found.unread, found.keys) == expected
    assert found.why == ((("x",),) if any(expected) else ())
    assert found.is_nothing == (not any(expected))


def test_a_difference_stays_as_it_is() -> None:
    with pytest.raises(FrozenInstanceError):
        Difference().looser = True  # type: ignore[misc]
