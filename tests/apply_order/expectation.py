"""What the system's variables say of a request, read without anything of the product's.

It is what the states before and after an apply are held against: a state that is merely alike at both ends could be
wrong at both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.apply_order.changes import Change
from tests.apply_order.probes import CALLERS, Outcome, Probe

AUTHORIZATION = "header.Authorization"


def expected(variables: Mapping[str, Any], probe: Probe) -> Outcome:
    """What must come of a request to a system with these variables."""
    if probe.method == "OPTIONS":
        return _outcome(variables.get("cors") is not None)
    route = _route(variables, probe)
    if route is None:
        return Outcome.REFUSED
    if route.get("public") or route.get("rule") is None:
        return Outcome.REACHED
    return _outcome(_meets(variables, variables["rules"][route["rule"]], probe.caller))


def third_states(change: Change) -> dict[Probe, Outcome]:
    """What comes of those requests that fare in between as neither before nor after.

    Terraform moves the authorizer's aliases to a new configuration first, and then the API to new routes: in between,
    the routes of before stand under the issuers and rules of after. No order of one apply avoids it: of the two moves
    one comes first.
    """
    start, end = change.start, change.end
    between = {**start, "issuers": end["issuers"], "rules": {**start["rules"], **end["rules"]}}
    found = {probe: expected(between, probe) for probe in change.probes}
    return {
        probe: outcome
        for probe, outcome in found.items()
        if outcome not in (expected(start, probe), expected(end, probe))
    }


def left_behind(change: Change) -> dict[Probe, frozenset[Outcome]]:
    """What may also come of requests to a route or a preflight that a change removes from a REST API.

    Terraform destroys the method only after it has made the new deployment, which therefore still holds it: until the
    next deployment it is served as before, or fails where its rule's authorizer is gone.
    """
    start, end = change.start, change.end
    kept = {**end, "routes": start["routes"], "rules": {**start["rules"], **end["rules"]}}
    found = {}
    for probe in change.probes:
        route = _route(start, probe)
        if probe.method == "OPTIONS":
            if start.get("cors") is not None and end.get("cors") is None:
                found[probe] = frozenset({expected(start, probe)})
        elif probe.kind == "rest" and route is not None and _route(end, probe) is None:
            gone = not route.get("public") and route["rule"] not in end["rules"]
            served = {expected(start, probe), expected(kept, probe)}
            found[probe] = frozenset({*served, Outcome.FAILED} if gone else served)
    return found


def _outcome(reached: bool) -> Outcome:
    return Outcome.REACHED if reached else Outcome.REFUSED


def _route(variables: Mapping[str, Any], probe: Probe) -> Mapping[str, Any] | None:
    """The route that serves a request; None where there is none."""
    routes = variables[{"rest": "routes", "http": "http_routes", "websocket": "websocket_routes"}[probe.kind]]
    key = "$connect" if probe.kind == "websocket" else f"{probe.method} {probe.path}"
    return next((route for place, route in routes.items() if _serves(place, key)), None)


def _serves(place: str, key: str) -> bool:
    return re.fullmatch("[^/]+".join(map(re.escape, re.split(r"\{[^}]+\}", place))), key) is not None


def _meets(variables: Mapping[str, Any], rule: Mapping[str, Any], caller: str) -> bool:
    """Whether a caller's token is where the rule looks for it, of an issuer that is trusted, and carries enough."""
    name, _, header = caller.partition(" in ")
    claims = CALLERS.get("alice" if name == "kept" else name)
    places = rule.get("token", [AUTHORIZATION])
    if claims is None or f"header.{header or 'Authorization'}" not in places:
        return False
    issuer, audience = claims.get("iss", "local"), claims.get("aud", "api")
    if not any(_trusts(each, issuer, audience) for each in variables["issuers"]):
        return False
    scopes = set(claims.get("scope", "").split())
    return scopes >= set(rule.get("scopes", [])) and ("any_scope" not in rule or bool(scopes & set(rule["any_scope"])))


def _trusts(entry: Mapping[str, Any], issuer: str, audience: str) -> bool:
    """Whether an issuer's entry accepts the callers' tokens; those of "local" are signed by the secret "hmac"."""
    signed_by = entry["keys"]["secret"].get("generate", "hmac")
    return bool(entry["issuer"] == issuer and audience in entry["audiences"] and signed_by == "hmac")
