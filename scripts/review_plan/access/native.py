"""An access rule in the place of API Gateway's own JWT authorizer: what more it accepts, by its configuration.

The change stays unclear whatever the configuration says: the review does not run AWS's authorizer, and a configuration
proves nothing of the code that reads it. The words are for the person who lets the route pass.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from jwt_authorizer.settings import Issuer, RemoteSource, Rule, Settings
from scripts.review_plan.access.difference import Difference, unclear
from scripts.review_plan.text import Text, join, names, say

_ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512"})
_SCOPE_CLAIMS: Final = frozenset({"scope", "scp"})


def compare_with_rule(target: Sequence[str], scopes: Sequence[str], settings: Settings, rule: Rule) -> Difference:
    """What changes when a rule takes the place of a JWT authorizer.

    Takes the authorizer's issuer with its audiences, the scopes of the route, and the settings and the rule of the
    function.
    """
    issuer, *audiences = target
    found = [gain for entry in settings.issuers for gain in _of_issuer(entry, issuer, audiences)]
    found += _of_scopes(frozenset(scopes), settings, rule)
    known = join(found) if found else ("it accepts no token more",)
    return unclear(("a function decides in place of AWS's JWT authorizer; by its configuration ", *known))


def _of_issuer(entry: Issuer, issuer: str, audiences: Sequence[str]) -> Iterator[Text]:
    """What one issuer of the configuration accepts that the authorizer does not."""
    if entry.issuer != issuer:
        yield say("tokens of {} are accepted", entry.issuer or "no issuer")
        return
    if not isinstance(entry.keys, RemoteSource) or entry.keys.kind != "discovery":
        yield ("other keys prove tokens than those of the issuer's discovery",)
    if others := [algorithm for algorithm in entry.algorithms if algorithm not in _ALGORITHMS]:
        yield say("algorithm {} is accepted", names(others))
    if not entry.audiences:
        yield ("any audience is accepted",)
    elif others := sorted(entry.audiences - frozenset(audiences)):
        yield say("audience {} is accepted", names(others))
    if "exp" not in entry.required_claims:
        yield ("a token without exp is accepted",)
    if entry.leeway_seconds:
        yield say("a token is accepted until {} s after its exp", f"{entry.leeway_seconds:g}")


def _of_scopes(scopes: frozenset[str], settings: Settings, rule: Rule) -> Iterator[Text]:
    """What the rule accepts of tokens that have none of the route's scopes."""
    if not scopes:
        return
    is_one_asked = not scopes.isdisjoint(rule.scopes) or (rule.any_scope and scopes.issuperset(rule.any_scope))
    if not is_one_asked:
        yield say("no scope {} is asked for", names(sorted(scopes), " or "))
    claims = {claim for entry in settings.issuers for claim in entry.scope_claims} - _SCOPE_CLAIMS
    if claims:
        yield say("a scope in {} counts", names(sorted(claims)))
