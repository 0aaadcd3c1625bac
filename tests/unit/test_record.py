"""Records: what their annotations name, for good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwt_authorizer.record import Record


class Point(Record):
    """A record to try."""

    x: int
    y: int


class Size(Record):
    """Another with the same fields."""

    x: int
    y: int


@given(st.integers(), st.integers(), st.integers(), st.integers())
def test_records_are_equal_when_their_kind_and_all_their_fields_are(a: int, b: int, c: int, d: int) -> None:
    assert (Point(x=a, y=b) == Point(x=c, y=d)) == ((a, b) == (c, d))
    assert Point(x=a, y=b) != Size(x=a, y=b)


@given(st.integers(), st.integers(), st.integers())
def test_a_replaced_field_is_another_record_and_leaves_the_first_as_it_was(a: int, b: int, c: int) -> None:
    point = Point(x=a, y=b)
    assert point.replace(y=c) == Point(x=a, y=c)
    assert point == Point(x=a, y=b)


def test_a_record_never_changes() -> None:
    point = Point(x=1, y=2)
    with pytest.raises(AttributeError, match=r"Point\.x never changes"):
        point.x = 3  # type: ignore[misc]
    assert point.x == 1
