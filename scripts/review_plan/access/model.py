"""What stands before a route, as data: the lock, and what changes when one lock becomes another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from scripts.review_plan.access import access_rules, native, witness
from scripts.review_plan.access.configuration import compare_configurations, compare_rule
from scripts.review_plan.access.decision import settings_of
from scripts.review_plan.access.difference import Difference, looser, tighter, unclear, unread
from scripts.review_plan.access.functions import Decider, compare_deciders
from scripts.review_plan.plan.values import UNKNOWN
from scripts.review_plan.text import Text, join, names, say


class Kind(Enum):
    """What stands before a route."""

    PUBLIC = "public"
    API_KEY = "api-key"
    PREFLIGHT = "preflight"
    METADATA = "metadata"
    CONNECTED = "connected"
    RULE = "rule"
    LAMBDA = "lambda-authorizer"
    COGNITO = "cognito"
    JWT = "jwt"
    IAM = "iam"
    OTHER = "other-authorizer"
    NOBODY = "nobody"
    UNKNOWN = "unknown"
    SEVERAL = "one-of-several"


@dataclass(frozen=True)
class Kept:
    """By what API Gateway keeps an authorizer's answer: it is the answer to every call with the same identity sources.

    ``is_whole`` says that the authorizer sees nothing else, as one of the type TOKEN does.
    """

    sources: frozenset[str]
    is_whole: bool = False


@dataclass(frozen=True)
class Access:
    """The lock of a route: who may call it, as far as API Gateway asks who they are.

    ``who`` is the authorizer's name, and ``target`` what it trusts or calls, by which two of them are compared. A token
    needs one of ``scopes``, which are the route's own. ``several`` are locks by a label, which finds the same one again
    on the other side: one of them holds, or, where they are ``mixed``, each holds for a part of the calls.
    ``is_complete`` says that they are all it may be, because every reference leads to one of them. ``kept`` is None
    where every call is decided anew.
    """

    kind: Kind
    who: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    api_key: bool = False
    rule: Mapping[str, Any] | None = field(default=None, compare=False)
    decider: Decider | None = field(default=None, compare=False)
    note: Text = ()
    several: tuple[tuple[str, Access], ...] = ()
    mixed: bool = False
    is_complete: bool = False
    kept: Kept | None = None
    source: str = ""
    """What a lock that cannot be read was read from: equal text is taken for the same lock."""

    @property
    def is_open(self) -> bool:
        """Whether no one has to say who they are: an API key counts requests and proves nothing."""
        if self.kind is Kind.SEVERAL:
            return any(lock.is_open for _, lock in self.several)
        return self.kind in (Kind.PUBLIC, Kind.API_KEY)

    @property
    def is_known(self) -> bool:
        """Whether it is known what stands there, or all that it may be, or all that it may be trusts the same."""
        if self.kind is not Kind.SEVERAL:
            return self.kind is not Kind.UNKNOWN
        locks = [lock for _, lock in self.several]
        is_one = self.mixed or self.is_complete or len({_trust(lock) for lock in locks}) == 1
        return is_one and all(lock.is_known for lock in locks)

    @property
    def rules(self) -> Iterator[Access]:
        """The rules among the locks that it is or may be."""
        if self.kind is Kind.SEVERAL:
            for _, lock in self.several:
                yield from lock.rules
        elif self.kind is Kind.RULE:
            yield self

    @property
    def words(self) -> Text:
        """Who may call, in words."""
        said = self._said()
        if self.scopes:
            said = (*said, *say(", scope {}", names(self.scopes, " or ")))
        if self.api_key and self.kind is not Kind.API_KEY:
            said = (*said, " and an API key")
        return (*said, *self.note)

    def _said(self) -> Text:
        if self.kind in _PLAIN_WORDS:
            return (_PLAIN_WORDS[self.kind],)
        name = names(self.who, " or ")
        match self.kind:
            case Kind.RULE:
                hidden = self.decider is not None and self.decider.hidden
                return access_rules.describe(self.who[0], self.rule, hidden=hidden)
            case Kind.LAMBDA:
                return say("Lambda authorizer {}, which calls {}", name, names(self.target))
            case Kind.COGNITO:
                return say("Cognito authorizer {}: user pool {}", name, names(self.target, " or "))
            case Kind.JWT:
                issuer, *audiences = self.target or ("?",)
                return say("JWT authorizer {}: issuer {}, audience {}", name, issuer, names(audiences, " or "))
            case Kind.OTHER:
                return say("authorizer {}, which is not in this plan", name)
            case Kind.NOBODY:
                return ("nobody",) if self.note else say("nobody: this plan destroys its authorizer {}", name)
            case Kind.SEVERAL:
                return self._several_words()
        return say("unknown until apply: {}", name) if self.who else ("unknown until apply",)

    def _several_words(self) -> Text:
        words = [lock.words for _, lock in self.several]
        return join(words, "; and ") if self.mixed else ("unknown until apply: ", *join(words, "; or "))


_PLAIN_WORDS: Final = {
    Kind.PUBLIC: "public",
    Kind.API_KEY: "API key only, which is no authentication",
    Kind.PREFLIGHT: "preflight, answered by API Gateway itself",
    Kind.METADATA: "public by design: the document that says where to get a token (RFC 9728)",
    Kind.CONNECTED: "callers that may connect",
    Kind.IAM: "IAM: callers whose policies allow it",
}


def one_of(locks: list[tuple[str, Access]], *, mixed: bool = False, is_complete: bool = False) -> Access:
    """The lock of a route that may be any of several: the more open first, and one where all are the same."""
    distinct: list[tuple[str, Access]] = []
    for label, lock in locks:
        if not any(_is_same(lock, other) for _, other in distinct):
            distinct.append((label, lock))
    if len(distinct) == 1 and (mixed or len(locks) == 1):
        return locks[0][1]
    if len(distinct) == 1:
        return replace(distinct[0][1], who=tuple(sorted({name for _, lock in locks for name in lock.who})))
    order = sorted(distinct, key=lambda labelled: (not labelled[1].is_open, _strictness(labelled[1]), labelled[0]))
    return Access(Kind.SEVERAL, several=tuple(order), mixed=mixed, is_complete=is_complete)


def with_demands(access: Access, *, scopes: tuple[str, ...], api_key: bool) -> Access:
    """An authorizer's lock with what the route itself asks for."""
    if access.kind is Kind.SEVERAL:
        several = [(label, with_demands(lock, scopes=scopes, api_key=api_key)) for label, lock in access.several]
        return replace(access, several=tuple(several))
    return replace(access, scopes=scopes, api_key=api_key)


