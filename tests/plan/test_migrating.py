"""docs/migrating.md: each block plans, accepts no more than what it takes the place of, and the swap is reviewed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest

from scripts.review_plan import review
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
from scripts.review_plan.render.json_report import plain
from tests.plan import packages
from tests.plan.support import REPOSITORY, Modules
from tests.unit.conftest import start_handler

PAGE = (REPOSITORY / "docs/migrating.md").read_text()
SECRET = "a secret that is long enough for HS256, and then some"
METHOD_ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/v1/GET/hello"
PUBLIC_KEY = (
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n"
    "q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\n"
    "-----END PUBLIC KEY-----\n"
)
AROUND = """
provider "aws" {}

variable "secret" { default = "SECRET" }
variable "public_key" { default = "" }

resource "aws_apigatewayv2_api" "orders" {
  name          = "orders"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "orders" {
  api_id             = aws_apigatewayv2_api.orders.id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = "https://backend.example.com"
}

resource "aws_apigatewayv2_stage" "orders" {
  api_id      = aws_apigatewayv2_api.orders.id
  name        = "$default"
  auto_deploy = true
}
"""


def blocks(language: str, below: str = "") -> list[str]:
    page = PAGE[PAGE.index(below) :] if below else PAGE
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


NATIVE, BESIDE = blocks("hcl", "## From the JWT authorizer of an HTTP API")
FROM_FUNCTIONS = blocks("hcl")[:4]


def with_manifest(text: str, manifest: Path) -> str:
    """The blocks with packages of a clone, as the page says that one has them without a release."""
    call = re.compile(r'(module "\w+" \{\n  source = "[^"]*//modules/jwt-authorizer\?ref=[^"]*"\n)')
    return call.sub(rf'\1  manifest = "{manifest}"\n', text)


@pytest.fixture(scope="module")
def swap(modules: Modules, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The API with both authorizers, applied, and the plan of what the page makes of it, as JSON."""
    manifest = packages.write(tmp_path_factory.mktemp("packages"))
    ours = "".join(re.findall(r"^module .*?^}\n", BESIDE, re.MULTILINE | re.DOTALL))
    after = with_manifest(AROUND + BESIDE + "".join(FROM_FUNCTIONS), manifest)
    root = modules.written(after)
    root.write(with_manifest(AROUND + NATIVE + ours, manifest))
    root.apply({})
    root.write(after)
    return root.json({"public_key": PUBLIC_KEY})


def test_the_page_shows_what_the_review_says_of_the_swap(swap: str) -> None:
    found = review.review_plan(document.read(swap.encode()), AllowList())
    lines = [
        f"{change.status.value}  {change.route.name}\n"
        f"    before  {plain(found, change.before)}\n"
        f"    after   {plain(found, change.after)}\n"
        f"    why     {plain(found, change.why)}\n"
        for change in found.changes
    ]
    assert "".join(lines) in PAGE, "".join(lines)
    assert [change.route.name for change in found.changes] == ["GET /orders"]
    assert {route.name for route in found.routes} == {"GET /orders", "POST /orders"}


@pytest.fixture(scope="module")
def configurations(swap: str) -> dict[str, dict[str, Any]]:
    """What each block that takes the place of a function gives the authorizer, by the module's name."""
    changes = {change["address"]: change["change"]["after"] for change in json.loads(swap)["resource_changes"]}
    return {
        name: json.loads(
            changes[f"module.{name}.module.function.aws_lambda_function.this"]["environment"][0]["variables"][
                "AUTHORIZER_CONFIG"
            ]
        )
        for name in re.findall(r'^module "(from_\w+)"', "".join(FROM_FUNCTIONS), re.MULTILINE)
    }


def test_every_way_here_is_planned(configurations: dict[str, dict[str, Any]]) -> None:
    assert set(configurations) == {"from_deny", "from_unauthorized", "from_blueprint", "from_powertools"}
    assert configurations["from_blueprint"]["rules"] == {
        "pets-read": {},
        "pets-write": {"claims": {"groups": ["admin"]}},
    }
    assert configurations["from_powertools"]["issuers"][0]["keys"] == {"pem": PUBLIC_KEY}


def tokens() -> dict[str, str]:
    now = int(time.time())
    good = {"sub": "alice", "userId": "alice", "foo": "bar"}
    return {
        "good": jwt.encode(good, SECRET, "HS256"),
        "with an end": jwt.encode({**good, "exp": now + 60}, SECRET, "HS256"),
        "ended": jwt.encode({**good, "exp": now - 3600}, SECRET, "HS256"),
        "of the future": jwt.encode({**good, "nbf": now + 3600}, SECRET, "HS256"),
        "of another secret": jwt.encode(good, SECRET + "x", "HS256"),
        "of another algorithm": jwt.encode(good, SECRET + SECRET, "HS512"),
        "unsigned": jwt.encode(good, "", "none"),
        "of nobody": jwt.encode({"foo": "bar"}, SECRET, "HS256"),
        "no token": "hoge",
        "empty": "",
    }


def answer(handler: Callable[[str], Any], token: str) -> dict[str, Any] | None:
    """What a function allows: its principal and its context; None for a refusal or a failure."""
    try:
        given = handler(token)
    except Exception:
        return None
    (statement,) = given["policyDocument"]["Statement"]
    return {"principalId": given["principalId"], **given["context"]} if statement["Effect"] == "Allow" else None


@pytest.mark.parametrize(
    ("number", "name", "variable", "prefix"),
    [(0, "from_deny", "SECRET", ""), (1, "from_unauthorized", "AUTH_TOKEN_SALT", "Bearer ")],
)
def test_what_ours_accepts_the_function_accepted_too(
    configurations: dict[str, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    name: str,
    variable: str,
    prefix: str,
) -> None:
    namespace: dict[str, Any] = {}
    exec(compile(blocks("python")[number], "docs/migrating.md", "exec"), namespace)  # noqa: S102  # it is ours
    monkeypatch.setenv(variable, SECRET)
    monkeypatch.setenv("AUTHORIZER_CONFIG", json.dumps(configurations[name]))
    invoke = start_handler()

    def before(token: str) -> Any:
        return namespace["lambda_handler"]({"authorizationToken": token, "methodArn": METHOD_ARN}, None)

    accepted = set()
    for kind, token in tokens().items():
        theirs, ours = answer(before, prefix + token), answer(invoke, prefix + token)
        assert ours is None or theirs is not None, kind
        if ours is not None and theirs is not None:
            accepted.add(kind)
            assert {key: value for key, value in theirs.items() if value is not None}.items() <= ours.items(), kind
    assert accepted == {"good", "with an end"}
