"""In which order an apply does what it does: rights and things come before what uses them, and go after it has moved.

A system of all modules is applied once, and each change of it is planned from there. What waits for what is read from
the graph of that plan, by which Terraform applies it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts import ROOT
from tests.plan import packages
from tests.plan.support import Modules, Root

SYSTEM = "tests/plan/roots/system"
FUNCTION = "module.authorizer.module.function.aws_lambda_function.this"
FUNCTION_POLICY = "module.authorizer.module.function.aws_iam_role_policy.this"
FUNCTION_ROLE = "module.authorizer.module.function.aws_iam_role.this"
DENYLIST = "module.authorizer.aws_dynamodb_table.denylist[0]"
REST_DEPLOYMENT = "module.rest_api.aws_api_gateway_deployment.this"
REST_STAGE = "module.rest_api.aws_api_gateway_stage.this"
WEBSOCKET_DEPLOYMENT = "module.websocket_api.aws_apigatewayv2_deployment.this"
WEBSOCKET_STAGE = "module.websocket_api.aws_apigatewayv2_stage.this"
HTTP_AUTHORIZER = 'module.http_authorizer.aws_apigatewayv2_authorizer.rule["writers"]'
HTTP_ROUTE = "aws_apigatewayv2_route.http"
UNPROTECTED = {"deletion_protection": False}
SECRET = 'module.authorizer.aws_secretsmanager_secret.generated["hmac"]'


def alias(rule: str) -> str:
    return f'module.authorizer.module.function.aws_lambda_alias.this["{rule}"]'


def permission(api: str, function: str) -> str:
    return f'module.{api}.aws_lambda_permission.api["{function}"]'


def invoke_policy(module: str) -> str:
    return f"module.{module}.module.invoke_role.aws_iam_role_policy.this"


def invoke_role(module: str) -> str:
    return f"module.{module}.module.invoke_role.aws_iam_role.this"


def gone(address: str) -> str:
    return f"{address} (destroy)"


@dataclass(frozen=True)
class Change:
    """A change of the system's variables, and pairs of operations: the first waits for the second."""

    variables: dict[str, Any]
    waits: list[tuple[str, str]]


def routes(get: tuple[str, str], post: tuple[str, str]) -> dict[str, Any]:
    """The REST API's routes, with the function and rule of both."""
    return {
        "GET /orders": {"function": get[0], "rule": get[1]},
        "POST /orders": {"function": post[0], "rule": post[1]},
    }


# From the system with a denylist.
CHANGES: dict[str, Change] = {
    "routes move to another function": Change(
        {"routes": routes(("second", "signed-in"), ("second", "writers"))},
        [
            (REST_DEPLOYMENT, permission("rest_api", "second")),
            (gone(permission("rest_api", "first")), REST_STAGE),
        ],
    ),
    "a function is called by another key": Change(
        {
            "function_keys": {"primary": "first", "second": "second"},
            "routes": routes(("primary", "signed-in"), ("primary", "writers")),
        },
        [
            (REST_DEPLOYMENT, permission("rest_api", "primary")),
            (WEBSOCKET_DEPLOYMENT, permission("websocket_api", "primary")),
            (gone(permission("rest_api", "first")), REST_STAGE),
            (gone(permission("websocket_api", "first")), WEBSOCKET_STAGE),
        ],
    ),
    "a rule is removed": Change(
        {
            "rules": {"signed-in": {}},
            "rules_of_routes": "signed-in",
            "routes": routes(("first", "signed-in"), ("first", "signed-in")),
        },
        [
            (gone(alias("writers")), REST_STAGE),
            (gone(alias("writers")), WEBSOCKET_STAGE),
            (gone(alias("writers")), HTTP_ROUTE),
            (gone(invoke_policy("rest_authorizer")), REST_STAGE),
            (gone(invoke_policy("http_authorizer")), HTTP_ROUTE),
            (gone(invoke_policy("websocket_api")), WEBSOCKET_STAGE),
            (WEBSOCKET_DEPLOYMENT, invoke_policy("websocket_api")),
            (gone('module.rest_authorizer.aws_api_gateway_authorizer.rule["writers"]'), REST_STAGE),
            (gone('module.http_authorizer.aws_apigatewayv2_authorizer.rule["writers"]'), HTTP_ROUTE),
        ],
    ),
    "a rule is renamed": Change(
        {
            "rules": {"signed-in": {}, "editors": {"scopes": ["write"]}},
            "rules_of_routes": "editors",
            "routes": routes(("first", "signed-in"), ("first", "editors")),
        },
        [
            (REST_DEPLOYMENT, alias("editors")),
            (REST_DEPLOYMENT, invoke_policy("rest_authorizer")),
            (HTTP_ROUTE, invoke_policy("http_authorizer")),
            (WEBSOCKET_DEPLOYMENT, invoke_policy("websocket_api")),
            (gone(alias("writers")), REST_STAGE),
            (gone(alias("writers")), WEBSOCKET_STAGE),
            (gone(alias("writers")), HTTP_ROUTE),
            (gone(invoke_policy("rest_authorizer")), REST_STAGE),
            (gone(invoke_policy("http_authorizer")), HTTP_ROUTE),
            (gone(invoke_policy("websocket_api")), WEBSOCKET_STAGE),
        ],
    ),
    "the denylist is turned off": Change(
        {"revocation": None},
        [
            (gone(DENYLIST), alias("signed-in")),
            (gone(DENYLIST), alias("writers")),
            (gone(FUNCTION_POLICY), alias("signed-in")),
            (gone(FUNCTION_POLICY), alias("writers")),
            (FUNCTION, FUNCTION_POLICY),
        ],
    ),
    "a generated secret is given up": Change(
        {
            "issuers": [
                {
                    "issuer": "https://login.example.com/",
                    "audiences": ["api"],
                    "algorithms": ["HS256"],
                    "keys": {"secret": {"secrets_manager": "login/hmac"}},
                }
            ]
        },
        [
            (FUNCTION, FUNCTION_POLICY),
            (gone(SECRET), alias("signed-in")),
            (gone(FUNCTION_POLICY), alias("signed-in")),
        ],
    ),
    "the roles move to another path": Change(
        {"role_path": "/platform/"},
        [
            (FUNCTION, FUNCTION_POLICY),
            (gone(FUNCTION_ROLE), alias("signed-in")),
            (gone(FUNCTION_ROLE), alias("writers")),
            (REST_DEPLOYMENT, invoke_policy("rest_authorizer")),
            (WEBSOCKET_DEPLOYMENT, invoke_policy("websocket_api")),
            (HTTP_AUTHORIZER, invoke_policy("http_authorizer")),
            (gone(invoke_role("rest_authorizer")), REST_STAGE),
            (gone(invoke_role("websocket_api")), WEBSOCKET_STAGE),
            (gone(invoke_role("http_authorizer")), HTTP_AUTHORIZER),
        ],
    ),
    "access logs are turned off": Change(
        {"access_logs": False},
        [
            (gone("module.rest_api.aws_cloudwatch_log_group.access[0]"), REST_STAGE),
            (gone("module.websocket_api.aws_cloudwatch_log_group.access[0]"), WEBSOCKET_STAGE),
        ],
    ),
}


