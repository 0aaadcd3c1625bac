"""This repository's access rules, read from the planned configuration of their function."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scripts.review_plan.plan.state import UNKNOWN, ResourceState, State
from scripts.review_plan.text import Text, join, names, say

VARIABLE: Final = "AUTHORIZER_CONFIG"
_MOST_BYTES: Final = 1_000_000

REQUIREMENTS: Final = ("scopes", "any_scope", "claims", "path_equals")
# What a rule says of how the token travels and how long an answer is kept; none of it is about who may call.
_TRANSPORT: Final = frozenset(
    {"token", "cache_seconds", "simple_response", "type", "identity_source", "validation_expression"}
)


@dataclass(frozen=True, eq=False)
class Function:
    """A function that decides by rules; ``configuration`` is None where it cannot be read before apply."""

    name: str
    address: str
    module: str
    arn: str | None
    configuration: Mapping[str, Any] | None
    hidden: bool

    def rule(self, name: str) -> Mapping[str, Any] | None:
        """What a rule asks for, or None when it is not there or cannot be read."""
        rules = (self.configuration or {}).get("rules")
        found = rules.get(name) if isinstance(rules, dict) else None
        return found if isinstance(found, dict) else None


def functions(side: State) -> dict[str, list[Function]]:
    """The functions that carry a rules' configuration, by name: regions and accounts may each have one of a name."""
    found: dict[str, list[Function]] = {}
    for each in side.resources("aws_lambda_function"):
        variables = each.block("environment").get("variables")
        name = each.text("function_name") or each.address
        if isinstance(variables, dict) and VARIABLE in variables:
            value = variables[VARIABLE]
            configuration = None if value is UNKNOWN else decode(value)
            hidden = _is_marked(each, side)
            found.setdefault(name, []).append(
                Function(name, each.address, each.module, each.text("arn"), configuration, hidden)
            )
    return found


