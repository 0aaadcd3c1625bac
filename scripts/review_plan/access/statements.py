"""Policies as statements that can be compared: parsed, in one spelling, whatever the order and the Sid.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import fnmatch
import ipaddress
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from scripts.review_plan.plan.values import mapping
from scripts.review_plan.text import Text, names, say

_ANYBODY: Final = frozenset({"*", "AWS *", "Federated *", "Service *"})
_NEGATIVE: Final = (
    "stringnotequals",
    "stringnotlike",
    "notipaddress",
    "arnnotequals",
    "arnnotlike",
    "stringnotequalsignorecase",
)
_POSITIVE: Final = ("stringequals", "stringlike", "ipaddress", "arnequals", "arnlike", "stringequalsignorecase")


@dataclass(frozen=True)
class Part:
    """Who, what or on what: ``inverted`` for ``NotAction`` and its like, which mean all but the values."""

    values: tuple[str, ...] = ()
    inverted: bool = False

    def covers(self, narrow: Part, *, patterns: bool) -> bool:
        """Whether all that a narrower part means is meant by this one too."""
        if not self.values and not self.inverted:
            return not narrow.values and not narrow.inverted
        if self.inverted and narrow.inverted:
            return all(any(_means(theirs, mine, patterns) for theirs in narrow.values) for mine in self.values)
        if self.inverted or narrow.inverted:
            return "*" in self.values and not self.inverted
        return all(any(_means(mine, theirs, patterns) for mine in self.values) for theirs in narrow.values)


@dataclass(frozen=True)
class Condition:
    """One operator, one key, and its values; one of them has to hold."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"{self.operator} {self.key} = {', '.join(self.values)}"

    @property
    def is_negative(self) -> bool:
        """Whether it holds for all callers but those it names."""
        return self._bare in _NEGATIVE

    @property
    def is_positive(self) -> bool:
        """Whether it holds for those callers alone that it names."""
        return self._bare in _POSITIVE

    @property
    def _bare(self) -> str:
        return self.operator.lower().rpartition(":")[2].removesuffix("ifexists")

    def implies(self, wide: Condition) -> bool:
        """Whether a wider condition holds whenever this one does."""
        if self.operator.lower() != wide.operator.lower() or self.key.lower() != wide.key.lower():
            return False
        patterns = self._bare.endswith(("like", "ipaddress"))
        if self.is_negative:
            return all(any(_means(mine, theirs, patterns) for mine in self.values) for theirs in wide.values)
        if self._bare in _POSITIVE:
            return all(any(_means(theirs, mine, patterns) for theirs in wide.values) for mine in self.values)
        return self.values == wide.values


@dataclass(frozen=True)
class Statement:
    """One statement of a policy."""

    effect: str
    principals: Part
    actions: Part
    resources: Part
    conditions: tuple[Condition, ...]

    @property
    def words(self) -> Text:
        """The statement as a sentence."""
        said = say(f"{self.effect} {_not(self.actions)}{{}}", names(self.actions.values))
        if self.resources.values:
            said = (*said, *say(f" on {_not(self.resources)}{{}}", names(self.resources.values)))
        if self.principals.values:
            said = (*said, *say(f" to {_not(self.principals)}{{}}", names(self.principals.values)))
        if self.conditions:
            said = (*said, *say(" if {}", names([condition.text for condition in self.conditions], " and ")))
        return said

    @property
    def is_for_anybody(self) -> bool:
        """Whether its principal is everybody."""
        return not self.principals.inverted and any(value in _ANYBODY for value in self.principals.values)

    @property
    def wildcards(self) -> list[Text]:
        """What is wider in it than it may be meant."""
        if self.effect != "Allow":
            return []
        found: list[Text] = []
        for part, all_but in (
            (self.actions, "every action but those named"),
            (self.resources, "every resource but those named"),
            (self.principals, "everybody but those named"),
        ):
            if part.inverted:
                found.append((all_but,))
        if not self.actions.inverted:
            found += [say("action {}", action) for action in self.actions.values if "*" in action]
        if not self.resources.inverted:
            found += [say("resource {}", resource) for resource in self.resources.values if _is_wide(resource)]
        if self.is_for_anybody:
            found.append(("anybody" if not self.conditions else "anybody who meets a condition",))
        return found

    def covers(self, narrow: Statement) -> bool:
        """Whether this statement speaks of every call that a narrower one of the same effect speaks of."""
        return (
            self.effect == narrow.effect
            and (self.principals.covers(narrow.principals, patterns=False) or self.is_for_anybody)
            and self.actions.covers(narrow.actions, patterns=True)
            and self.resources.covers(narrow.resources, patterns=True)
            and all(any(theirs.implies(mine) for theirs in narrow.conditions) for mine in self.conditions)
        )


