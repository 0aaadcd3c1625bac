"""The Terraform of the pages, planned: each block in a module of its own, beside what it takes for given."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from collections.abc import Mapping
from typing import Any

import pytest

from tests.plan import packages
from tests.plan.support import LOCK_FILE, REPOSITORY, Modules

PAGES = [
    "README.md",
    *(path.relative_to(REPOSITORY).as_posix() for path in sorted((REPOSITORY / "docs").glob("*.md"))),
    *(path.relative_to(REPOSITORY).as_posix() for path in sorted((REPOSITORY / "terraform").rglob("README.md"))),
]
# A page whose blocks another test plans => that test.
ELSEWHERE = {
    "docs/access-rules.md": "tests/plan/test_access_rules_page.py",
    "docs/migrating.md": "tests/plan/test_migrating.py",
    "docs/upgrading.md": "tests/plan/test_root.py",
    "terraform/modules/schema/README.md": "tests/plan/test_schema.py",
}
BLOCK = re.compile(r"^( *)```hcl\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_INVOKE = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions"
_ALIAS = "arn:aws:lambda:eu-west-1:000000000000:function:authorizer"
# What the module jwt-authorizer gives out, as a literal: a plan of the module takes much longer.
RULES = json.dumps(
    {
        rule: {"arn": f"{_ALIAS}:{rule}", "invoke_arn": f"{_INVOKE}/{_ALIAS}:{rule}/invocations"}
        for rule in ("signed-in", "orders-write", "profile")
    }
)
# What an example refers to and does not have itself => Terraform that has it.
GIVEN = {
    "module.authorizer": """
module "authorizer" {
  source   = "../modules/jwt-authorizer"
  name     = "given-authorizer"
  manifest = "build/manifest.json"
  rules    = { signed-in = {}, orders-write = { scopes = ["orders:write"] }, profile = { cache_seconds = 60 } }
  issuers = [{
    issuer     = "https://login.example.com/"
    audiences  = ["https://api.example.com", "https://api.example.com/orders"]
    algorithms = ["RS256"]
    keys       = { discovery = true }
  }]
}
""",
    "module.rest_authorizer": f"""
module "rest_authorizer" {{
  source      = "../modules/rest-authorizer"
  name        = "given"
  rest_api_id = module.api.rest_api_id
  rules       = {RULES}
}}
""",
    "module.backend": """
module "backend" {
  source   = "../modules/lambda-function"
  name     = "given-backend"
  manifest = "build/manifest.json"
  package  = "backend"
  aliases  = ["live"]
}
""",
    "aws_lambda_function.orders": """
resource "aws_lambda_function" "orders" {
  function_name = "orders"
  role          = "arn:aws:iam::000000000000:role/orders"
  filename      = "build/backend.zip"
  handler       = "backend.handler.lambda_handler"
  runtime       = "python3.13"
}
""",
    "aws_api_gateway_rest_api.orders": 'resource "aws_api_gateway_rest_api" "orders" {\n  name = "orders"\n}\n',
    "aws_apigatewayv2_api.orders": (
        'resource "aws_apigatewayv2_api" "orders" {\n  name          = "orders"\n  protocol_type = "HTTP"\n}\n'
    ),
    "aws_apigatewayv2_integration.orders": """
resource "aws_apigatewayv2_integration" "orders" {
  api_id           = aws_apigatewayv2_api.orders.id
  integration_type = "AWS_PROXY"
  integration_uri  = aws_lambda_function.orders.invoke_arn
}
""",
    "aws_sns_topic.on_call": 'resource "aws_sns_topic" "on_call" {\n  name = "on-call"\n}\n',
    "module.api": """
