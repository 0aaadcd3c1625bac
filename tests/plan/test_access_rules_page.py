"""docs/access-rules.md: what it says a plan shows is what the plan of its examples shows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.plan import packages
from tests.plan.support import Modules
from tests.plan.test_root import ISSUER, ROOT
from tests.unit.test_access_rules_page import PAGE, rules_in

SHOWN = re.compile(r"The plan shows:\n\n```\n(.*?)```", re.DOTALL)


def examples() -> list[str]:
    """The sections of the page that hold an example."""
    return PAGE.read_text().split("\n### ")[1:]


@pytest.fixture(scope="module")
def planned(modules: Modules, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of the root's plan with the rules of all examples, a route for each."""
    rules: dict[str, Any] = {}
    for example in examples():
        rules |= rules_in(example, to_terraform=True)
    manifest = packages.write(tmp_path_factory.mktemp("build"))
    variables = {
        "manifest": str(manifest),
        "name": "orders",
        "environment": "dev",
        "issuers": [ISSUER],
        "rules": rules,
        "routes": {f"GET /{name}/{{tenant}}": {"function": "backend", "rule": name} for name in rules},
    }
    root = modules.root(ROOT)
    return root.shown(variables)


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.partition("\n")[0])
def test_a_plan_shows_what_the_page_says(planned: str, example: str) -> None:
    (block,) = SHOWN.findall(example)
    # Other attributes and resources stand between the lines that the page quotes, and what is aligned depends on them.
    rest = iter(planned.splitlines())
    for line in filter(None, block.splitlines()):
        assert any(line.split() == other.split() for other in rest), line


def test_every_rule_of_the_page_can_be_planned(planned: str) -> None:
    for example in examples():
        for name in rules_in(example):
            assert f'aws_api_gateway_authorizer.rule["{name}"] will be created' in planned
