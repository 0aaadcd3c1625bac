"""Why a call would be allowed or refused: ``python -m scripts.explain --token … --rule profile``.

Goes the authorizer's own way, with the authorizer's own code, and tells each step. Nothing is sent anywhere but to the
local stack, where a running stack's secret and denylist are; keys that are elsewhere are not fetched, a denylist that
is elsewhere is not asked, and the rest is then told as if they would not refuse the token.

Exits 0 when the call would be allowed, 1 when it would be refused, 2 when it cannot be told, which is also when it
would be allowed only if something holds that was not checked.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from jwt_authorizer import binding, claims, config, context, jws, rules
from jwt_authorizer.errors import (
    BindingNotProved,
    ConfigurationError,
    KeysUnavailable,
    Rejected,
    RevocationUnavailable,
)
from jwt_authorizer.issuers import Issuers, TrustedIssuer
from jwt_authorizer.request import Request, bearer_token
from jwt_authorizer.revocation import Denylist
from jwt_authorizer.settings import RemoteSource, Rule, SecretSource, Settings
from scripts import ROOT
from scripts.lib.console import complain, paint, say
from scripts.lib.program import UsageError
from scripts.operate import deployment, environment
from scripts.operate.deployment import LOCAL

FOLDER: Final = ROOT / ".local"


class CannotTell(Exception):
    """There is not enough to go by; the message says what is missing."""


@dataclass(frozen=True)
class Step:
    """One thing that was looked at: whether it stands (None: could not be checked), what it was, and what it showed.

    ``needed`` is what would have to hold, of a step that could not be checked.
    """

    holds: bool | None
    what: str
    shown: str = ""
    needed: str = ""


@dataclass(frozen=True)
class Verdict:
    """What the authorizer would answer: ``allow``, ``deny`` or ``unauthorized``, and the reason where there is one.

    An ``allow`` stands only if all that is ``needed`` holds, which was not checked.
    """

    outcome: str
    reason: str | None = None
    needed: tuple[str, ...] = ()


def explain(
    settings: Settings,
    rule_name: str,
    credentials: str,
    path_parameters: Mapping[str, str],
    now: float,
    denylist: Denylist | None = None,
) -> Iterator[Step | Verdict]:
    """Tell what the authorizer would do with these credentials, step by step; the verdict comes last.

    Takes the settings, the rule's name, the Authorization header's value, the path parameters of the request, the
    time in seconds since 1970 and the denylist, if it can be asked. Raises CannotTell for a rule that is not there.
    """
    needed: list[str] = []
    for told in _decision(settings, rule_name, credentials, path_parameters, now, denylist):
        if isinstance(told, Step) and told.holds is None:
            needed.append(told.needed)
        yield replace(told, needed=tuple(needed)) if told == Verdict("allow") else told


def _decision(
    settings: Settings,
    rule_name: str,
    credentials: str,
    path_parameters: Mapping[str, str],
    now: float,
    denylist: Denylist | None,
) -> Iterator[Step | Verdict]:
    if rule_name not in settings.rules:
        raise CannotTell(f"there is no rule {rule_name!r}; write one of {', '.join(settings.rules)}")
    rule = settings.rules[rule_name]
    refused = "deny" if settings.deny_invalid_tokens else "unauthorized"
    try:
        yield from _token_steps(settings, credentials, now, denylist)
        yield from _binding(rule, claims.read(jws.read(bearer_token(credentials)).payload))
    except Rejected as rejection:
        yield Step(False, type(rejection).__doc__ or rejection.reason, str(rejection))
        yield Verdict(refused, rejection.reason)
        return
    token = jws.read(bearer_token(credentials))
    carried = claims.read(token.payload)
    issuer = Issuers(settings.issuers).named(carried.get("iss"), token.algorithm).settings
    try:
        passed_on = context.build(carried, settings.context_claims, claims.principal(carried, issuer))
    except Rejected as rejection:
        yield Step(False, "a claim cannot be passed to the backend", str(rejection))
        yield Verdict(refused, rejection.reason)
        return
    except context.ContextTooLarge:
        yield Step(False, "the claims for the backend fit into the answer", "name fewer in context_claims")
        yield Verdict("deny", "context_too_large")
        return
    granted = rules.scopes(carried, issuer.scope_claims)
    yield Step(True, "scopes granted", " ".join(sorted(granted)) or "none")
    unmet = rules.unmet(rule, carried, issuer.scope_claims, path_parameters)
    if unmet is not None:
        claim = rules.unmet_claim(rule, carried, path_parameters) if not unmet.missing_scopes else None
        concerned = unmet.missing_scopes if claim is None else (f"claim {claim}",)
        yield Step(False, f"the rule {rule.name} is met", " ".join((unmet.reason, *concerned)))
        yield Verdict("deny", unmet.reason)
        return
    yield Step(True, f"the rule {rule.name} is met")
    yield Step(True, "the backend receives", ", ".join(sorted({"principalId", *passed_on})))
    yield Verdict("allow")


def _token_steps(settings: Settings, credentials: str, now: float, denylist: Denylist | None) -> Iterator[Step]:
    token = jws.read(bearer_token(credentials))
    yield Step(True, "a compact JWS", ", ".join(f"{name} {value}" for name, value in _header(token.header)))
    carried = claims.read(token.payload)
    yield Step(True, "its payload is one JSON object", f"claims {', '.join(carried)}")
    issuer = Issuers(settings.issuers).named(carried.get("iss"), token.algorithm)
    yield Step(True, "its issuer is trusted", issuer.settings.issuer or "tokens without iss")
    yield _signature(issuer, token)
    claims.check(carried, token.header, issuer.settings, now)
    yield Step(True, "type, times, audience, client and required claims are as configured")
    yield Step(True, "principal", claims.principal(carried, issuer.settings))
    if settings.revocation is not None:
        yield _revocation(settings.revocation.table, carried, denylist)


def _binding(rule: Rule, carried: Mapping[str, Any]) -> Iterator[Step]:
    """Whether the token is bound as the rule has it; the certificate of the caller is not at hand."""
    try:
        binding.check(carried, rule, Request("", ""))
    except BindingNotProved as refusal:
        if rule.binding is None or str(refusal) != binding.NO_CERTIFICATE:
            raise
        needed = "the caller's certificate is the one that cnf names"
        yield Step(None, "the client certificate was not checked", "no request is at hand", needed)


def _revocation(table: str, carried: Mapping[str, Any], denylist: Denylist | None) -> Step:
    needed = "the denylist names neither the token nor its subject"
    if denylist is None:
        return Step(None, "the denylist was not asked", f"no running local stack has the table {table}", needed)
    try:
        denylist.check(carried)
    except RevocationUnavailable as failure:
        return Step(None, "the denylist was not read", str(failure), needed)
    return Step(True, needed, f"table {table}")


def _signature(issuer: TrustedIssuer, token: jws.UnverifiedJws) -> Step:
    source = issuer.settings.keys
    unchecked = Step(None, "the signature was not checked", needed="the signature verifies")
    if isinstance(source, RemoteSource):
        return replace(unchecked, shown=f"the keys are at {source.url}")
    try:
        token.verify(issuer.keys.get(), issuer.settings.algorithms)
    except (KeysUnavailable, ConfigurationError) as failure:
        return replace(unchecked, shown=str(failure))
    named = f"{source.store} {source.name}" if isinstance(source, SecretSource) else source.kind
    return Step(True, f"the {token.algorithm} signature verifies", f"keys: {named}")


def _header(header: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("alg", "kid", "typ"):
        if name in header:
            yield name, json.dumps(header[name])[1:-1]


def rule_of(route: str, routes: Mapping[str, Mapping[str, Any]]) -> str:
    """The rule that guards a route of a stack. Raises CannotTell for a route that is not there or is public."""
    if route not in routes:
        raise CannotTell(f"there is no route {route!r}; write one of {', '.join(map(repr, routes))}")
    rule = routes[route].get("rule")
    if not rule:
        raise CannotTell(f"{route} is public: {routes[route].get('reason')}")
    return str(rule)


def _settings(file: str | None, described: Mapping[str, Any]) -> Settings:
    """The settings in a configuration file, else those of the running stack."""
    if file is None and "configuration" not in described:
        raise CannotTell("no stack is up to take the configuration from; run `make up`, or name a file: CONFIG=<file>")
    try:
        text = str(described["configuration"]) if file is None else Path(file).read_text()
    except OSError as error:
        raise CannotTell(f"{file} cannot be read: {error.strerror}") from None
    try:
        return config.load({config.VARIABLE: text})
    except ConfigurationError as mistakes:
        raise CannotTell(str(mistakes)) from None


def _described(environment_name: str) -> dict[str, Any]:
    """What the running stack says of itself, empty when none is up; or what an environment's outputs say of it."""
    if environment_name != LOCAL:
        try:
            outputs = environment.outputs(environment.find(environment_name))
        except UsageError as error:
            raise CannotTell(str(error)) from None
        return {name: outputs[name] for name in ("configuration", "routes") if name in outputs}
    try:
        described: dict[str, Any] = json.loads((FOLDER / "stack.json").read_text())
    except (OSError, ValueError):
        return {}
    return described


