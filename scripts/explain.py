"""Why a call would be allowed or refused: ``python -m scripts.explain --token … --rule profile``.

The authorizer itself decides, and this program shows its steps. It sends nothing but to the local stack, for a running
stack's secret and denylist. It neither fetches keys that are elsewhere nor reads a denylist that is elsewhere, and
shows the rest as if these accepted the token.

Exits 0 when the call would be allowed, 1 when it would be refused, 2 when it cannot be known, which is also when it
would be allowed only if something holds that was not checked.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from jwt_authorizer import binding, config, jws, rules
from jwt_authorizer.authorizer import Authorizer
from jwt_authorizer.errors import (
    BindingNotProved,
    ConfigurationError,
    KeysUnavailable,
    Rejected,
    RevocationUnavailable,
    TokenRevoked,
    Unauthorized,
)
from jwt_authorizer.issuers import Issuers, TrustedIssuer
from jwt_authorizer.request import Request, bearer_token
from jwt_authorizer.revocation import Denylist
from jwt_authorizer.schema import DEFINITIONS
from jwt_authorizer.settings import Issuer, RemoteSource, Rule, SecretSource, Settings
from jwt_authorizer.telemetry import Decision
from scripts.lib.console import paint, say
from scripts.lib.program import UsageError, run
from scripts.operate import deployment
from scripts.operate.deployment import LOCAL, Deployment

READ: Final = "read"
SIGNATURE: Final = "signature"
CLAIMS: Final = "claims"
DENYLIST: Final = "denylist"
RULE: Final = "rule"
CACHE: Final = "cache"
STAGES: Final = (READ, SIGNATURE, CLAIMS, DENYLIST, RULE, CACHE)
"""The stages of a decision, in the order in which the authorizer and API Gateway come to them."""


@dataclass(frozen=True)
class Step:
    """One thing that was looked at: whether it stands (None: could not be checked), what it was, and what it showed.

    ``needed`` is what would have to hold, of a step that could not be checked. ``stage`` is one of STAGES.
    """

    holds: bool | None
    what: str
    shown: str = ""
    needed: str = ""
    stage: str = field(default="", compare=False)


@dataclass(frozen=True)
class Verdict:
    """What the authorizer would answer: ``allow``, ``deny`` or ``unauthorized``, and the reason where there is one.

    An ``allow`` stands only if all that is ``needed`` holds, which was not checked.
    """

    outcome: str
    reason: str | None = None
    needed: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """What the client sees: 200 as far as the authorizer goes, 403 or 401."""
        return {"allow": 200, "deny": 403, "unauthorized": 401}[self.outcome]


class _Record(Decision):
    """The log record of the explained call: it keeps the verdict, and writes nothing."""

    verdict = Verdict("deny")

    def log(self, outcome: str, reason: str | None = None, **_fields: Any) -> None:
        self.verdict = Verdict(outcome, reason)


class _Steps:
    """The steps that the authorizer has taken, as its trace; signature and denylist are checked where they can be."""

    def __init__(self, settings: Settings, denylist: Denylist | None) -> None:
        self.steps: list[Step] = []
        self._stage = READ
        self._settings = settings
        self._denylist = denylist

    def trace(self, step: str, found: Any) -> None:
        """Take one step of the authorizer; `_SHOWN` lists them all."""
        if step in _SHOWN:
            stage = DENYLIST if isinstance(found, TokenRevoked) else self._stage
            self.steps.append(Step(*_SHOWN[step](found), stage=stage))
        self._stage = _NEXT.get(step, self._stage)

    def verify_signature(self, issuer: TrustedIssuer, token: jws.UnverifiedJws) -> jws.Jws:
        """Verify a signature where the keys can be had; else take it for good, and say what is needed."""
        source = issuer.settings.keys
        needed = "the signature verifies"
        unchecked = Step(None, "the signature was not checked", needed=needed, stage=SIGNATURE)
        try:
            if isinstance(source, RemoteSource):
                raise KeysUnavailable(f"the keys are at {source.url}")
            verified = issuer.verify_signature(token)
        except (KeysUnavailable, ConfigurationError) as failure:
            self.steps.append(replace(unchecked, shown=str(failure)))
            return jws.Jws(token.header, token.payload)
        named = f"{source.store} {source.name}" if isinstance(source, SecretSource) else source.kind
        shown = f"keys: {named}"
        self.steps.append(Step(True, f"the {token.algorithm} signature verifies", shown, stage=SIGNATURE))
        return verified

    def check_binding(self, claims: Mapping[str, Any], rule: Rule, call: Request) -> None:
        """Check that the token is bound as the rule has it; the certificate of the caller is not at hand."""
        try:
            binding.check(claims, rule, call)
        except BindingNotProved as refusal:
            if rule.binding is None or str(refusal) != binding.NO_CERTIFICATE:
                raise
            needed = "the caller's certificate is the one that cnf names"
            shown = "no request is at hand"
            self.steps.append(Step(None, "the client certificate was not checked", shown, needed, CLAIMS))

    def check(self, claims: Mapping[str, Any]) -> None:
        """Read the denylist where it can be read; else take the claims for good, and say what is needed."""
        needed = "the denylist names neither the token nor its subject"
        table = self._settings.revocation.table if self._settings.revocation else ""
        if self._denylist is None:
            shown = f"no running local stack has the table {table}"
            self.steps.append(Step(None, "the denylist was not read", shown, needed, DENYLIST))
            return
        try:
            self._denylist.check(claims)
        except RevocationUnavailable as failure:
            self.steps.append(Step(None, "the denylist was not read", str(failure), needed, DENYLIST))
            return
        self.steps.append(Step(True, needed, f"table {table}", stage=DENYLIST))


class _Issuer(TrustedIssuer):
    """A trusted issuer, whose signatures are verified where the keys can be had."""

    def __init__(self, issuer: TrustedIssuer, steps: _Steps) -> None:
        super().__init__(issuer.settings, issuer.keys, issuer.tenant)
        self._issuer = issuer
        self._steps = steps

    def verify_signature(self, token: jws.UnverifiedJws) -> jws.Jws:
        return self._steps.verify_signature(self._issuer, token)


class _Issuers(Issuers):
    """The trusted issuers, each of them as explained."""

    def __init__(self, settings: Settings, steps: _Steps) -> None:
        super().__init__(settings.issuers)
        self._steps = steps

    def named(self, claims: Mapping[str, Any], algorithm: str) -> TrustedIssuer:
        return _Issuer(super().named(claims, algorithm), self._steps)


def explain(
    settings: Settings,
    rule_name: str,
    credentials: str,
    path_parameters: Mapping[str, str],
    denylist: Denylist | None = None,
    cache_seconds: int | None = None,
) -> list[Step | Verdict]:
    """Return what the authorizer does with these credentials, step by step; the verdict comes last.

    Takes the settings, the rule's name, the Authorization header's value, the path parameters of the request, the
    denylist, if it can be read, and the rule's cache time, if it is known. Raises UsageError for a rule that is not
    there.
    """
    if rule_name not in settings.rules:
        raise UsageError(f"there is no rule {rule_name!r}; write one of {', '.join(settings.rules)}")
    steps = _Steps(settings, denylist)
    checked: Any = steps if settings.revocation is not None else None
    authorizer = Authorizer(
        settings,
        issuers=_Issuers(settings, steps),
        denylist=checked,
        check_binding=steps.check_binding,
        trace=steps.trace,
    )
    record = _Record(settings.telemetry, "")
    event = _event(settings.rules[rule_name], credentials, path_parameters)
    with suppress(Unauthorized):
        authorizer.authorize(event, f"arn:aws:lambda:::function:explained:{rule_name}", record)
    needed = tuple(step.needed for step in steps.steps if step.holds is None)
    verdict = record.verdict
    if cache_seconds is not None:
        steps.steps.append(_cache(rule_name, cache_seconds, verdict))
    return [*steps.steps, replace(verdict, needed=needed) if verdict == Verdict("allow") else verdict]


def _cache(rule_name: str, seconds: int, verdict: Verdict) -> Step:
    """What API Gateway keeps of the answer: a policy, and never a failure, which ``Unauthorized`` is."""
    if verdict.outcome == "unauthorized":
        shown = "nothing: the authorizer decides the next request anew"
    elif seconds:
        shown = f"this answer for {seconds} seconds, for this token and the rule {rule_name}"
    else:
        shown = f"nothing: the cache time of the rule {rule_name} is 0"
    return Step(True, "API Gateway keeps", shown, stage=CACHE)


def cache_seconds_of(configuration: Mapping[str, Any], rule_name: str) -> int:
    """For how many seconds API Gateway keeps an answer of a rule, by the authorizer's configuration."""
    given = configuration.get("rules", {}).get(rule_name, {}).get("cache_seconds")
    return int(DEFINITIONS["rule"]["properties"]["cache_seconds"]["default"] if given is None else given)


