"""What the gate stops at comes with the entry that would let it open, and the file to write it into."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.review_plan import gate, review
from scripts.review_plan.access import configuration
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
from scripts.review_plan.render import markdown, terminal
from tests.review.generated import change, plan

API = {"id": "a", "name": "orders", "protocol_type": "HTTP"}
OTHER = {"id": "b", "name": "prices", "protocol_type": "HTTP"}
ROUTE = {"id": "r", "api_id": "a", "route_key": "GET /orders", "authorization_type": "AWS_IAM"}
OPEN = {**ROUTE, "authorization_type": "NONE"}


def opened(*more: object) -> bytes:
    changes = [change("aws_apigatewayv2_api.orders", API, API), change("aws_apigatewayv2_route.list", ROUTE, OPEN)]
    return plan(*changes, *more)  # type: ignore[arg-type]


UNREAD = change("aws_api_gateway_method.x", None, {"http_method": "GET", "authorization": "NONE"}, unknown={"id": True})


@pytest.mark.parametrize(
    "planned",
    [
        opened(),
        opened(change("aws_apigatewayv2_api.prices", OTHER, OTHER)),
        opened(UNREAD),
    ],
)
def test_the_entry_that_the_review_names_lets_the_route_open(planned: bytes, tmp_path: Path) -> None:
    read = document.read(planned)
    found = review.review_plan(read, AllowList())
    assert found.not_allowed
    entries = [gate.entry_to_write(each, with_api=found.several_apis) for each in found.not_allowed]
    file = tmp_path / "allow.json"
    file.write_text(f'{{"opens": [{", ".join(entries)}]}}')
    assert review.review_plan(read, gate.read(file)).not_allowed == ()


def test_the_review_says_which_entry_to_write_into_which_file(tmp_path: Path) -> None:
    file = tmp_path / "terraform" / "review-allow.json"
    file.parent.mkdir()
    file.write_text('{"opens": []}')
    found = review.review_plan(document.read(opened()), gate.read(file))
    entry = json.dumps({"route": "GET /orders", "reason": "..."})
    assert f"write into terraform/review-allow.json: {entry}" in terminal.render(found)
    assert f"> - `GET /orders`: `{entry}`\n" in markdown.render(found)
    assert "write its entry into `terraform/review-allow.json`, with a reason" in markdown.render(found)


@pytest.mark.parametrize(
    ("key", "words"),
    [("audiences", "any audience"), ("client_ids", "any client"), ("token_types", "any type")],
)
def test_a_list_that_lets_any_pass_says_so(key: str, words: str) -> None:
    whose = {"issuer": "i", "audiences": ["a"], "algorithms": ["HS256"], "keys": {}}
    before, after = ({"issuers": [{**whose, key: value}], "rules": {}} for value in (["one"], []))
    (said,) = configuration.compare_configurations(before, after).why
    text = "".join(str(getattr(piece, "text", piece)) for piece in said)
    assert text.endswith(f"one → {words}")
