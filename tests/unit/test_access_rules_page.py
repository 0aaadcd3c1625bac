"""docs/access-rules.md, example by example: every row of its tables is asked of the authorizer."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jwt_authorizer import config
from jwt_authorizer.authorizer import Authorizer
from tests.unit.conftest import METHOD_ARN, SECRET, LambdaContext, configuration, mint

PAGE = Path(__file__).resolve().parents[2] / "docs" / "access-rules.md"
# What a rule says to Terraform only.
TO_TERRAFORM = ("type",)


def rules_in(text: str, *, to_terraform: bool = False) -> dict[str, Any]:
    """The rules in a section's Terraform block, whose objects become JSON by quoting the names and using colons.

    They are as the function reads them, or with `to_terraform` as they stand there.
    """
    block = re.findall(r"```hcl\nrules = (\{.*?^\})", text, re.MULTILINE | re.DOTALL)[0]
    quoted = re.sub(r"(^\s*|[{,]\s*)([a-z_-]+)\s*=", r'\1"\2":', block, flags=re.MULTILINE)
    lines = re.sub(r'"\s*=\s', '": ', quoted)
    rules: dict[str, Any] = json.loads(re.sub(r"\}\n(?=\s*\")", "},\n", lines))
    return {
        name: {key: value for key, value in rule.items() if to_terraform or key not in TO_TERRAFORM}
        for name, rule in rules.items()
    }


def rows() -> Iterator[Any]:
    """Every row of every example: the rules, the rule's name, the claims, the path and what the client sees."""
    for section in PAGE.read_text().split("\n### ")[1:]:
        heading = section.partition("\n")[0]
        for line in section.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            if re.match(r"\| `[a-z-]+` \| `\{", line):
                name, claims, *path, seen = (cell.strip("`") for cell in cells)
                parameters = json.loads(path[0]) if path else {}
                yield pytest.param(
                    rules_in(section), name, json.loads(claims), parameters, seen, id=f"{heading}: {name} {claims}"
                )


ROWS = list(rows())


def test_there_are_five_examples_with_rows() -> None:
    assert len({row.id.partition(":")[0] for row in ROWS}) == 5


@pytest.mark.parametrize(("rules", "name", "claims", "path", "seen"), ROWS)
def test_a_caller_gets_what_the_page_says(
    monkeypatch: pytest.MonkeyPatch,
    rules: dict[str, Any],
    name: str,
    claims: dict[str, Any],
    path: dict[str, str],
    seen: str,
) -> None:
    monkeypatch.setenv("TEST_SECRET", SECRET)
    event = {
        "type": "REQUEST",
        "methodArn": METHOD_ARN,
        "headers": {"Authorization": f"Bearer {mint(**claims)}"},
        "pathParameters": path,
        "requestContext": {},
    }
    authorizer = Authorizer(config.parse(configuration(rules=rules)))
    answer = authorizer.authorize(event, LambdaContext(name).invoked_function_arn, authorizer.decision(""))
    if answer["policyDocument"]["Statement"][0]["Effect"] == "Allow":
        assert seen == "200"
    else:
        reason, scope = answer["context"]["reason"], answer["context"].get("scope")
        assert seen == f"403 {reason}, {scope}" if scope else seen == f"403 {reason}"
