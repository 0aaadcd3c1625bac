"""The witness of a loosened rule: a token that the configuration before refuses and the one after takes, both run.

What an issuer and a rule ask of a token is a conjunction of conditions, and each condition reads few of the token's
parts. The parts that conditions read together make a group, so that the groups are independent: when any token shows
the loosening, then one does that is made of parts which the configuration after takes, where one group is refused
before. For each group all values that the conditions can tell apart are tried, by the authorizer's own code.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from jwt_authorizer import binding, rules, tenants
from jwt_authorizer.algorithms import ALGORITHMS, is_allowed
from jwt_authorizer.errors import Rejected
from jwt_authorizer.settings import Issuer, Rule, Settings, media_type
from scripts.review_plan.access.decision import CERTIFICATE, NOW, Answer, Token, decide, issuer_of, verify
from scripts.review_plan.access.witness_words import words
from scripts.review_plan.errors import ReviewError
from scripts.review_plan.text import Text, typed

_CLIENT_CLAIMS: Final = ("client_id", "azp", "appid", "cid")
_TIMES: Final = ("exp", "nbf", "iat")
_ABSENT: Final = object()
_SOMEONE, _OTHER, _NUMBER = "someone", "somebody-else", 7
_PATH: Final = "path:"
_TENANT: Final = "00000000-0000-4000-8000-000000000000"
_MOST: Final = 20_000

Parts = dict[str, Any]
"""Some of a token's claims by name, and of the request's path parameters by ``path:`` and their name."""


@dataclass(frozen=True)
class Witness:
    """A token that is refused before and allowed after, what it was answered, and what is new about it in words."""

    token: Token
    before: Answer
    after: Answer
    words: Text


@dataclass(frozen=True)
class Side:
    """A configuration and the rule of a route, before or after."""

    settings: Settings
    rule: Rule


class Unsure(Exception):
    """It cannot be said whether any token gains: there are too many to try, or none that is taken after is found."""


def find(before: Side, after: Side) -> Witness | None:
    """A token that is refused before and allowed after, or None where there is none.

    Raises Unsure, and ReviewError when the authorizer does not answer as it was found to.
    """
    for issuer in after.settings.issuers:
        for named in _named(issuer, before, after):
            if issuer_of(after.settings, named.claims, issuer.algorithms[0]) != issuer:
                continue
            old = issuer_of(before.settings, named.claims, issuer.algorithms[0])
            found = _Search((old or issuer, before.rule), (issuer, after.rule), named).token(anything=old is None)
            if found is not None:
                return _run(before, after, found)
    return None


@dataclass(frozen=True)
class _Named:
    """The claims by which a token's issuer is found, and a tenant that its ``tid`` must not name."""

    claims: Parts
    no_tenant: str | None = None


def _named(issuer: Issuer, before: Side, after: Side) -> Iterator[_Named]:
    """How a token may name an issuer: by ``iss``, and by ``tid`` for each tenant that the configurations tell apart."""
    if issuer.issuer is None:
        yield _Named({})
        return
    if issuer.tenants:
        for tenant in _tenants((before, after)):
            claims = {"iss": tenants.of_tenant(issuer.issuer, tenant), "tid": tenant}
            if tenants.owns(issuer, claims) and _accepts(issuer, after.rule, tenant):
                yield _Named(claims)
        return
    owned = [{"iss": issuer.issuer, "tid": part} for part in issuer.issuer.split("/")]
    for claims in owned:
        old = issuer_of(before.settings, claims, issuer.algorithms[0])
        if old is not None and old.tenants:
            # One tenant of many before: its tokens with that `tid`, and all others, which nobody owned.
            tenant = claims["tid"]
            if _accepts(issuer, after.rule, tenant):
                yield _Named(claims)
            if set(issuer.claims.get("tid", (None,))) != {tenant}:
                yield _Named({"iss": issuer.issuer}, tenant)
            return
    yield _Named({"iss": issuer.issuer})


def _accepts(issuer: Issuer, rule: Rule, tenant: str) -> bool:
    """Whether a tenant is among the values of ``tid``, where an issuer or a rule asks for some."""
    asked = (issuer.claims.get("tid"), rule.claims.get(("tid",)))
    return all(values is None or tenant in values for values in asked)