def _event(rule: Rule, credentials: str, path_parameters: Mapping[str, str]) -> dict[str, Any]:
    """An event that has the token where the rule looks for it first."""
    kind, name = rule.token_places[0]
    with suppress(Rejected):
        credentials = credentials if kind == "header" else bearer_token(credentials)
    headers = {"header": {name: credentials}, "cookie": {"Cookie": f"{name}={credentials}"}}
    protocols = {"Sec-WebSocket-Protocol": f"{name}, {credentials}"}
    event = {
        "type": "REQUEST",
        "requestContext": {},
        "headers": protocols if kind == "subprotocol" else headers.get(kind, {}),
        "queryStringParameters": {name: credentials} if kind == "querystring" else {},
        "pathParameters": dict(path_parameters),
    }
    # Only payload format 2.0 has simple responses.
    version = {"version": "2.0", "routeArn": _ARN} if rule.simple_response else {"methodArn": _ARN}
    return event | version


def _token(token: jws.UnverifiedJws) -> tuple[bool, str, str]:
    header = {name: token.header[name] for name in ("alg", "kid", "typ") if name in token.header}
    return True, "a compact JWS", ", ".join(f"{name} {json.dumps(value)[1:-1]}" for name, value in header.items())


def _issuer(issuer: Issuer) -> tuple[bool, str, str]:
    return True, "its issuer is trusted", issuer.issuer or "tokens without iss"


