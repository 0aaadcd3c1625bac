"""Large plans: the time a review takes, and the size of its comment."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.review_plan import review
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
from scripts.review_plan.render import json_report, markdown, sarif, terminal
from scripts.review_plan.render.truncate import LIMIT, Section, fit
from tests.review import generated

SECONDS = 3


def test_a_plan_of_2000_resources_is_reviewed_in_under_3_seconds() -> None:
    data = generated.large(2002)
    took = []
    for _ in range(3):
        began = time.process_time()
        found = review.review_plan(document.read(data), AllowList())
        for render in (markdown.render, terminal.render, json_report.render, sarif.render):
            render(found)
        took.append(time.process_time() - began)
    assert len(found.plan.resources) >= 2000
    assert min(took) < SECONDS


def test_a_comment_that_is_too_long_loses_the_least_important_first_and_says_so() -> None:
    found = review.review_plan(document.read(generated.large(4002)), AllowList())
    comment = markdown.render(found)
    assert len(comment.encode()) <= LIMIT
    assert "500 routes become public" in comment
    assert "_Full diff: left out, because a comment holds no more._" in comment
    assert "_All routes: left out, because a comment holds no more._" in comment
    assert "_Routes that change: the last " in comment
    assert comment.rstrip().endswith("</sub>")


@pytest.mark.parametrize("limit", [3000, 5000, 20_000, LIMIT])
def test_a_comment_never_passes_the_limit(limit: int) -> None:
    found = review.review_plan(document.read(generated.large(402)), AllowList())
    assert len(markdown.render(found, limit=limit).encode()) <= limit


def test_one_endless_value_does_not_fill_the_comment() -> None:
    value = "é" * 200_000
    note = generated.change("terraform_data.note", {"input": "x"}, {"input": value}, key=value)
    comment = markdown.render(review.review_plan(document.read(generated.plan(note)), AllowList()))
    assert len(comment.encode()) < 5000


sections = st.lists(
    st.builds(
        Section,
        importance=st.integers(0, 100),
        head=st.text(max_size=20),
        items=st.lists(st.text(max_size=30), min_size=1, max_size=20).map(tuple),
        tail=st.text(max_size=10),
        name=st.just("Part"),
        indivisible=st.booleans(),
    ),
    max_size=6,
)


@settings(deadline=None)
@given(sections, st.integers(0, 2000))
def test_what_is_shortened_fits(parts: list[Section], limit: int) -> None:
    assert len(fit(parts, limit).encode()) <= limit


@settings(deadline=None)
@given(sections)
def test_what_fits_is_not_shortened(parts: list[Section]) -> None:
    whole = "".join(part.text for part in parts)
    assert fit(parts, len(whole.encode())) == whole