def _tenants(sides: Sequence[Side]) -> list[str]:
    """The tenants that a configuration names anywhere, and one more, which stands for all others."""
    texts: list[Any] = [_TENANT]
    for side in sides:
        for issuer in side.settings.issuers:
            texts += [*sorted(issuer.tenants), *issuer.claims.get("tid", ()), *(issuer.issuer or "").split("/")]
        texts += side.rule.claims.get(("tid",), ())
    return [text for text in _distinct(texts) if isinstance(text, str) and tenants.is_tenant(text)]


def gains(before: Side, after: Side, token: Token) -> bool:
    """Whether a token is taken after and was not before, neither as it is nor without what it is bound to."""
    unbound = replace(token, claims=_unbound(token.claims))
    was = [decide(before.settings, before.rule, each).is_allowed for each in (token, unbound)]
    return decide(after.settings, after.rule, token).is_allowed and not any(was)


def _unbound(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name != "cnf"}


def _run(before: Side, after: Side, token: Token) -> Witness:
    """Ask the whole authorizer, with both configurations."""
    was = decide(before.settings, before.rule, token)
    now = decide(after.settings, after.rule, token)
    if not gains(before, after, token):
        raise ReviewError(
            f"a witness does not behave as found: rule {after.rule.name} answers {was.word} before and {now.word} after"
            f" ({now.reason or was.reason}); this is a mistake in the review: please report it with both configurations"
        )
    several = len(after.settings.issuers) > 1 or any(issuer.tenants for issuer in after.settings.issuers)
    # Where no binding was asked for, having one is not what is new.
    unbound = token if before.rule.binding else replace(token, claims=_unbound(token.claims))
    refused = decide(before.settings, before.rule, unbound)
    return Witness(token, was, now, words(token, refused, before.rule, after.rule, name_issuer=several))


def example(side: Side) -> Token | None:
    """The plainest token that the rule takes, of the first issuer that has one; None where none is found."""
    own = [(issuer, named) for issuer in side.settings.issuers for named in _named(issuer, side, side)]
    for issuer, named in own:
        try:
            found = _Search((issuer, side.rule), (issuer, side.rule), named).token(anything=True)
        except Unsure:
            continue
        if found is not None and decide(side.settings, side.rule, found).is_allowed:
            return found
    return None