def _rejected(rejection: Rejected) -> tuple[bool, str, str]:
    return False, type(rejection).__doc__ or rejection.reason, str(rejection)


def _unmet(found: tuple[rules.Unmet, str | None]) -> tuple[bool, str, str]:
    unmet, claim = found
    concerned = unmet.missing_scopes if claim is None else (f"claim {claim}",)
    return False, "the rule is met", " ".join((unmet.reason, *concerned))


_ARN: Final = "arn:aws:execute-api:eu-west-1:123456789012:explained/stage/GET/"
# A step of the authorizer => what is shown of what it found: whether it holds, what was looked at, and the finding.
_SHOWN: Final[Mapping[str, Callable[[Any], tuple[bool, str, str]]]] = {
    "token": _token,
    "claims": lambda claims: (True, "its payload is one JSON object", f"claims {', '.join(claims)}"),
    "issuer": _issuer,
    "checks": lambda _: (True, "type, times, audience, client and required claims are as configured", ""),
    "principal": lambda principal: (True, "principal", principal),
    "scopes": lambda scopes: (True, "scopes granted", " ".join(sorted(scopes)) or "none"),
    "rule": lambda rule: (True, f"the rule {rule.name} is met", ""),
    "context": lambda passed_on: (True, "the backend receives", ", ".join(sorted({"principalId", *passed_on}))),
    "rejected": _rejected,
    "unmet": _unmet,
}

# A step of the authorizer => the stage that begins after it.
_NEXT: Final[Mapping[str, str]] = {"claims": SIGNATURE, "signature": CLAIMS, "denylist": RULE, "scopes": RULE}


def document(results: Sequence[Step | Verdict]) -> dict[str, Any]:
    """What ``explain`` returned, as JSON: ``steps`` and ``verdict``."""
    *steps, verdict = results
    assert isinstance(verdict, Verdict)  # noqa: S101 - it comes last
    return {
        "steps": [asdict(step) for step in steps],
        "verdict": {**asdict(verdict), "needed": list(verdict.needed), "status": verdict.status},
    }