def with_kept(access: Access, kept: Kept | None) -> Access:
    """A function's lock whose answers are kept."""
    if access.kind is Kind.SEVERAL:
        return replace(access, several=tuple((label, with_kept(lock, kept)) for label, lock in access.several))
    return replace(access, kept=kept) if access.kind in (Kind.RULE, Kind.LAMBDA) else access


def compare(before: Access, after: Access) -> Difference:
    """What changes for callers when one lock becomes another; unclear changes count as looser and tighter."""
    if Kind.SEVERAL in (before.kind, after.kind):
        return _compare_several(before, after)
    if before.is_open or after.is_open:
        return _compare_open(before, after)
    if Kind.NOBODY in (before.kind, after.kind):
        if after.kind is before.kind:
            return Difference()
        return Difference(after.kind is not Kind.NOBODY, after.kind is Kind.NOBODY)
    if Kind.UNKNOWN in (before.kind, after.kind):
        # The same text means the same, whatever it means.
        if before == after and str(UNKNOWN) not in before.source:
            return Difference()
        return unread(("which authorizer it is cannot be known before apply",) if not after.note else after.note[1:-1])
    if before.kind is not after.kind:
        return _compare_kinds(before, after)
    difference = _compare_same_kind(before, after) + _compare_kept(before, after)
    if before.api_key and not after.api_key:
        difference += looser(("no longer asks for an API key",))
    if after.api_key and not before.api_key:
        difference += tighter(("asks for an API key",))
    return difference + _compare_scopes(before.scopes, after.scopes)


