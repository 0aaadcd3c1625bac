"""This repository's access rules: what a rule asks of a token, and what changes when one becomes another.

A rule is a conjunction of clauses, each a set of alternatives: every scope of ``scopes`` is a clause, ``any_scope`` is
one, each claim is one, each ``path_equals`` is one, ``binding`` is one. One rule implies another exactly when every
clause of the other contains a clause of the one.

A token that is bound to a certificate counts as the token without the binding, whose holder proves something besides: a
rule without ``binding`` refuses it because it does not look at the proof, not because of who sends it. So a rule that
begins to ask for the proof is tighter, and one that stops asking is looser.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from scripts.review_plan.access.difference import Difference, unread
from scripts.review_plan.plan.values import items, mapping
from scripts.review_plan.text import Text, join, names, say, typed

Atom = tuple[str, ...]
Clause = frozenset[Atom]

REQUIREMENTS: Final = ("scopes", "any_scope", "claims", "path_equals", "binding")
# What a rule says of how the token travels and how long an answer is kept; none of it is about who may call.
TRANSPORT: Final = frozenset(
    {"token", "cache_seconds", "simple_response", "type", "identity_source", "validation_expression"}
)


def clauses(rule: Mapping[str, Any]) -> frozenset[Clause]:
    """What a rule asks of a token: one atom of every clause has to be true of it."""
    found: set[Clause] = {frozenset({("scope", typed(scope))}) for scope in items(rule.get("scopes"))}
    if any_scope := items(rule.get("any_scope")):
        found.add(frozenset(("scope", typed(scope)) for scope in any_scope))
    for claim, values in mapping(rule.get("claims")).items():
        found.add(frozenset(("claim", claim, typed(value)) for value in items(values)))
    for parameter, claim in mapping(rule.get("path_equals")).items():
        found.add(frozenset({("path", parameter, typed(claim))}))
    if (binding := rule.get("binding")) is not None:
        found.add(frozenset({("binding", typed(binding))}))
    return frozenset(found)


def implies(narrow: frozenset[Clause], wide: frozenset[Clause]) -> bool:
    """Whether every token that meets the first rule meets the second too."""
    return all(any(mine <= theirs for mine in narrow) for theirs in wide)


def describe(name: str, rule: Mapping[str, Any] | None, *, hidden: bool) -> Text:
    """A rule in words."""
    if hidden:
        return say("rule {} (marked sensitive)", name)
    if rule is None:
        return say("rule {}, not known before apply", name)
    demands = requirements(rule)
    return say("rule {}: {}", name, join(demands) if demands else ("any good token",))


def requirements(rule: Mapping[str, Any]) -> list[Text]:
    """What a rule asks of a token, one text for each thing."""
    demands: list[Text] = []
    scopes, any_scope = items(rule.get("scopes")), items(rule.get("any_scope"))
    if scopes:
        demands.append(say("scope {}" if len(scopes) == 1 else "scopes {}", names(map(shown, scopes), " and ")))
    if any_scope:
        demands.append(say("scope {}", names(map(shown, any_scope), " or ")))
    for claim, values in sorted(mapping(rule.get("claims")).items()):
        demands.append(say("claim {} = {}", claim, names(_values(items(values)), " or ")))
    for parameter, claim in sorted(mapping(rule.get("path_equals")).items()):
        demands.append(say("{} in the path = claim {}", parameter, shown(claim)))
    if (binding := rule.get("binding")) is not None:
        demands.append(say("a token that is bound to the client's certificate ({})", shown(binding)))
    for key in unknown_keys(rule):
        if rule[key] not in (None, [], {}, False):
            demands.append(say("{} = {}", key, shown(rule[key])))
    return demands


def unknown_keys(rule: Mapping[str, Any]) -> list[str]:
    """The keys of a rule that this release does not know."""
    return sorted(set(rule) - set(REQUIREMENTS) - TRANSPORT)


def compare_rules(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """What changes for the tokens that meet a rule."""
    difference = Difference()
    for key in sorted({*unknown_keys(before), *unknown_keys(after)}):
        if typed(before.get(key)) != typed(after.get(key)):
            difference += unread(say("{} of the rule changes, which this release does not know", key))
    old, new = clauses(before), clauses(after)
    is_looser, is_tighter = not implies(new, old), not implies(old, new)
    if not is_looser and not is_tighter:
        return difference
    was, now = requirements(before), requirements(after)
    why: list[Text] = []
    if dropped := [text for text in was if text not in now]:
        why.append(say("no longer asks for {}", join(dropped)))
    if added := [text for text in now if text not in was]:
        why.append(say("asks for {}", join(added)))
    return Difference(is_looser, is_tighter, tuple(why)) + difference


def shown(value: Any) -> str:
    """A value as text: a text as it is, all else as JSON."""
    return value if isinstance(value, str) else typed(value)


def _values(values: list[Any]) -> list[str]:
    """Values as text; a text that reads like a number or a literal stands in quotes."""
    return [typed(value) if isinstance(value, str) and _looks_typed(value) else shown(value) for value in values]


def _looks_typed(text: str) -> bool:
    """Whether a text reads like a number or a literal, as ``true`` and ``7`` do."""
    return text in ("true", "false", "null") or text.lstrip("-").replace(".", "", 1).isdigit()