module "api" {
  source      = "../modules/rest-api"
  name        = "given"
  stage_name  = "v1"
  authorizers = module.rest_authorizer.authorizers
  functions   = { orders = { function_name = "orders", invoke_arn = aws_lambda_function.orders.invoke_arn } }
  routes = {
    "GET /orders" = { function = "orders", rule = "signed-in" }
    "PUT /orders" = { function = "orders", rule = "orders-write" }
    "PUT /me"     = { function = "orders", rule = "profile" }
  }
}
""",
}
# What an example has by another name, or from elsewhere => what stands for it here.
STANDS_FOR = {
    "aws_acm_certificate_validation.api.certificate_arn": '"arn:aws:acm:eu-west-1:000000000000:certificate/0a1b"',
    "aws_wafv2_web_acl.api.arn": '"arn:aws:wafv2:eu-west-1:000000000000:regional/webacl/api/0a1b"',
    "data.terraform_remote_state.identity.outputs.authorizer_rules": RULES,
    "https://mcp.example.com/mcp": "https://api.example.com/orders",
    "module.api.stage_arn": '"arn:aws:apigateway:eu-west-1::/restapis/abcdefghij/stages/v1"',
    "module.jwt_authorizer": "module.authorizer",
    "var.tenant_1_key": '"a-key-of-twenty-characters"',
}


def examples() -> dict[str, str]:
    """Every block of the pages as whole Terraform, by a name made of its page and its place there.

    A block of arguments alone is put into the page's first block. Where it writes one of them several times, each is a
    block of its own.
    """
    found: dict[str, str] = {}
    for page in PAGES:
        if page in ELSEWHERE:
            continue
        blocks = [textwrap.dedent(block) for _, block in BLOCK.findall((REPOSITORY / page).read_text())]
        texts = [text for block in blocks for text in _whole(block, blocks[0])]
        name = re.sub(r"\W", "_", page.removesuffix("/README.md").removesuffix(".md"))
        found |= {f"{name}_{number}": _here(text) for number, text in enumerate(texts, 1)}
    return found


def _whole(block: str, first: str) -> list[str]:
    if "# ...\n" in block:
        return [block.replace("# ...\n", textwrap.indent(_body(GIVEN["module.authorizer"]), "  "))]
    written = _arguments(block)
    if not written:
        return [block]
    names = [name for name, _ in written]
    variants = [dict(written)] if len(set(names)) == len(names) else [{name: text} for name, text in written]
    return [_with(first, variant) for variant in variants]


def _arguments(text: str) -> list[tuple[str, str]]:
    """The arguments that begin a line of a text, each with all its lines; none of a text of blocks."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines(keepends=True):
        if begun := re.match(r"(\w+) += ", line):
            found.append((begun[1], line))
        elif found:
            found[-1] = found[-1][0], found[-1][1] + line
    return found if re.match(r"\w+ += ", text) else []


def _body(module: str) -> str:
    return textwrap.dedent(module.strip().partition("\n")[2].rpartition("}")[0])


def _with(module: str, arguments: Mapping[str, str]) -> str:
    """A module block with these arguments, in place of its own where it has them."""
    merged = dict(_arguments(_body(module))) | dict(arguments)
    return f"{module.partition(chr(10))[0]}\n{''.join(merged.values())}}}\n"


def _here(block: str) -> str:
    """A block with our modules where the test has them."""
    for written, meant in STANDS_FOR.items():
        block = block.replace(written, meant)
    block = re.sub(r'"git::https://[^"]+\.git\?ref=[^"]+"', '"../release"', block)
    block = re.sub(r'"[./]*(?:terraform/)?modules/([\w-]+)"', r'"../modules/\1"', block)
    return re.sub(r'"[./]*build/manifest.json"', '"build/manifest.json"', block)


EXAMPLES = examples()


def with_what_it_takes_for_given(block: str) -> str:
    """The example, and everything that it refers to."""
    text = block if 'module "authorizer"' in block else block.replace("module.authorizer.rules", RULES)
    for _ in GIVEN:
        for address, terraform in GIVEN.items():
            kind, name = address.split(".")
            has_it = re.search(rf'^(?:resource "{kind}"|{kind}) "{name}" ', text, re.MULTILINE)
            if re.search(rf"\b{re.escape(address)}\b", text) and not has_it:
                text += terraform
    return text


@pytest.fixture(scope="module")
def planned(modules: Modules, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each block plans, in one plan of all."""
    folder = tmp_path_factory.mktemp("pages")
    for tree in ("modules", "release"):
        shutil.copytree(REPOSITORY / "terraform" / tree, folder / tree)
    # A release has its packages beside its modules.
    packages.write(folder / "modules/packages").rename(folder / "modules/packages/manifest-arm64.json")
    root = folder / "root"
    packages.write(root / "build")
    for name, text in EXAMPLES.items():
        (folder / name).mkdir()
        (folder / name / "main.tf").write_text(with_what_it_takes_for_given(text))
    calls = {"module": {name: {"source": f"../{name}"} for name in EXAMPLES}}
    (root / "main.tf.json").write_text(json.dumps(calls, indent=2))
    shutil.copy(REPOSITORY / "terraform" / LOCK_FILE, root)
    found = modules.at(root).plan({})
    return {name: found.modules[f"module.{name}"] for name in EXAMPLES}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of_a_page_is_planned(planned: dict[str, Any], name: str) -> None:
    assert planned[name].resources or planned[name].child_modules


def test_every_block_is_planned_here_or_by_a_test_that_reads_its_page() -> None:
    assert len(EXAMPLES) > 15
    for page, test in ELSEWHERE.items():
        assert BLOCK.search((REPOSITORY / page).read_text()), page
        assert (REPOSITORY / test).exists()