def _compare_several(before: Access, after: Access) -> Difference:
    """Nobody new gets in where each that it may be afterwards is no looser than what it is before."""
    old, new = _labelled(before), _labelled(after)
    difference = Difference()
    for label, lock in new:
        same = [other for name, other in old if name == label]
        found = [compare(other, lock) for other in same or [other for _, other in old]]
        if before.mixed and not same:
            found = sorted(found, key=lambda difference: (difference.looser, difference.keys))[:1]
        for part in found:
            difference += part
    if difference.is_nothing and {label for label, _ in old} - {label for label, _ in new}:
        difference += tighter(("fewer may decide",))
    return difference


def _labelled(access: Access) -> tuple[tuple[str, Access], ...]:
    return access.several if access.kind is Kind.SEVERAL else ((_label(access), access),)


def _label(access: Access) -> str:
    return access.decider.version or "new" if access.decider else "?"


def _compare_open(before: Access, after: Access) -> Difference:
    if before.kind is after.kind:
        return Difference()
    if before.is_open and after.is_open:
        if after.kind is Kind.PUBLIC:
            return looser(("no longer asks for an API key",))
        return tighter(("asks for an API key, which is no authentication",))
    return looser() if after.is_open else tighter()


def _compare_kinds(before: Access, after: Access) -> Difference:
    """Two kinds of locks: nobody can say that the one lets in no more than the other."""
    side = _side(after) if before.kind is Kind.JWT and str(UNKNOWN) not in before.target else None
    if side is None or (after.decider is not None and after.decider.hidden):
        return unclear(("other callers than before",))
    return native.compare_with_rule(before.target, before.scopes, side.settings, side.rule)


def _compare_same_kind(before: Access, after: Access) -> Difference:
    if before.kind is Kind.RULE:
        return _compare_rule_access(before, after)
    if before.kind is Kind.LAMBDA and before.decider is not None and after.decider is not None:
        return compare_deciders(before.decider, after.decider)
    if str(UNKNOWN) in (*before.target, *after.target):
        return unread(say("what authorizer {} trusts is known after apply only", names(after.who)))
    if before.target == after.target and before.kind is not Kind.OTHER:
        return Difference()
    if before.kind is Kind.COGNITO:
        return _compare_sets("user pool", before.target, after.target)
    if before.kind is Kind.JWT:
        if before.target[:1] != after.target[:1]:
            issuer = say("issuer {} → {}", names(before.target[:1]), names(after.target[:1]))
            return unclear(issuer) + _compare_sets("audience", before.target[1:], after.target[1:])
        return _compare_sets("audience", before.target[1:], after.target[1:])
    if before.kind is Kind.LAMBDA:
        return unclear(say("another function decides: {} → {}", names(before.target), names(after.target)))
    if before.who == after.who:
        return Difference()
    return unclear(say("another authorizer: {} → {}", names(before.who), names(after.who)))


def _compare_kept(before: Access, after: Access) -> Difference:
    """Whether an answer to one call becomes the answer to another, which the function would have been asked for."""
    if after.kept is None:
        return Difference()
    same = say("an answer is kept for all calls with the same {}", names(sorted(after.kept.sources)))
    if before.kept is None:
        return Difference() if _goes_by_its_token(after) else looser(same)
    gone = before.kept.sources - after.kept.sources
    # A rule's token that is looked for in another place is all that the rule goes by.
    moved = before.rule is not None and after.rule is not None and before.rule.get("token") != after.rule.get("token")
    if not gone or after.kept.is_whole or moved:
        return Difference()
    return looser((*same, *say(", whatever their {}", names(sorted(gone)))))


def _goes_by_its_token(lock: Access) -> bool:
    """Whether a rule gives every call with one token the same answer: it looks at no path and no certificate."""
    return lock.rule is not None and not lock.rule.get("path_equals") and not lock.rule.get("binding")