def parse(policy: Any) -> frozenset[Statement] | None:
    """The statements of a policy in JSON; None when it is no policy."""
    if not isinstance(policy, str) or "Statement" not in policy:
        return None
    try:
        document = json.loads(policy)
    except (ValueError, RecursionError):
        return None
    return from_document(document)


def from_document(document: Any) -> frozenset[Statement] | None:
    """The statements of a policy that is parsed already; None when it is no policy."""
    found = document.get("Statement") if isinstance(document, dict) else None
    statements = [found] if isinstance(found, dict) else found
    if not isinstance(statements, list) or not all(isinstance(statement, dict) for statement in statements):
        return None
    return frozenset(_statement(statement) for statement in statements)


def allows_more(before: frozenset[Statement], after: frozenset[Statement]) -> bool:
    """Whether one policy may allow a call that another one does not.

    It says so whenever it cannot prove the opposite: every Allow must be covered by one of before, and every Deny of
    before by one of after.
    """
    allowed = [statement for statement in before if statement.effect == "Allow"]
    denied = [statement for statement in after if statement.effect == "Deny"]
    return not (
        all(any(old.covers(new) for old in allowed) for new in after if new.effect == "Allow")
        and all(any(new.covers(old) for new in denied) for old in before if old.effect == "Deny")
        and all(statement.effect in ("Allow", "Deny") for statement in (*before, *after))
    )


def covers(wide: str, narrow: str) -> bool:
    """Whether a pattern with ``*`` and ``?`` matches whatever another one does."""
    # Compared as texts: a star of the narrow one is met by a star of the wide one only.
    return _pattern(wide).match(narrow) is not None


@cache
def _pattern(wide: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(wide.replace("[", "[[]")))


def _means(wide: str, narrow: str, patterns: bool) -> bool:
    if wide == narrow:
        return True
    networks = _network(wide), _network(narrow)
    if networks[0] is not None and networks[1] is not None and networks[0].version == networks[1].version:
        return networks[1].subnet_of(networks[0])  # type: ignore[arg-type]
    return patterns and covers(wide, narrow)


@cache
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if text[:1].isalnum() else None
    except ValueError:
        return None


def _statement(given: dict[str, Any]) -> Statement:
    conditions = [
        Condition(operator, key, _texts(values))
        for operator, keys in mapping(given.get("Condition")).items()
        for key, values in mapping(keys).items()
    ]
    return Statement(
        effect=str(given.get("Effect", "?")),
        principals=_either(given, "Principal", "NotPrincipal", _principals),
        actions=_either(given, "Action", "NotAction", _texts),
        resources=_either(given, "Resource", "NotResource", _texts),
        conditions=tuple(sorted(conditions, key=lambda condition: condition.text)),
    )


def _either(given: dict[str, Any], name: str, inverted: str, read: Any) -> Part:
    if inverted in given:
        return Part(read(given[inverted]), inverted=True)
    return Part(read(given[name]) if name in given else ())


def _principals(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        return tuple(sorted(f"{kind} {name}" for kind, of_kind in value.items() for name in _texts(of_kind)))
    return _texts(value)


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(sorted({item if isinstance(item, str) else json.dumps(item, sort_keys=True) for item in values}))


def _is_wide(resource: str) -> bool:
    """Whether a resource is everything, or every resource of a kind; a star below a name is common and meant."""
    # A bucket's name stands where other services have the kind.
    kind = "" if resource.split(":")[2:3] == ["s3"] else "(?:[a-z-]+[:/])?"
    return resource == "*" or re.fullmatch(rf"arn:[^:]*:[^:]*:[^:]*:[^:]*:{kind}\*", resource) is not None


def _not(part: Part) -> str:
    return "all but " if part.inverted else ""
