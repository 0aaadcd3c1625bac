"""Text of strangers: whatever a plan holds, the outputs show it and it does nothing."""

from __future__ import annotations

import html
import json
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.review_plan import review
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
from scripts.review_plan.render import json_report, markdown, sarif, svg, terminal
from scripts.review_plan.render.escaping import code, fence, mermaid
from scripts.review_plan.review import Review
from scripts.review_plan.text import visible
from tests.review import generated
from tests.review.changes import HOSTILE

SPECIAL = "`|<>&@#\\\n\r\t\x1b\u202e\u2066\u200b\ufeff*_[]()!~$:{}\"'-"
hostile = st.text(st.characters() | st.sampled_from(SPECIAL), max_size=60) | st.sampled_from(HOSTILE)
CODE = re.compile(r"`[^`|\n]*`|<code>[^<`|\n]*</code>")


def hidden_characters(text: str) -> set[str]:
    """The characters that cannot be seen or that move others, line breaks aside."""
    return {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char != "\n"}


@settings(deadline=None)
@given(hostile)
def test_a_value_in_markdown_is_one_piece_of_code_that_nothing_closes(value: str) -> None:
    assert CODE.fullmatch(code(value))


@settings(deadline=None)
@given(hostile)
def test_a_value_in_markdown_can_be_read_back(value: str) -> None:
    written = code(value)
    if not value.strip():
        return
    inner = written[1:-1] if written.startswith("`") else html.unescape(written[6:-7])
    assert inner == visible(value)


@settings(deadline=None)
@given(hostile)
def test_what_is_shown_is_on_one_line_and_holds_nothing_unseen(value: str) -> None:
    assert hidden_characters(visible(value)) == set()
    assert "\n" not in visible(value)


@settings(deadline=None)
@given(hostile)
def test_a_fence_is_longer_than_any_run_inside(content: str) -> None:
    assert fence(content) not in content
    assert len(fence(content)) >= 3


@settings(deadline=None)
@given(hostile)
def test_a_label_in_the_picture_holds_nothing_that_mermaid_reads(value: str) -> None:
    assert re.fullmatch(r"(?:[A-Za-z0-9 /.…-]|#[0-9]+;)*", mermaid(value))


def all_outputs(found: Review) -> dict[str, str]:
    return {
        "markdown": markdown.render(found, "dev", "make plan review"),
        "terminal": terminal.render(found, "dev", "make plan review"),
        "json": json_report.render(found),
        "sarif": sarif.render(found),
        "svg": svg.render(found, "dev"),
    }


def plan_with(value: str) -> Review:
    """A plan in which a stranger's text stands wherever one can."""
    api = {"id": "api", "name": value, "root_resource_id": "root"}
    resource = {"id": "r", "rest_api_id": "api", "parent_id": "root", "path_part": value, "path": f"/{value}"}
    authorizer = {"id": "a", "name": value, "rest_api_id": "api", "type": "TOKEN", "authorizer_uri": value}
    method = {
        "id": "m",
        "rest_api_id": "api",
        "resource_id": "r",
        "http_method": "GET",
        "authorization": "CUSTOM",
        "authorizer_id": "a",
    }
    policy = {"Statement": [{"Effect": "Allow", "Action": value, "Resource": value, "Principal": {"AWS": value}}]}
    role = {"id": "role", "policy": json.dumps(policy)}
    return review.review_plan(
        document.read(
            generated.plan(
                generated.change("aws_api_gateway_rest_api.this", api, api, key=value),
                generated.change("aws_api_gateway_resource.this", resource, resource, key=value),
                generated.change("aws_api_gateway_authorizer.this", authorizer, authorizer, key=value),
                generated.change(
                    "aws_api_gateway_method.this",
                    method,
                    {**method, "authorization": "NONE", "authorizer_id": None},
                    key=value,
                ),
                generated.change("aws_iam_role_policy.this", None, role, key=value),
                generated.change("terraform_data.note", {"input": "x"}, {"input": value, value: value}, key=value),
            )
        ),
        AllowList(),
    )


@settings(deadline=None)
@given(hostile)
def test_no_output_lets_a_stranger_s_text_out_of_its_place(value: str) -> None:
    outputs = all_outputs(plan_with(value))
    assert {name: hidden_characters(text) for name, text in outputs.items() if hidden_characters(text)} == {}
    json.loads(outputs["json"])
    json.loads(outputs["sarif"])
    ElementTree.fromstring(outputs["svg"])  # noqa: S314 - our own
    outside = CODE.sub("", outside_of_fences(outputs["markdown"]))
    # What is left is our own: no mention, no comment, no link, no tag but those of the frame.
    assert not re.search(r"[@\\`]|<!--|\]\(|https?:", outside)
    assert set(re.findall(r"</?(\w+)", outside)) <= {"br", "details", "summary", "sub"}


@pytest.mark.parametrize("value", HOSTILE)
def test_rows_keep_their_columns(value: str) -> None:
    comment = outside_of_fences(markdown.render(plan_with(value)))
    rows = [line for line in comment.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {3, 4, 7}


@pytest.mark.parametrize("value", HOSTILE)
def test_frames_are_closed_in_order(value: str) -> None:
    comment = outside_of_fences(markdown.render(plan_with(value)))
    assert comment.count("<details>") == comment.count("</details>") == 3


def test_real_hostile_keys_stay_in_their_places(planned: dict[str, dict[str, Any]]) -> None:
    found = review.review_plan(document.read(json.dumps(planned["hostile_keys"]).encode()), AllowList())
    comment = markdown.render(found)
    outside = CODE.sub("", outside_of_fences(comment))
    assert "@team" in comment
    assert not re.search(r"[@\\`]|<!--|\]\(", outside)
    assert len(found.not_allowed) == 6
    assert {change.route.path for change in found.changes} >= {"/`GET`|x", "/<!-- gone -->", "/@team #1 GH-1"}


def outside_of_fences(comment: str) -> str:
    """A comment without its fenced blocks, each of which must be closed."""
    kept, closing = [], ""
    for line in comment.split("\n"):
        if closing:
            closing = "" if line == closing else closing
        elif found := re.match(r"(`{3,})(?:diff|mermaid)$", line):
            closing = found.group(1)
        else:
            kept.append(line)
    assert not closing
    return "\n".join(kept)
