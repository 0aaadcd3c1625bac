"""How a request and its answer are shown."""

from __future__ import annotations

from scripts.local_aws.demo import transcript
from scripts.smoke.http import Answer, Check

TOKEN = "aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl"


def test_a_request_is_shown_with_its_answer_and_without_the_signature() -> None:
    check = Check("good token", f"Bearer {TOKEN}", (200,), receive={"context": "bar"})
    answer = Answer(200, {"content-type": "application/json", "date": "today"}, '{"context": "bar"}')
    assert transcript(check, answer) == [
        "Good token",
        "  GET /hello",
        "  authorization: Bearer aGVhZGVy.cGF5bG9hZA.<signature>",
        "",
        "    200 OK",
        "    content-type: application/json",
        "",
        '    {"context": "bar"}',
        "",
        "  ✓ good token, GET /hello: 200 OK",
    ]


def test_what_is_sent_is_shown_too() -> None:
    check = Check("write", None, (200,), method="PUT", path="/me", send={"a": 1})
    assert '  {"a": 1}' in transcript(check, Answer(200, {}, "{}"))


def test_an_answer_that_is_not_as_expected_says_so() -> None:
    check = Check("good token", f"Bearer {TOKEN}", (200,), receive={"context": "bar"})
    last = transcript(check, Answer(200, {}, "<html>"))[-1]
    assert last == '  ✗ good token, GET /hello: expected the body {"context": "bar"}'