@dataclass(frozen=True)
class System:
    """The system of all modules, applied; its variables are those it was applied with."""

    root: Root
    variables: dict[str, Any]

    def plan(self, **change: Any) -> Any:
        return self.root.plan({**self.variables, **change}, "-refresh=false")


@pytest.fixture(scope="module")
def system(modules: Modules, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    root = modules.fresh(SYSTEM)
    variables: dict[str, Any] = {
        "manifest": str(packages.write(tmp_path_factory.mktemp("build"))),
        "revocation": UNPROTECTED,
    }
    root.apply(variables)
    yield System(root, variables)
    root.destroy(variables)


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_new_comes_before_it_is_used_and_what_is_old_goes_afterwards(system: System, name: str) -> None:
    order = system.root.order({**system.variables, **CHANGES[name].variables}, "-refresh=false")
    assert [pair for pair in CHANGES[name].waits if not order.waits(*pair)] == []


def test_a_denylist_is_there_before_the_function_that_reads_it(modules: Modules, system: System) -> None:
    order = modules.root(SYSTEM).order(system.variables)
    assert order.waits(FUNCTION, DENYLIST)
    assert order.waits(FUNCTION, SECRET)
    assert order.waits(FUNCTION, 'module.authorizer.aws_secretsmanager_secret_version.generated["hmac"]')
    assert order.waits(FUNCTION, FUNCTION_POLICY)


def actions(planned: Any) -> dict[str, list[str]]:
    """What a plan does, by address, without what it leaves alone."""
    return {
        address: change["change"]["actions"]
        for address, change in planned.resource_changes.items()
        # The local AWS describes alarms otherwise than they were written.
        if change["change"]["actions"] not in (["no-op"], ["read"]) and change["type"] != "aws_cloudwatch_metric_alarm"
    }


def test_depends_on_replaces_nothing_of_any_module(system: System) -> None:
    # The dashboard's text names the account and the region, which such a plan does not know.
    assert actions(system.plan(before="that")) == {
        "terraform_data.before": ["update"],
        "module.observability.aws_cloudwatch_dashboard.this": ["update"],
    }


def test_a_module_that_is_not_in_the_system_has_no_data_source_to_be_read_late() -> None:
    pending = [ROOT / SYSTEM]
    applied: set[Path] = set()
    while pending:
        folder = pending.pop()
        found = re.findall(r'source += "(\.[^"]+)"', "".join(file.read_text() for file in folder.glob("*.tf")))
        called = {(folder / source).resolve() for source in found} - applied
        applied |= called
        pending += called
    others = {file.parent for file in (ROOT / "terraform" / "modules").rglob("*.tf")} - applied
    assert {folder.name for folder in others} == {"domain-name"}
    assert [
        file for folder in others for file in folder.glob("*.tf") if re.search(r"^data ", file.read_text(), re.M)
    ] == []


def test_how_long_an_answer_is_cached_is_not_the_functions_business(system: System) -> None:
    rules = {"signed-in": {"cache_seconds": 60}, "writers": {"scopes": ["write"]}}
    changed = actions(system.plan(rules=rules))
    assert FUNCTION not in changed
    assert changed['module.rest_authorizer.aws_api_gateway_authorizer.rule["signed-in"]'] == ["update"]


def test_one_function_may_have_two_keys(system: System, tmp_path: Path) -> None:
    both = {"function_keys": {"first": "first", "again": "first"}}
    changed = {**system.variables, **both, "routes": routes(("first", "signed-in"), ("again", "writers"))}
    system.root.apply(changed)
    assert actions(system.root.plan(changed, "-refresh=false")) == {}
    system.root.apply(system.variables)
