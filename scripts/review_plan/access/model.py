"""Who may call a route, as data: the kinds of access, and what changes when one becomes another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from scripts.review_plan.access import access_rules
from scripts.review_plan.access.access_rules import Difference
from scripts.review_plan.text import Text, join, names, say


class Kind(Enum):
    """What stands before a route."""

    PUBLIC = "public"
    API_KEY = "api-key"
    PREFLIGHT = "preflight"
    CONNECTED = "connected"
    RULE = "rule"
    LAMBDA = "lambda-authorizer"
    COGNITO = "cognito"
    JWT = "jwt"
    IAM = "iam"
    OTHER = "other-authorizer"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Access:
    """Who may call a route.

    ``who`` is the authorizer's name, or all it may be; ``target`` what it trusts or calls, by which two of them are
    compared; ``scopes`` any of which the route asks for besides.
    """

    kind: Kind
    who: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    api_key: bool = False
    private: bool = False
    rule: Mapping[str, Any] | None = field(default=None, compare=False)
    function: access_rules.Function | None = field(default=None, compare=False)
    note: Text = ()

    @property
    def is_open(self) -> bool:
        """Whether no one has to say who they are: an API key counts requests and proves nothing."""
        return self.kind in (Kind.PUBLIC, Kind.API_KEY)

    @property
    def words(self) -> Text:
        """Who may call, in words."""
        said = self._said()
        if self.scopes:
            said = (*said, *say(", scope {}", names(self.scopes, " or ")))
        if self.api_key and self.kind is not Kind.API_KEY:
            said = (*said, " and an API key")
        if self.private:
            said = (*said, ", from VPCs only")
        return (*said, *self.note)

    def _said(self) -> Text:
        name = names(self.who, " or ")
        match self.kind:
            case Kind.PUBLIC:
                return ("public",)
            case Kind.API_KEY:
                return ("API key only, which is no authentication",)
            case Kind.PREFLIGHT:
                return ("preflight, answered by API Gateway itself",)
            case Kind.CONNECTED:
                return ("whoever may connect",)
            case Kind.RULE:
                hidden = self.function is not None and self.function.hidden
                return access_rules.describe(self.who[0], self.rule, hidden=hidden)
            case Kind.LAMBDA:
                return say("Lambda authorizer {}, which calls {}", name, names(self.target))
            case Kind.COGNITO:
                return say("Cognito authorizer {}: user pool {}", name, names(self.target, " or "))
            case Kind.JWT:
                issuer, *audiences = self.target or ("?",)
                return say("JWT authorizer {}: issuer {}, audience {}", name, issuer, names(audiences, " or "))
            case Kind.IAM:
                return ("IAM: callers whose policies allow it",)
            case Kind.OTHER:
                return say("authorizer {}, which is not in this plan", name)
            case Kind.NOBODY:
                return say("nobody: this plan destroys its authorizer {}", name)
            case Kind.UNKNOWN:
                return say("unknown until apply: {}", name) if self.who else ("unknown until apply",)


def compare(before: Access, after: Access) -> Difference:
    """What changes for callers when one access becomes another; unclear changes count as looser and tighter."""
    difference = _compare_kinds(before, after)
    if before.private and not after.private:
        difference += Difference(looser=True, why=(("from VPCs only → from the internet",),))
    if after.private and not before.private:
        difference += Difference(tighter=True, why=(("from the internet → from VPCs only",),))
    return difference


def _compare_kinds(before: Access, after: Access) -> Difference:
    if before.is_open or after.is_open:
        return _compare_open(before, after)
    if after.kind is Kind.NOBODY or before.kind is Kind.NOBODY:
        if after.kind is before.kind:
            return Difference()
        return Difference(after.kind is not Kind.NOBODY, after.kind is Kind.NOBODY)
    if Kind.UNKNOWN in (before.kind, after.kind):
        if before == after:
            return Difference()
        return Difference(True, True, (("which authorizer it is cannot be known before apply",),))
    if before.kind is not after.kind:
        return Difference(True, True, (("other callers than before",),))
    difference = _compare_same_kind(before, after)
    if before.api_key and not after.api_key:
        difference += Difference(looser=True, why=(("no longer asks for an API key",),))
    if after.api_key and not before.api_key:
        difference += Difference(tighter=True, why=(("asks for an API key",),))
    return difference + _compare_scopes(before.scopes, after.scopes)


def _compare_open(before: Access, after: Access) -> Difference:
    if before.kind is after.kind:
        return Difference()
    if before.is_open and after.is_open:
        if after.kind is Kind.PUBLIC:
            return Difference(looser=True, why=(("no longer asks for an API key",),))
        return Difference(tighter=True, why=(("asks for an API key, which is no authentication",),))
    return Difference(looser=True) if after.is_open else Difference(tighter=True)


def _compare_same_kind(before: Access, after: Access) -> Difference:
    if before.kind is Kind.RULE:
        return _compare_rule_access(before, after)
    if before.target == after.target:
        return Difference()
    if before.kind is Kind.COGNITO:
        return _compare_sets("user pool", before.target, after.target)
    if before.kind is Kind.JWT:
        if before.target[:1] != after.target[:1]:
            return Difference(True, True, (say("issuer {} → {}", names(before.target[:1]), names(after.target[:1])),))
        return _compare_sets("audience", before.target[1:], after.target[1:])
    if before.kind is Kind.LAMBDA:
        return Difference(
            True, True, (say("another function decides: {} → {}", names(before.target), names(after.target)),)
        )
    return Difference(True, True, (say("another authorizer: {} → {}", names(before.who), names(after.who)),))


def _compare_rule_access(before: Access, after: Access) -> Difference:
    difference = Difference()
    renamed: tuple[Text, ...] = ()
    if before.who != after.who:
        renamed = (say("rule {} → {}", names(before.who), names(after.who)),)
    if before.rule is not None and after.rule is not None:
        found = access_rules.compare_rules(before.rule, after.rule)
        if _hidden(before) or _hidden(after):
            found = Difference(found.looser, found.tighter, (("what the rule asks for changes",),) if found.why else ())
        difference += Difference(found.looser, found.tighter, renamed + found.why)
    elif before.rule is not after.rule or before.who != after.who:
        difference += Difference(True, True, (*renamed, ("what the rule asks for cannot be known before apply",)))
    if before.function is None or after.function is None:
        return difference
    if before.function.name != after.function.name:
        said = say("another function decides: {} → {}", before.function.name, after.function.name)
        difference += Difference(True, True, (said,))
    elif before.function.configuration is not None and after.function.configuration is None:
        difference += Difference(True, True, (("the authorizer's configuration cannot be known before apply",),))
    found = access_rules.compare_issuers(before.function, after.function)
    if (_hidden(before) or _hidden(after)) and found.why:
        found = Difference(found.looser, found.tighter, (("whose tokens are accepted changes",),))
    return difference + found


def _compare_scopes(before: tuple[str, ...], after: tuple[str, ...]) -> Difference:
    """Of a route's own scopes any one is enough, and none means that none is asked for."""
    if set(before) == set(after):
        return Difference()
    if not after:
        return Difference(looser=True, why=(say("no longer asks for scope {}", names(before, " or ")),))
    if not before:
        return Difference(tighter=True, why=(say("asks for scope {}", names(after, " or ")),))
    return _compare_sets("scope", before, after)


def _compare_sets(noun: str, before: tuple[str, ...], after: tuple[str, ...]) -> Difference:
    added = [each for each in after if each not in before]
    removed = [each for each in before if each not in after]
    why = [say(f"{noun} {{}} is accepted", each) for each in added]
    why += [say(f"{noun} {{}} is no longer accepted", each) for each in removed]
    return Difference(bool(added), bool(removed), (join(why),) if why else ())


def _hidden(access: Access) -> bool:
    return access.function is not None and access.function.hidden