def rule_of(route: str, routes: Mapping[str, Mapping[str, Any]]) -> str:
    """The rule that guards a route of a stack. Raises UsageError for a route that is not there or is public."""
    if route not in routes:
        raise UsageError(f"there is no route {route!r}; write one of {', '.join(map(repr, routes))}")
    rule = routes[route].get("rule")
    if not rule:
        raise UsageError(f"{route} is public: {routes[route].get('reason')}")
    return str(rule)


def _deployed(environment: str, config_file: str | None) -> Deployment | None:
    """What is deployed: an environment, or the running stack; None without a stack, for a configuration in a file.

    Raises UsageError when there is neither.
    """
    if environment != LOCAL:
        return deployment.of_environment(environment)
    try:
        return deployment.of_stack()
    except UsageError:
        if config_file is not None:
            return None
        raise UsageError(
            "no stack is up to take the configuration from; run `make up`, or name a file: CONFIG=<file>"
        ) from None


def settings_of(config_file: str | None, deployed: Deployment | None) -> Settings:
    """The settings in a configuration file, else those of what is deployed. Raises UsageError."""
    try:
        text = (
            json.dumps(deployed.configuration)
            if config_file is None and deployed
            else Path(config_file or "").read_text()
        )
    except OSError as error:
        raise UsageError(f"{config_file} cannot be read: {error.strerror}") from None
    try:
        return config.load({config.VARIABLE: text})
    except ConfigurationError as mistakes:
        raise UsageError(str(mistakes)) from None


def use_the_stack(deployed: Deployment | None) -> None:
    """Have the authorizer read secrets from the local stack and from nowhere else."""
    os.environ["AWS_ENDPOINT_URL"] = (deployed and deployed.endpoint_url) or "http://127.0.0.1:9"
    os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = (deployed and deployed.region) or "us-east-1"
    os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "local"  # noqa: S105 - it takes any


def denylist_of(settings: Settings, deployed: Deployment | None) -> Denylist | None:
    """The running stack's denylist; None for a configuration that is not the stack's, whose denylist is elsewhere."""
    if settings.revocation is None or deployed is None or deployed.endpoint_url is None:
        return None
    return Denylist(settings.revocation, deployed.client("dynamodb"))


def _show(result: Step | Verdict) -> None:
    if isinstance(result, Verdict):
        status = "200, as far as the authorizer goes" if result.outcome == "allow" else str(result.status)
        reason = f" ({result.reason})" if result.reason else ""
        needed = f", if {' and '.join(result.needed)}" if result.needed else ""
        say()
        say(paint(f"{result.outcome.capitalize()}{reason}{needed}: the client sees {status}", "bold"))
        return
    mark = {True: paint("✓", "green"), False: paint("✗", "red"), None: "?"}[result.holds]
    say(f"  {mark} {result.what}{f': {result.shown}' if result.shown else ''}")


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
    parser.add_argument("--json", action="store_true", help="print the steps and the verdict as JSON")
    given = parser.parse_args(arguments)
    return run("explain", lambda: _run(given))


def _run(given: argparse.Namespace) -> int:
    if not given.token:
        raise UsageError("no token; write TOKEN=<jwt>")
    if bool(given.rule) == bool(given.route):
        raise UsageError('write either RULE=<name> or ROUTE="METHOD /path"')
    deployed = _deployed(given.environment, given.config)
    use_the_stack(deployed)
    settings = settings_of(given.config, deployed)
    rule = given.rule or rule_of(given.route, deployed.routes if deployed else {})
    parameters = dict(item.partition("=")[::2] for item in given.parameter)
    of_what = f"in {given.config}" if given.config or deployed is None else f"of {deployed.name}"
    denylist = denylist_of(settings, None if given.config else deployed)
    try:
        kept = None if given.config or deployed is None else cache_seconds_of(deployed.configuration, rule)
        results = explain(settings, rule, given.token, parameters, denylist, kept)
    except ConfigurationError as error:
        raise UsageError(str(error)) from None
    if given.json:
        say(json.dumps(document(results), indent=2))
    else:
        say(f"By the configuration {of_what}:")
        for result in results:
            _show(result)
    verdict = results[-1]
    if isinstance(verdict, Verdict) and verdict.needed:
        return 2
    return 0 if verdict == Verdict("allow") else 1


if __name__ == "__main__":
    sys.exit(main())
