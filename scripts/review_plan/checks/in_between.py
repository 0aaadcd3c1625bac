"""A state of the apply that is neither before nor after: a route moves, and the configuration of its rule changes.

Terraform moves the authorizer's aliases to a new configuration first and the routes second: in between, the old routes
stand under the new issuers and rules. docs/upgrading.md, "What holds meanwhile".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.review_plan.access import witness
from scripts.review_plan.access.changes import pairs
from scripts.review_plan.access.configuration import VARIABLE, decode
from scripts.review_plan.access.decision import settings_of
from scripts.review_plan.access.model import Access, Kind
from scripts.review_plan.access.routes import Route, RouteTable
from scripts.review_plan.access.witness import Side
from scripts.review_plan.checks.findings import Finding, Level
from scripts.review_plan.plan.state import State
from scripts.review_plan.plan.values import get
from scripts.review_plan.text import say


def findings(after: State, table_before: RouteTable, table_after: RouteTable) -> list[Finding]:
    """Each route that lets in, or refuses, in between what it does neither before nor after."""
    configurations = {
        function.address: decode(get(function.values, "environment", 0, "variables", VARIABLE))
        for function in after.resources("aws_lambda_function")
    }
    return [
        finding
        for identity, routes in table_before.routes.items()
        for was, now in pairs(routes, table_after.routes.get(identity, []))
        if was is not None
        for finding in _of_route(was, now, configurations)
    ]


def _of_route(was: Route, now: Route | None, configurations: Mapping[str, Any]) -> Iterator[Finding]:
    before, after = _side(was.access), _side(now.access) if now else None
    if before is None or was.access.decider is None or (now and _is_same_rule(was.access, now.access)):
        return
    settings = settings_of(configurations.get(was.access.decider.address or ""))
    rule = settings.rules.get(before.rule.name) if settings else None
    if settings is None or rule is None:
        return  # the alias of a rule that goes stays at its version
    between = Side(settings, rule)
    is_open, is_nobody = bool(now and now.access.is_open), now is None or now.access.kind is Kind.NOBODY
    lets_in = not is_open and _gains(before, between) and (after is None or _gains(after, between))
    refuses = not is_nobody and _gains(between, before) and (after is None or _gains(between, after))
    for happens, what in ((lets_in, "lets in"), (refuses, "refuses")):
        if happens:
            text = say(
                f"during the apply, {{}} {what} tokens that it {what} neither before nor after, by rule {{}} of the "
                "new configuration: move the route first, in an apply of its own",
                was.name,
                before.rule.name,
            )
            yield Finding("in-between", Level.NOTICE, was.address, text)


def _is_same_rule(one: Access, other: Access) -> bool:
    functions = {access.decider.address if access.decider else None for access in (one, other)}
    return (one.kind, one.who) == (other.kind, other.who) and len(functions) == 1


def _side(access: Access) -> Side | None:
    """The configuration and the rule of a lock that is one of ours."""
    settings = settings_of(access.decider.configuration) if access.kind is Kind.RULE and access.decider else None
    rule = settings.rules.get(access.who[0]) if settings else None
    return Side(settings, rule) if settings and rule else None


def _gains(before: Side, after: Side) -> bool:
    """Whether a token is allowed after that is refused before, as far as can be said."""
    try:
        return witness.find(before, after) is not None
    except witness.Unsure:
        return True