def decode(value: Any) -> Mapping[str, Any] | None:
    """The configuration in the variable: JSON, or that gzipped and in base64. None when it is neither."""
    if not isinstance(value, str):
        return None
    try:
        text: str | bytes = value
        if not value.lstrip().startswith("{"):
            unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
            text = unpacking.decompress(base64.b64decode(value, validate=True), _MOST_BYTES)
        found = json.loads(text)
    except (ValueError, zlib.error, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def describe(name: str, rule: Mapping[str, Any] | None, *, hidden: bool) -> Text:
    """A rule in words."""
    if hidden:
        return say("rule {} (marked sensitive)", name)
    if rule is None:
        return say("rule {}, not known before apply", name)
    asked = requirements(rule)
    return say("rule {}: {}", name, join(asked) if asked else ("any good token",))


def requirements(rule: Mapping[str, Any]) -> list[Text]:
    """What a rule asks of a token, one text for each thing."""
    asked: list[Text] = []
    scopes, any_scope = _strings(rule.get("scopes")), _strings(rule.get("any_scope"))
    if scopes:
        asked.append(say("scope {}" if len(scopes) == 1 else "scopes {}", names(scopes, " and ")))
    if any_scope:
        asked.append(say("scope {}", names(any_scope, " or ")))
    for claim, values in sorted(_mapping(rule.get("claims")).items()):
        asked.append(say("claim {} = {}", claim, names([_shown(value) for value in _list(values)], " or ")))
    for parameter, claim in sorted(_mapping(rule.get("path_equals")).items()):
        asked.append(say("{} in the path = claim {}", parameter, _shown(claim)))
    for key in sorted(set(rule) - set(REQUIREMENTS) - _TRANSPORT):
        if rule[key] not in (None, [], {}, False):
            asked.append(say("{} = {}", key, _shown(rule[key])))
    return asked


@dataclass(frozen=True)
class Difference:
    """Whether somebody gets in who did not, whether somebody no longer does, and in which words."""

    looser: bool = False
    tighter: bool = False
    why: tuple[Text, ...] = ()

    def __add__(self, other: Difference) -> Difference:
        return Difference(
            self.looser or other.looser,
            self.tighter or other.tighter,
            self.why + tuple(w for w in other.why if w not in self.why),
        )


def compare_rules(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """What changes for the tokens that a rule is met by."""
    looser, tighter = not _implies(after, before), not _implies(before, after)
    if not looser and not tighter:
        return Difference()
    was, is_now = requirements(before), requirements(after)
    dropped = [text for text in was if text not in is_now]
    added = [text for text in is_now if text not in was]
    why: list[Text] = []
    if dropped:
        why.append(say("no longer asks for {}", join(dropped)))
    if added:
        why.append(say("asks for {}", join(added)))
    return Difference(looser, tighter, tuple(why))


def _implies(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether every token that meets the first rule meets the second too."""
    scopes = set(_strings(before.get("scopes")))
    any_before, any_after = set(_strings(before.get("any_scope"))), set(_strings(after.get("any_scope")))
    if not set(_strings(after.get("scopes"))) <= scopes:
        return False
    if any_after and not (scopes & any_after) and not (any_before and any_before <= any_after):
        return False
    claims = _mapping(before.get("claims"))
    for claim, values in _mapping(after.get("claims")).items():
        if claim not in claims or not {_shown(v) for v in _list(claims[claim])} <= {_shown(v) for v in _list(values)}:
            return False
    if not _mapping(after.get("path_equals")).items() <= _mapping(before.get("path_equals")).items():
        return False
    others = set(before) | set(after)
    return all(
        before.get(key) == after.get(key) or after.get(key) in (None, [], {}, False)
        for key in others - set(REQUIREMENTS) - _TRANSPORT
    )


def compare_issuers(before: Function, after: Function) -> Difference:
    """What changes in whose tokens are good at all."""
    if before.configuration is None or after.configuration is None:
        return Difference()
    was = {_shown(each.get("issuer")): each for each in _list(before.configuration.get("issuers")) if _is_map(each)}
    now = {_shown(each.get("issuer")): each for each in _list(after.configuration.get("issuers")) if _is_map(each)}
    difference = Difference()
    for name in sorted(now.keys() - was.keys()):
        difference += Difference(looser=True, why=(say("tokens of {} are accepted", name),))
    for name in sorted(was.keys() - now.keys()):
        difference += Difference(tighter=True, why=(say("tokens of {} are no longer accepted", name),))
    for name in sorted(was.keys() & now.keys()):
        difference += _compare_issuer(name, was[name], now[name])
    return difference


# Key => what an absent one means.
_ISSUER_DEFAULTS: Final[Mapping[str, Any]] = {
    "required_claims": ["exp"],
    "leeway_seconds": 10,
    "scope_claims": ["scope", "scp"],
    "principal_claim": "sub",
}
_WIDER_WITH_MORE: Final = frozenset({"algorithms"})
_EMPTY_IS_ALL: Final = frozenset({"audiences", "client_ids", "token_types"})
_NARROWER_WITH_MORE: Final = frozenset({"required_claims"})


def _compare_issuer(issuer: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    difference = Difference()
    for key in sorted(set(before) | set(after)):
        default = _ISSUER_DEFAULTS.get(key)
        was = before[key] if before.get(key) is not None else default
        now = after[key] if after.get(key) is not None else default
        if was == now or (not was and not now):
            continue
        looser, tighter = _direction(key, was, now)
        # Keys may be a secret's own: their place is said, not their value.
        said = (
            say("{} of issuer {} changes", key, issuer)
            if key == "keys"
            else say("{} of issuer {}: {} → {}", key, issuer, _listed(was), _listed(now))
        )
        difference += Difference(looser, tighter, (said,))
    return difference


def _direction(key: str, was: Any, now: Any) -> tuple[bool, bool]:
    """Whether a changed key of an issuer lets more tokens in, and whether it keeps some out."""
    old, new = {_shown(v) for v in _list(was)}, {_shown(v) for v in _list(now)}
    if key in _WIDER_WITH_MORE:
        return bool(new - old), bool(old - new)
    if key in _NARROWER_WITH_MORE:
        return bool(old - new), bool(new - old)
    if key in _EMPTY_IS_ALL:
        if not old or not new:
            return not new, not old
        return bool(new - old), bool(old - new)
    if key == "max_age_seconds":
        return (
            now is None or (_is_number(was) and _is_number(now) and now > was),
            was is None or (_is_number(was) and _is_number(now) and now < was),
        )
    if key == "leeway_seconds" and _is_number(was) and _is_number(now):
        return now > was, now < was
    if key == "claims":
        return not _implies({"claims": now}, {"claims": was}), not _implies({"claims": was}, {"claims": now})
    return True, True


def _is_marked(function: ResourceState, side: State) -> bool:
    """Whether the plan marks the configuration as sensitive."""
    marks = function.resource.after_sensitive if side.is_after else function.resource.before_sensitive
    for step in ("environment", 0, "variables", VARIABLE):
        if marks is True:
            return True
        if isinstance(marks, dict):
            marks = marks.get(str(step))
        elif isinstance(marks, list) and step == 0 and marks:
            marks = marks[0]
        else:
            return False
    return marks is True


def _listed(value: Any) -> Text:
    items = _list(value)
    return names([_shown(item) for item in items]) if items else ("none",)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _strings(value: Any) -> list[str]:
    return [each for each in _list(value) if isinstance(each, str)]


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