def _use_the_stack(described: Mapping[str, Any]) -> None:
    """Have the authorizer read secrets from the stack and from nowhere else."""
    os.environ["AWS_ENDPOINT_URL"] = str(described.get("endpoint_url", "http://127.0.0.1:9"))
    os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = str(described.get("region", "us-east-1"))
    os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "local"  # noqa: S105 - it takes any


def _denylist(settings: Settings, of_stack: bool) -> Denylist | None:
    """The running stack's denylist; None for a configuration that is not the stack's, whose denylist is elsewhere."""
    if settings.revocation is None or not of_stack:
        return None
    try:
        return Denylist(settings.revocation, deployment.of_stack(FOLDER).client("dynamodb"))
    except UsageError:
        return None


def _show(told: Step | Verdict) -> None:
    if isinstance(told, Verdict):
        status = {"allow": "200, as far as the authorizer goes", "deny": "403", "unauthorized": "401"}[told.outcome]
        reason = f" ({told.reason})" if told.reason else ""
        needed = f", if {' and '.join(told.needed)}" if told.needed else ""
        say()
        say(paint(f"{told.outcome.capitalize()}{reason}{needed}: the client sees {status}", "bold"))
        return
    mark = {True: paint("✓", "green"), False: paint("✗", "red"), None: "?"}[told.holds]
    say(f"  {mark} {told.what}{f': {told.shown}' if told.shown else ''}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="explain", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--token", default=os.environ.get("TOKEN", ""), help="the token; also as $TOKEN")
    parser.add_argument("--rule", help="the rule's name")
    parser.add_argument("--route", help='a route of the running stack instead, such as "GET /me"')
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--config", help="a file with the AUTHORIZER_CONFIG to go by; else the running stack's")
    where.add_argument(
        "--environment", default=LOCAL, help="an environment in terraform/environments; else the local stack"
    )
    parser.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="a path parameter of the request"
    )
    given = parser.parse_args(arguments)
    try:
        if not given.token:
            raise CannotTell("no token; write TOKEN=<jwt>")
        if bool(given.rule) == bool(given.route):
            raise CannotTell('write either RULE=<name> or ROUTE="METHOD /path"')
        described = _described(given.environment)
        _use_the_stack(described)
        settings = _settings(given.config, described)
        rule = given.rule or rule_of(given.route, described.get("routes", {}))
        parameters = dict(item.partition("=")[::2] for item in given.parameter)
        of_stack = given.config is None and given.environment == LOCAL
        of_what = "of the local stack" if of_stack else f"of {given.environment}"
        say(f"By the configuration {of_what if given.config is None else f'in {given.config}'}:")
        told: Step | Verdict = Verdict("deny")
        for told in explain(settings, rule, given.token, parameters, time.time(), _denylist(settings, of_stack)):
            _show(told)
    except (CannotTell, ConfigurationError) as error:
        complain(f"explain: {error}")
        return 2
    if isinstance(told, Verdict) and told.needed:
        return 2
    return 0 if told == Verdict("allow") else 1


if __name__ == "__main__":
    sys.exit(main())