def _compare_rule_access(before: Access, after: Access) -> Difference:
    if before.decider is None or after.decider is None:
        return unclear(("which function decides is known after apply",))
    difference = compare_deciders(before.decider, after.decider)
    renamed: tuple[Text, ...] = ()
    if before.who != after.who:
        renamed = (say("rule {} → {}", names(before.who), names(after.who)),)
    hidden = before.decider.hidden or after.decider.hidden
    asked = Difference()
    if before.rule is not None and after.rule is not None:
        found = compare_rule(before.rule, after.rule)
        why = (("what the rule asks for changes",),) if hidden and found.why else found.why
        asked += replace(found, why=renamed + why)
    elif not (before.rule is None and after.rule is None and _same_version(before.decider, after.decider)):
        asked += unread(*renamed, ("what the rule asks for cannot be known before apply",))
    was, now = before.decider.configuration, after.decider.configuration
    if was is None or now is None:
        if not _same_version(before.decider, after.decider):
            asked += unread(("the authorizer's configuration cannot be known before apply",))
        return difference + asked
    found = compare_configurations(was, now)
    if hidden and found.why:
        found = replace(found, why=(("whose tokens are accepted changes",),))
    return difference + _shown_by_a_token(before, after, asked + found, hidden=hidden)


def _shown_by_a_token(before: Access, after: Access, difference: Difference, *, hidden: bool) -> Difference:
    """What changes for tokens, with a token that gains.

    Where none does, and nothing is looser that no token could show, nobody gains. Where one does, it is looser whatever
    else was found. A marked configuration is judged too, and its token is not shown.
    """
    old, new = _side(before), _side(after)
    if old is None or new is None or difference.unread:
        return difference
    try:
        found = witness.find(old, new)
    except witness.Unsure:
        return difference
    if found is None:
        return difference if difference.gains else replace(difference, looser=False)
    shown = None if hidden else found
    return difference + Difference(looser=True, witness=shown)


def _side(access: Access) -> witness.Side | None:
    settings = settings_of(access.decider.configuration) if access.decider else None
    rule = settings.rules.get(access.who[0]) if settings else None
    return witness.Side(settings, rule) if settings and rule else None


def _same_version(before: Decider, after: Decider) -> bool:
    return before.version == after.version and before.version is not None and before.values == after.values


def _compare_scopes(before: tuple[str, ...], after: tuple[str, ...]) -> Difference:
    """A token needs one of a route's own scopes, and none where the route has none."""
    if str(UNKNOWN) in after:
        return unread(("scopes are known after apply only",))
    if set(before) == set(after):
        return Difference()
    if not after:
        return looser(say("no longer asks for scope {}", names(before, " or ")))
    if not before:
        return tighter(say("asks for scope {}", names(after, " or ")))
    return _compare_sets("scope", before, after)


def _compare_sets(noun: str, before: tuple[str, ...], after: tuple[str, ...]) -> Difference:
    added = [value for value in after if value not in before]
    removed = [value for value in before if value not in after]
    why = [say(f"{noun} {{}} is accepted", value) for value in added]
    why += [say(f"{noun} {{}} is no longer accepted", value) for value in removed]
    # Without an audience any is good.
    is_looser = bool(added) or (noun == "audience" and not after)
    return Difference(is_looser, bool(removed), (join(why),) if why else ())


def _is_same(one: Access, other: Access) -> bool:
    """Whether two locks of one state let the same callers in."""
    if one.kind is other.kind is Kind.LAMBDA and one.decider is not None and other.decider is not None:
        mine, theirs = one.decider, other.decider
        return (mine.identity, mine.version, mine.qualifier) == (theirs.identity, theirs.version, theirs.qualifier)
    return compare(one, other).is_nothing and compare(other, one).is_nothing and one.kind is not Kind.UNKNOWN


def _trust(lock: Access) -> tuple[str, ...]:
    """Whose callers a lock takes at all, whatever it asks of them besides."""
    if lock.decider is not None:
        return (lock.kind.value, lock.decider.identity)
    if lock.kind is Kind.OTHER:
        return (lock.kind.value, *lock.who)
    return (lock.kind.value, *lock.target)


def _strictness(lock: Access) -> int:
    return len(access_rules.clauses(lock.rule)) if lock.rule is not None else 0
