"""The examples of the modules' pages, planned: each in a module of its own, beside what it takes for given."""

from __future__ import annotations

import json
import re
import shutil
from typing import Any

import pytest

from tests.plan import packages
from tests.plan.support import LOCK_FILE, REPOSITORY, Modules

PAGES = {
    "readme": "README.md",
    **{
        name: f"terraform/modules/{name}/README.md"
        for name in (
            "domain-name",
            "http-authorizer",
            "invoke-role",
            "jwt-authorizer",
            "lambda-function",
            "observability",
            "rest-api",
            "rest-authorizer",
            "websocket-api",
        )
    },
}
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
    audiences  = ["https://api.example.com"]
    algorithms = ["RS256"]
    keys       = { discovery = true }
  }]
}
""",
    "module.rest_authorizer": """
module "rest_authorizer" {
  source      = "../modules/rest-authorizer"
  name        = "given"
  rest_api_id = module.api.rest_api_id
  rules       = module.authorizer.rules
}
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
    "module.jwt_authorizer": "module.authorizer",
}


def example(page: str) -> str:
    """The first whole example of a page, with our modules where the test has them."""
    text = (REPOSITORY / page).read_text()
    (block, *_) = [found for found in re.findall(r"```hcl\n(.*?)```", text, re.DOTALL) if "# ..." not in found]
    for written, meant in STANDS_FOR.items():
        block = block.replace(written, meant)
    block = re.sub(r'"git::https://[^"]+\.git\?ref=[^"]+"', '"../release"', block)
    block = re.sub(r'"[./]*(?:terraform/)?modules/([\w-]+)"', r'"../modules/\1"', block)
    return re.sub(r'"[./]*build/manifest.json"', '"build/manifest.json"', block)


def with_what_it_takes_for_given(block: str) -> str:
    """The example, and everything that it refers to."""
    text = block
    for _ in GIVEN:
        for address, terraform in GIVEN.items():
            kind, name = address.split(".")
            has_it = re.search(rf'^(?:resource "{kind}"|{kind}) "{name}" ', text, re.MULTILINE)
            if re.search(rf"\b{re.escape(address)}\b", text) and not has_it:
                text += terraform
    return text


@pytest.fixture(scope="module")
def planned(modules: Modules, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each page's example plans, in one plan of all."""
    folder = tmp_path_factory.mktemp("pages")
    for tree in ("modules", "release"):
        shutil.copytree(REPOSITORY / "terraform" / tree, folder / tree)
    # A release has its packages beside its modules.
    packages.write(folder / "modules/packages").rename(folder / "modules/packages/manifest-arm64.json")
    root = folder / "root"
    packages.write(root / "build")
    for name, page in PAGES.items():
        (folder / name).mkdir()
        (folder / name / "main.tf").write_text(with_what_it_takes_for_given(example(page)))
    calls = {"module": {name: {"source": f"../{name}"} for name in PAGES}}
    (root / "main.tf.json").write_text(json.dumps(calls, indent=2))
    shutil.copy(REPOSITORY / "terraform" / LOCK_FILE, root)
    found = modules.at(root).plan({})
    return {name: found.modules[f"module.{name}"] for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_the_example_of_a_page_is_planned(planned: dict[str, Any], name: str) -> None:
    assert planned[name].resources or planned[name].child_modules