class _Search:
    """The search among tokens of one issuer."""

    def __init__(self, before: tuple[Issuer, Rule], after: tuple[Issuer, Rule], named: _Named) -> None:
        self._names = named.claims
        self._no_tenant = named.no_tenant
        self._before, self._after = before, after
        self._issuers = (before[0], after[0])
        self._rules = (before[1], after[1])
        self._scope_names = sorted({name for issuer in self._issuers for name in issuer.scope_claims}) or ["scope"]

    def token(self, *, anything: bool) -> Token | None:
        """A token that is taken after and, unless ``anything`` is new, refused before."""
        chosen: list[Parts] = []
        breaking: tuple[int, Parts] | None = None
        for place, group in enumerate(self._groups()):
            usual, new = self._choose(group)
            if usual is None:
                raise Unsure
            chosen.append(usual)
            if breaking is None and new is not None:
                breaking = place, new
        header, new_header = self._header()
        if breaking is not None:
            chosen[breaking[0]] = breaking[1]
        elif not anything and new_header is None:
            return None
        elif not anything and new_header is not None:
            header = new_header
        parts = dict(self._names)
        for values in chosen:
            parts |= values
        return _token(header, parts)

    def _header(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """A header that is taken after, and one that is not taken before, if there is any."""
        old, new = self._issuers
        types = [_ABSENT, *sorted({kind for issuer in self._issuers for kind in issuer.token_types or ()}), "JWT"]
        headers: list[dict[str, Any]] = [
            {"alg": name} | ({} if kind is _ABSENT else {"typ": kind})
            for kind in types
            for name in sorted(ALGORITHMS, key=lambda name: (name not in old.algorithms, name))
            if is_allowed(name, new.algorithms) and _takes_type(new, kind)
        ]
        if not headers:
            raise Unsure
        good = [each for each in headers if is_allowed(each["alg"], old.algorithms)]
        usual = [each for each in good if _takes_type(old, each.get("typ", _ABSENT))]
        others = [each for each in headers if each not in usual]
        # One thing at a time: a new algorithm with a type as before.
        others.sort(key=lambda each: each not in good and not _takes_type(old, each.get("typ", _ABSENT)))
        return (usual or headers)[0], others[0] if others else None

    def _choose(self, group: list[str]) -> tuple[Parts | None, Parts | None]:
        """Values of a group that are taken after, and such that are refused before, if there are any."""
        old, new = _only(self._before, group, self._scope_names), _only(self._after, group, self._scope_names)
        usual: Parts | None = None
        breaking: Parts | None = None
        for candidate in self._candidates(group):
            if not _takes(new, candidate):
                continue
            if _takes(old, candidate) or _takes(old, _unbound(candidate)):
                usual = candidate if usual is None else usual
            elif breaking is None:
                breaking = candidate
            if usual is not None and breaking is not None:
                break
        return breaking if usual is None else usual, breaking

    def _groups(self) -> list[list[str]]:
        """The parts that conditions read, those together that one condition reads."""
        links: list[list[str]] = [list(self._scope_names)]
        if any(issuer.client_ids for issuer in self._issuers):
            links.append(list(_CLIENT_CLAIMS))
        for issuer in self._issuers:
            links += [[name] for name in (*issuer.claims, *issuer.required_claims, issuer.principal_claim)]
        for rule in self._rules:
            links += [[path[0]] for path in rule.claims]
            links += [[f"{_PATH}{parameter}", path[0]] for parameter, path in rule.path_equals.items()]
        links += [[name] for name in ("aud", "cnf", *_TIMES)]
        groups: list[list[str]] = []
        for link in links:
            joined = [group for group in groups if set(group) & set(link)]
            groups = [group for group in groups if group not in joined]
            groups.append(list(dict.fromkeys([name for group in joined for name in group] + link)))
        return sorted(groups, key=self._importance)

    def _importance(self, group: list[str]) -> tuple[bool, bool, list[str]]:
        """The rule's own groups first: what it asks for is what a reviewer looks at."""
        of_rule = {path[0] for rule in self._rules for path in (*rule.claims, *rule.path_equals.values())}
        return self._scope_names[0] not in group, not of_rule & set(group), group

    def _candidates(self, group: list[str]) -> Iterator[Parts]:
        """Every assignment of a group that conditions can tell apart, the plainest first.

        Of claims that only hold scopes, or only name the client, one at a time is enough: what it says alone is all
        that a condition sees of them.
        """
        fixed = {"iss", *self._names}
        domains = {name: self._values(name, group) for name in group if name not in fixed}
        if "tid" in domains:
            domains["tid"] = [value for value in domains["tid"] if self._no_tenant is None or value != self._no_tenant]
        alone = [name for name in domains if self._is_alone(name)]
        together = [name for name in domains if name not in alone]
        single = [{}, *({name: value} for name in alone for value in domains[name] if value is not _ABSENT)]
        if len(single) * math.prod(len(domains[name]) for name in together) > _MOST:
            raise Unsure
        named = {name: value for name, value in self._names.items() if name in group}
        for one, *values in itertools.product(single, *(domains[name] for name in together)):
            yield _present(one | dict(zip(together, values, strict=True))) | named

    def _is_alone(self, name: str) -> bool:
        """Whether a claim only holds scopes, or only names the client."""
        return not self._is_named(name) and (name in self._scope_names or name in _CLIENT_CLAIMS)

    def _is_named(self, name: str) -> bool:
        """Whether a condition asks for a claim by its own name."""
        of_issuers = {
            named
            for issuer in self._issuers
            for named in (*issuer.claims, *issuer.required_claims, issuer.principal_claim)
        }
        of_rules = {path[0] for rule in self._rules for path in (*rule.claims, *rule.path_equals.values())}
        return name.startswith(_PATH) or name in of_issuers or name in of_rules

    def _values(self, name: str, group: list[str]) -> list[Any]:
        """The values of a claim, or of a path parameter, that conditions can tell apart."""
        if name.startswith(_PATH):
            texts = [str(value) for other in group for value in self._scalars(other) if type(value) in (str, int)]
            return _distinct([_SOMEONE, _OTHER, str(_NUMBER), *texts])
        if name == "cnf":
            if self._is_named(name):
                raise Unsure
            return [_ABSENT, {"x5t#S256": binding.thumbprint(CERTIFICATE)}]
        named = self._scalars(name)
        if self._is_alone(name):
            return _distinct([_ABSENT, *self._scopes(name, named), *named, _SOMEONE])
        found = [_ABSENT, *self._times(name), *self._scopes(name, named), *named, *self._lists(name, named)]
        if name not in _TIMES:
            found += [_SOMEONE, _OTHER, "", None, _NUMBER]
        return _distinct([*found, *self._nested(name), *self._mixed(name)])

    def _times(self, name: str) -> list[int]:
        leeways = sorted({int(issuer.leeway_seconds) for issuer in self._issuers})
        ages = sorted({int(issuer.max_age_seconds) for issuer in self._issuers if issuer.max_age_seconds is not None})
        if name == "exp":
            return [NOW + 300, *(NOW - leeway for leeway in leeways)]
        if name == "nbf":
            return [NOW + leeway for leeway in leeways]
        if name == "iat":
            old = [NOW - age - leeway for age in ages for leeway in leeways]
            return [NOW, *(NOW + leeway for leeway in leeways), *old]
        return []

    def _scopes(self, name: str, named: list[Any]) -> list[Any]:
        """The scopes that a claim may hold: for each condition, as few as do not meet it."""
        if name not in self._scope_names:
            return []
        conditions = [{scope} for rule in self._rules for scope in rule.scopes]
        conditions += [set(rule.any_scope) for rule in self._rules if rule.any_scope]
        conditions += [set(rule.claims[name,]) for rule in self._rules if (name,) in rule.claims]
        sets: list[list[str]] = []
        for refused in [*conditions, set()]:
            for rule in reversed(self._rules):
                one = next((scope for scope in rule.any_scope if scope not in refused), None)
                sets.append(sorted({*rule.scopes, *([one] if one else ())} - refused))
        sets = [list(chosen) for chosen in dict.fromkeys(map(tuple, sets))]
        texts: list[Any] = [" ".join(chosen) for chosen in sets if chosen]
        if self._is_named(name):
            # With one scope more, the claim is none of the values that a condition asks for.
            texts += [" ".join([*chosen, _SOMEONE]) for chosen in sets]
            texts += [[*chosen, *values] for chosen in sets for values in (*self._lists(name, named), [])]
        return texts

    def _lists(self, name: str, named: list[Any], path: tuple[str, ...] | None = None) -> list[Any]:
        """Lists of the values that rules name: all of them, and for each condition all that do not meet it."""
        if not named:
            return []
        accepted = [rule.claims[path or (name,)] for rule in self._rules if (path or (name,)) in rule.claims]
        if name == "aud":
            accepted += [tuple(issuer.audiences) for issuer in self._issuers]
        rest = [[value for value in named if not _is_in(value, values)] for values in accepted]
        return [list(named), *(values for values in rest if values)]

    def _scalars(self, name: str) -> list[Any]:
        found: list[Any] = [self._names[name]] if name in self._names else []
        for issuer in self._issuers:
            found += issuer.claims.get(name, ())
            found += sorted(issuer.audiences) if name == "aud" else []
            found += sorted(issuer.client_ids) if name in _CLIENT_CLAIMS else []
        for rule in self._rules:
            found += rule.claims.get((name,), ())
        return _distinct(found)

    def _nested(self, name: str) -> list[Any]:
        """Objects for the claims of rules that lie within a claim."""
        paths = list(
            dict.fromkeys(
                path
                for rule in self._rules
                for path in (*rule.claims, *rule.path_equals.values())
                if path[0] == name and len(path) > 1
            )
        )
        if not paths:
            return []
        domains = []
        for path in paths:
            named = _distinct([value for rule in self._rules for value in rule.claims.get(path, ())])
            domains.append([_ABSENT, *named, *self._lists(name, named, path), _SOMEONE, _OTHER, _NUMBER])
        if math.prod(map(len, domains)) > _MOST:
            raise Unsure
        made = (_object(dict(zip(paths, values, strict=True))) for values in itertools.product(*domains))
        return [value[name] for value in made if value is not None and name in value]

    def _mixed(self, name: str) -> list[Any]:
        """Lists of values and objects, for a claim of which one path leads on from where another ends.

        All that rules name is in it, or for each condition all that does not meet it. An object holds its members in
        lists, so that none of their names counts as a value.
        """
        conditions = [(path, values) for rule in self._rules for path, values in rule.claims.items() if path[0] == name]
        if not self._is_mixed(name, {path for path, _ in conditions}):
            return []
        named = [(path, value) for path, values in conditions for value in values]
        return [
            [_piece(path, value) for path, value in named if not (path == unmet and _is_in(value, values))]
            for unmet, values in [((), ()), *conditions]
        ]

    def _is_mixed(self, name: str, paths: set[tuple[str, ...]]) -> bool:
        """Whether one path leads on from where another ends. Raises Unsure where lists would not show it."""
        compared = {path for rule in self._rules for path in rule.path_equals.values()}
        if any(_leads_on(path, further) for path in paths for further in compared):
            raise Unsure
        if name in self._scope_names and any(len(path) > 1 for path in paths):
            raise Unsure
        return any(_leads_on(path, further) for path in paths for further in paths)


def _leads_on(path: tuple[str, ...], further: tuple[str, ...]) -> bool:
    return len(path) < len(further) and further[: len(path)] == path


def _piece(path: tuple[str, ...], value: Any) -> Any:
    """One item of a claim's list: the value itself, or an object that holds nothing but the value at the path."""
    for name in reversed(path[1:]):
        value = {name: [value]}
    return value


def _present(parts: Parts) -> Parts:
    """The parts that are there."""
    return {name: value for name, value in parts.items() if value is not _ABSENT}


def _takes_type(issuer: Issuer, kind: Any) -> bool:
    return issuer.token_types is None or media_type("" if kind is _ABSENT else kind) in issuer.token_types


def _only(side: tuple[Issuer, Rule], group: list[str], scope_names: list[str]) -> tuple[Issuer, Rule]:
    """An issuer and a rule with those conditions alone that read a group."""
    issuer, rule = side
    of_scopes = scope_names[0] in group
    return (
        issuer.replace(
            audiences=issuer.audiences if "aud" in group else frozenset(),
            client_ids=issuer.client_ids if _CLIENT_CLAIMS[0] in group else frozenset(),
            claims={name: values for name, values in issuer.claims.items() if name in group},
            required_claims=tuple(name for name in issuer.required_claims if name in group),
            token_types=None,
            max_age_seconds=issuer.max_age_seconds if "iat" in group else None,
            principal_fallback=issuer.principal_fallback if issuer.principal_claim in group else _SOMEONE,
        ),
        rule.replace(
            scopes=rule.scopes if of_scopes else (),
            any_scope=rule.any_scope if of_scopes else (),
            claims={path: values for path, values in rule.claims.items() if path[0] in group},
            path_equals={parameter: path for parameter, path in rule.path_equals.items() if path[0] in group},
            binding=rule.binding if "cnf" in group else None,
        ),
    )


def _takes(side: tuple[Issuer, Rule], parts: Parts) -> bool:
    issuer, rule = side
    token = _token({}, parts)
    try:
        verify(issuer, rule, token)
    except Rejected:
        return False
    return rules.unmet(rule, token.claims, rules.scopes(token.claims, issuer.scope_claims), token.path) is None


def _token(header: Mapping[str, Any], parts: Parts) -> Token:
    path = {name.removeprefix(_PATH): value for name, value in parts.items() if name.startswith(_PATH)}
    return Token(header, {name: value for name, value in parts.items() if not name.startswith(_PATH)}, path)


def _object(values: Mapping[tuple[str, ...], Any]) -> dict[str, Any] | None:
    """An object with these values at their paths; None where one path leads through another's value."""
    made: dict[str, Any] = {}
    for path, value in sorted(values.items(), key=lambda item: len(item[0])):
        if value is _ABSENT:
            continue
        place = made
        for step in path[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                return None
        if path[-1] in place:
            return None
        place[path[-1]] = value
    return made


def _distinct(values: Iterable[Any]) -> list[Any]:
    """Values without repetitions; true is not 1, and 1 is not 1.0."""
    found: dict[str, Any] = {}
    for value in values:
        found.setdefault("absent" if value is _ABSENT else typed(value), value)
    return list(found.values())


def _is_in(value: Any, values: Iterable[Any]) -> bool:
    return any(typed(value) == typed(other) for other in values)
