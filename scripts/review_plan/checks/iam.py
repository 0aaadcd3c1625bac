"""Who may do what to what: policies compared statement by statement, trust, Lambda permissions, attachments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from scripts.review_plan.access.statements import Part, Statement, covers, parse
from scripts.review_plan.checks.findings import Finding, Level
from scripts.review_plan.plan.document import Plan, Resource, block
from scripts.review_plan.plan.values import UNKNOWN, items, mapping, with_unknowns
from scripts.review_plan.text import Text, join, say

_ATTACHMENTS = {
    "aws_iam_group_policy_attachment": "group",
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
}


def findings(plan: Plan) -> list[Finding]:
    """Every permission that is given or taken."""
    found: list[Finding] = []
    for resource in plan.resources:
        if not resource.changes:
            continue
        before = resource.before or {}
        after = with_unknowns(resource.after or {}, resource.unknown) if resource.after is not None else {}
        if resource.type == "aws_lambda_permission":
            found += _lambda_permission(resource, before, after)
        elif resource.type in _ATTACHMENTS:
            found += _attachment(resource, before, after)
        else:
            found += _policies(plan, resource, before, after)
    return found


def _policies(plan: Plan, resource: Resource, before: Any, after: Any) -> Iterator[Finding]:
    for name in sorted(before.keys() | after.keys()):
        if name in ("inline_policy", "policies"):
            yield from _statements(resource, _noun(name), _inline(before.get(name)), _inline(after.get(name)))
        if after.get(name) is UNKNOWN:
            # A policy that nobody wrote is known after apply too, and says nothing.
            if "policy" in name and name in _expressions(plan, resource):
                said = say("the {} is known after apply only", (_noun(name),))
                yield Finding("policy-unknown", Level.NOTICE, resource.address, said)
            continue
        old, new = parse(before.get(name)), parse(after.get(name))
        if old is not None or new is not None:
            yield from _statements(resource, _noun(name), old or frozenset(), new or frozenset())


def _expressions(plan: Plan, resource: Resource) -> Any:
    return block(plan, resource.module, resource.type, resource.name).get("expressions") or {}


def _inline(value: Any) -> frozenset[Statement]:
    policies = [mapping(block).get("policy") for block in items(value)]
    return frozenset(statement for policy in policies for statement in parse(policy) or ())


def _statements(
    resource: Resource, noun: str, before: frozenset[Statement], after: frozenset[Statement]
) -> Iterator[Finding]:
    original = before
    for old, replacing, part in _pairs(before - after, after - before):
        before, after = before - {old}, after - {replacing}
        yield _changed(resource, noun, old, replacing, part)
    for statement in sorted(after - before, key=repr):
        yield _added(resource, noun, statement, original)
    for statement in sorted(before - after, key=repr):
        yield _removed(resource, noun, statement, is_left=bool(after))


def _added(resource: Resource, noun: str, statement: Statement, original: frozenset[Statement]) -> Finding:
    old_wildcards = {text for old in original for text in old.wildcards}
    new = [text for text in statement.wildcards if text not in old_wildcards]
    gives = statement.effect == "Allow"
    widened = noun == "trust" and gives and bool(original) and not _is_narrower(statement, original)
    headline: Text = ()
    words = say("+ {}: {}", (noun,), statement.words)
    if new:
        words, headline = (*words, *say(" (new wildcard: {})", join(new))), ("a new wildcard",)
    if widened:
        words, headline = (*words, " (trust widened)"), ("trust widened",)
    level = Level.DANGER if headline else Level.NOTICE
    return Finding("permission-added" if gives else "denial-added", level, resource.address, words, headline)


def _removed(resource: Resource, noun: str, statement: Statement, *, is_left: bool) -> Finding:
    words = say("- {}: {}", (noun,), statement.words)
    if statement.effect != "Deny":
        return Finding("permission-removed", Level.PLAIN, resource.address, words)
    if is_left:
        return Finding("denial-removed", Level.DANGER, resource.address, (*words, " (no longer denied)"))
    return Finding("denial-removed", Level.PLAIN, resource.address, words)


_PARTS = ("actions", "resources", "principals", "conditions")
_PREPOSITIONS = {"actions": "", "resources": "on ", "principals": "to ", "conditions": "if "}


def _pairs(removed: frozenset[Statement], added: frozenset[Statement]) -> list[tuple[Statement, Statement, str]]:
    """Statements that differ in one part alone; such a pair is said as one change."""
    found: list[tuple[Statement, Statement, str]] = []
    left = sorted(removed, key=repr)
    for new in sorted(added, key=repr):
        for old in left:
            differing = [part for part in _PARTS if getattr(old, part) != getattr(new, part)]
            if old.effect == new.effect and len(differing) == 1 and _are_alike(old, new, differing[0]):
                found.append((old, new, differing[0]))
                left.remove(old)
                break
    return found


def _are_alike(old: Statement, new: Statement, part: str) -> bool:
    """Whether a part has something in common with what it was, and is not turned round."""
    if part == "conditions":
        return True
    before, after = getattr(old, part), getattr(new, part)
    return before.inverted == after.inverted and bool(set(before.values) & set(after.values))


def _changed(resource: Resource, noun: str, old: Statement, new: Statement, part: str) -> Finding:
    """Describe a statement in which exactly one part changed: what comes, what goes, and the rest of it once."""
    before, after = _values(old, part), _values(new, part)
    preposition = _PREPOSITIONS[part]
    delta = [say(f"now also {preposition}{{}}", value) for value in after if value not in before]
    delta += [say(f"no longer {preposition}{{}}", value) for value in before if value not in after]
    words = say("~ {}: {}: {}", (noun,), _without(new, part).words, join(delta))
    # An inverted part, a denial or a condition gives more by being less.
    inverted = (part == "conditions" or getattr(new, part).inverted) != (new.effect == "Deny")
    more, less = (before, after) if inverted else (after, before)
    gives = any(value not in less for value in more)
    headline: Text = ()
    if wildcards := [text for text in new.wildcards if text not in old.wildcards]:
        words, headline = (*words, *say(" (new wildcard: {})", join(wildcards))), ("a new wildcard",)
    if noun == "trust" and gives:
        words, headline = (*words, " (trust widened)"), ("trust widened",)
    is_danger = bool(headline) or (gives and (new.effect == "Deny" or part == "conditions"))
    rule = "permission-added" if gives else "permission-removed"
    return Finding(rule, Level.DANGER if is_danger else Level.NOTICE, resource.address, words, headline)


def _values(statement: Statement, part: str) -> tuple[str, ...]:
    if part == "conditions":
        return tuple(condition.text for condition in statement.conditions)
    found: Part = getattr(statement, part)
    return found.values


def _without(statement: Statement, part: str) -> Statement:
    match part:
        case "actions":
            return replace(statement, actions=Part())
        case "resources":
            return replace(statement, resources=Part())
        case "principals":
            return replace(statement, principals=Part())
    return replace(statement, conditions=())


def _is_narrower(statement: Statement, before: frozenset[Statement]) -> bool:
    """Whether what a statement allows was allowed before."""
    return any(
        old.effect == "Allow"
        and not (old.principals.inverted or statement.principals.inverted)
        and set(statement.principals.values) <= set(old.principals.values)
        and set(statement.actions.values) <= set(old.actions.values)
        and set(old.conditions) <= set(statement.conditions)
        for old in before
    )


def _lambda_permission(resource: Resource, before: Any, after: Any) -> Iterator[Finding]:
    if after and not before:
        text = say("+ {} may {} {}", _who(after), _shown(after, "action"), _target(after))
        is_wide = after.get("source_arn") is None and not _is_account(after.get("principal"))
        if is_wide:
            text = (*text, " (no source_arn: from anybody's account)")
        level = Level.DANGER if is_wide or after.get("principal") == "*" else Level.NOTICE
        yield Finding("permission-added", level, resource.address, text, ("anybody may call a function",) * is_wide)
        return
    if before and not after:
        yield Finding(
            "permission-removed",
            Level.PLAIN,
            resource.address,
            say("- {} may {} {}", _who(before), _shown(before, "action"), _target(before)),
        )
        return
    for name in ("principal", "source_arn", "source_account", "action", "function_url_auth_type", "principal_org_id"):
        was, is_now = before.get(name), after.get(name)
        if was == is_now:
            continue
        widened = _is_widened(name, was, is_now)
        text = say("~ {}: {} → {}", name, _value(was), _value(is_now))
        yield Finding(
            "permission-widened" if widened else "permission-changed",
            Level.DANGER if widened else Level.NOTICE,
            resource.address,
            (*text, " (widened)") if widened else text,
            say("{} widened", name) if widened else (),
        )


def _is_widened(name: str, before: Any, after: Any) -> bool:
    if after is UNKNOWN:
        return False
    if name in ("source_arn", "source_account", "principal_org_id"):
        if after is None or before is None:
            return after is None
        return covers(str(after), str(before))
    return bool(after == "*" or (name == "function_url_auth_type" and after == "NONE"))


def _attachment(resource: Resource, before: Any, after: Any) -> Iterator[Finding]:
    kind = _ATTACHMENTS[resource.type]
    for sign, rule, values, other in (
        ("+", "permission-added", after, before),
        ("-", "permission-removed", before, after),
    ):
        arn = values.get("policy_arn") if values else None
        if arn is None or arn == (other or {}).get("policy_arn"):
            continue
        is_admin = sign == "+" and str(arn).endswith(("/AdministratorAccess", "/IAMFullAccess", "/PowerUserAccess"))
        yield Finding(
            rule,
            Level.DANGER if is_admin else Level.NOTICE if sign == "+" else Level.PLAIN,
            resource.address,
            say(f"{sign} managed policy {{}} of {kind} {{}}", _value(arn), _value(values.get(kind))),
            ("administrator rights",) if is_admin else (),
        )


def _who(values: Any) -> Text:
    source = values.get("source_arn")
    said = _shown(values, "principal")
    return said if source is None else (*said, *say(" for {}", _value(source)))


def _target(values: Any) -> Text:
    qualifier = values.get("qualifier")
    said = _shown(values, "function_name")
    return said if not qualifier else (*said, *say(", alias {}", _value(qualifier)))


def _shown(values: Any, name: str) -> Text:
    return _value(values.get(name))


def _value(value: Any) -> Text:
    if value is None:
        return ("none",)
    return ("(known after apply)",) if value is UNKNOWN else say("{}", value)


def _noun(attribute: str) -> str:
    return {"assume_role_policy": "trust", "access_policy": "access policy"}.get(attribute, attribute.replace("_", " "))


def _is_account(principal: Any) -> bool:
    return isinstance(principal, str) and (principal.isdigit() or principal.startswith("arn:"))
