"""Who may do what to what: policies compared statement by statement, trust, Lambda permissions, attachments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.review_plan.document import Resource
from scripts.review_plan.findings import Finding, Level
from scripts.review_plan.sides import UNKNOWN, merge
from scripts.review_plan.statements import Statement, covers, parse
from scripts.review_plan.text import Text, join, say

_ATTACHMENTS = {
    "aws_iam_group_policy_attachment": "group",
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
}


def findings(resources: tuple[Resource, ...]) -> list[Finding]:
    """Every permission that is given or taken."""
    found: list[Finding] = []
    for resource in resources:
        if not resource.changes:
            continue
        before = resource.before or {}
        after = merge(resource.after or {}, resource.unknown) if resource.after is not None else {}
        if resource.type == "aws_lambda_permission":
            found += _lambda_permission(resource, before, after)
        elif resource.type in _ATTACHMENTS:
            found += _attachment(resource, before, after)
        else:
            found += _policies(resource, before, after)
    return found


def _policies(resource: Resource, before: Any, after: Any) -> Iterator[Finding]:
    for name in sorted(before.keys() | after.keys()):
        if name in ("inline_policy", "policies"):
            yield from _inline(resource, name, before.get(name), after.get(name))
        if after.get(name) is UNKNOWN:
            if "policy" in name and name != "policy_id" and not name.endswith(("_arn", "_arns")):
                yield Finding(
                    "policy-unknown",
                    Level.NOTICE,
                    resource.address,
                    say(f"the {_noun(name)} is known after apply only"),
                )
            continue
        was, is_now = parse(before.get(name)), parse(after.get(name))
        if was is not None or is_now is not None:
            yield from _statements(resource, _noun(name), was or frozenset(), is_now or frozenset())


def _inline(resource: Resource, name: str, before: Any, after: Any) -> Iterator[Finding]:
    def of(value: Any) -> frozenset[Statement]:
        policies = [each.get("policy") for each in value if isinstance(each, dict)] if isinstance(value, list) else []
        return frozenset(statement for policy in policies for statement in parse(policy) or ())

    yield from _statements(resource, _noun(name), of(before), of(after))


def _statements(
    resource: Resource, noun: str, before: frozenset[Statement], after: frozenset[Statement]
) -> Iterator[Finding]:
    is_trust = noun == "trust"
    old_wildcards = {text for statement in before for text in statement.wildcards}
    for statement in sorted(after - before, key=repr):
        new = [text for text in statement.wildcards if text not in old_wildcards]
        gives = statement.effect == "Allow"
        widened = is_trust and gives and bool(before) and not _is_narrower(statement, before)
        headline: Text = ()
        words = say("+ {}: {}", (noun,), statement.words)
        if new:
            words = (*words, *say(" (new wildcard: {})", join(new)))
            headline = ("a new wildcard",)
        if widened:
            words = (*words, " (trust widened)")
            headline = ("trust widened",)
        level = Level.DANGER if new or widened else Level.NOTICE
        yield Finding("permission-added" if gives else "denial-added", level, resource.address, words, headline)
    for statement in sorted(before - after, key=repr):
        is_denial = statement.effect == "Deny"
        words = say("- {}: {}", (noun,), statement.words)
        level = Level.DANGER if is_denial and after else Level.PLAIN
        if is_denial and after:
            words = (*words, " (no longer denied)")
        yield Finding("denial-removed" if is_denial else "permission-removed", level, resource.address, words)


def _is_narrower(statement: Statement, before: frozenset[Statement]) -> bool:
    """Whether what a statement allows was allowed before."""
    return any(
        old.effect == "Allow"
        and not (old.principals[0] or statement.principals[0])
        and set(statement.principals[1]) <= set(old.principals[1])
        and set(statement.actions[1]) <= set(old.actions[1])
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
