"""Secrets: by the plan's marks, by name and by looks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.review_plan import review
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document, masking
from scripts.review_plan.plan.masking import Masker, is_environment, is_secret_name
from scripts.review_plan.render import diff, json_report, markdown, sarif, terminal
from tests.review import generated

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/="
secrets = st.text(LETTERS, min_size=16, max_size=40).map(lambda text: f"9{text}Z")


@settings(deadline=None)
@given(secrets)
def test_a_marked_value_is_in_no_output_wherever_else_it_stands(secret: str) -> None:
    plan = generated.plan(
        generated.change("aws_ssm_parameter.it", None, {"value": secret}, after_sensitive={"value": True}),
        generated.change("terraform_data.copy", {"input": "x"}, {"input": f"copied: {secret}!"}, key=secret),
        generated.change("aws_iam_role_policy.it", None, {"policy": f'{{"Statement": [{{"Action": "{secret}"}}]}}'}),
    )
    found = review.review_plan(document.read(plan), AllowList())
    for render in (markdown.render, terminal.render, json_report.render, sarif.render):
        assert secret not in render(found)


@settings(deadline=None)
@given(secrets, secrets)
def test_the_environment_s_values_are_in_no_output(old: str, new: str) -> None:
    def function(value: str) -> dict[str, object]:
        return {"function_name": "f", "environment": [{"variables": {"PLAIN": value}}]}

    plan = generated.plan(generated.change("aws_lambda_function.it", function(old), function(new)))
    found = review.review_plan(document.read(plan), AllowList())
    everything = "".join(
        render(found) for render in (markdown.render, terminal.render, json_report.render, sarif.render)
    )
    assert old not in everything
    assert new not in everything
    assert old == new or "PLAIN" in everything


@pytest.mark.parametrize(
    "name", ["password", "DB_PASSWORD", "apiToken", "client_secret", "private_key", "AccessKey", "authToken", "hmac"]
)
def test_what_is_named_like_a_secret_is_hidden(name: str) -> None:
    assert is_secret_name(name)
    line = diff.lines(_changed({name: "old-value"}, {name: "new-value"}), Masker(()))
    assert [(each.before, each.after) for each in line] == [(f"{masking.NAMED}, which changes",) * 2]


@pytest.mark.parametrize(
    "name", ["kms_key_arn", "secret_name", "token_validity", "hash_key", "key_id", "route_key", "authorization", "name"]
)
def test_what_says_where_a_secret_is_is_shown(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "value",
    [
        "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl",
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----",
        "postgres://admin:hunter2@db.example.com/orders",
    ],
)
def test_what_looks_like_a_secret_is_hidden_under_any_name(value: str) -> None:
    (line,) = diff.lines(_changed({"input": "x"}, {"input": value}), Masker(()))
    assert line.after is not None
    assert masking.LOOKS in line.after


def test_a_secret_inside_a_json_text_is_hidden_by_its_name() -> None:
    given_json = '[{"environment": [{"name": "DB_PASSWORD", "value": "hunter2"}], "image": "web"}]'
    (line,) = diff.lines(_changed({"definitions": "[]"}, {"definitions": given_json}), Masker(()))
    assert "hunter2" not in str(line.after)
    assert "web" in str(line.after)


def test_a_value_that_stops_being_marked_is_hidden_on_both_sides() -> None:
    change = generated.change(
        "terraform_data.it", {"input": "old-secret"}, {"input": "new-secret"}, before_sensitive={"input": True}
    )
    (resource,) = document.read(generated.plan(change)).resources
    (line,) = diff.lines(resource, Masker(()))
    assert "secret" not in f"{line.before}{line.after}"


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        (("environment", 0, "variables", "A"), True),
        (("environment", 0, "variables"), False),
        (("environment_variables", "A"), True),
        (("environment",), False),
        (("variables", "A"), False),
    ],
)
def test_environment_variables_are_known_by_their_place(path: tuple[str | int, ...], inside: bool) -> None:
    assert is_environment(path) is inside


def _changed(before: dict[str, str], after: dict[str, str]) -> document.Resource:
    return document.read(generated.plan(generated.change("terraform_data.it", before, after))).resources[0]
