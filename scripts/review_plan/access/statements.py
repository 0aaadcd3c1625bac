"""Policies as statements that can be compared: parsed, in one spelling, whatever the order and the Sid.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import fnmatch
import json
import re
from dataclasses import dataclass
from typing import Any

from scripts.review_plan.text import Text, names, say


@dataclass(frozen=True)
class Statement:
    """One statement; each of the four is (inverted, values), with ``NotAction`` and its like inverted."""

    effect: str
    principals: tuple[bool, tuple[str, ...]]
    actions: tuple[bool, tuple[str, ...]]
    resources: tuple[bool, tuple[str, ...]]
    conditions: tuple[str, ...]

    @property
    def words(self) -> Text:
        """The statement as a sentence."""
        said = say(f"{self.effect} {_not(self.actions)}{{}}", names(self.actions[1]))
        if self.resources[1]:
            said = (*said, *say(f" on {_not(self.resources)}{{}}", names(self.resources[1])))
        if self.principals[1]:
            said = (*said, *say(f" to {_not(self.principals)}{{}}", names(self.principals[1])))
        if self.conditions:
            said = (*said, *say(" if {}", names(self.conditions, " and ")))
        return said

    @property
    def wildcards(self) -> list[Text]:
        """What is wider in it than it may be meant."""
        found: list[Text] = []
        if self.effect != "Allow":
            return found
        if self.actions[0]:
            found.append(("every action but those named",))
        found += [say("action {}", action) for action in self.actions[1] if "*" in action and not self.actions[0]]
        if self.resources[0]:
            found.append(("every resource but those named",))
        found += [say("resource {}", each) for each in self.resources[1] if _is_wide(each) and not self.resources[0]]
        if self.principals[0]:
            found.append(("everybody but those named",))
        if any(_is_anybody(each) for each in self.principals[1]) and not self.principals[0]:
            found.append(("anybody" if not self.conditions else "anybody who meets a condition",))
        return found


def parse(policy: Any) -> frozenset[Statement] | None:
    """The statements of a policy in JSON; None when it is no policy."""
    if not isinstance(policy, str) or "Statement" not in policy:
        return None
    try:
        document = json.loads(policy)
    except (ValueError, RecursionError):
        return None
    found = document.get("Statement") if isinstance(document, dict) else None
    statements = [found] if isinstance(found, dict) else found
    if not isinstance(statements, list) or not all(isinstance(each, dict) for each in statements):
        return None
    return frozenset(_statement(each) for each in statements)


def covers(wide: str, narrow: str) -> bool:
    """Whether a pattern with ``*`` and ``?`` matches whatever another one does."""
    # Compared as texts: a star of the narrow one is met by a star of the wide one only.
    pattern = fnmatch.translate(wide.replace("[", "[[]"))
    return re.match(pattern, narrow) is not None


def _statement(given: dict[str, Any]) -> Statement:
    return Statement(
        effect=str(given.get("Effect", "?")),
        principals=_either(given, "Principal", "NotPrincipal", _principals),
        actions=_either(given, "Action", "NotAction", _texts),
        resources=_either(given, "Resource", "NotResource", _texts),
        conditions=tuple(
            sorted(
                f"{operator} {key} = {', '.join(_texts(values))}"
                for operator, keys in _mapping(given.get("Condition")).items()
                for key, values in _mapping(keys).items()
            )
        ),
    )


def _either(given: dict[str, Any], name: str, inverted: str, read: Any) -> tuple[bool, tuple[str, ...]]:
    if inverted in given:
        return True, read(given[inverted])
    return False, read(given[name]) if name in given else ()


def _principals(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        return tuple(sorted(f"{kind} {each}" for kind, of_kind in value.items() for each in _texts(of_kind)))
    return _texts(value)


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(sorted({each if isinstance(each, str) else json.dumps(each, sort_keys=True) for each in values}))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_wide(resource: str) -> bool:
    """Whether a resource is everything, or every resource of a kind; a star below a name is common and meant."""
    # A bucket's name stands where other services have the kind.
    kind = "" if resource.split(":")[2:3] == ["s3"] else "(?:[a-z-]+[:/])?"
    return resource == "*" or re.fullmatch(rf"arn:[^:]*:[^:]*:[^:]*:[^:]*:{kind}\*", resource) is not None


def _is_anybody(principal: str) -> bool:
    return principal in ("*", "AWS *", "Federated *", "Service *")


def _not(part: tuple[bool, tuple[str, ...]]) -> str:
    return "all but " if part[0] else ""
