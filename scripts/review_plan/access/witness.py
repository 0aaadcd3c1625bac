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
from typing import Any, Final, NamedTuple

from jwt_authorizer import binding, rules, tenants
from jwt_authorizer.algorithms import ALGORITHMS, is_allowed
from jwt_authorizer.errors import Rejected
from jwt_authorizer.settings import Issuer, Rule, Settings, media_type
from scripts.review_plan.access.decision import CERTIFICATE, NOW, Answer, Token, decide, issuer_of, verify
from scripts.review_plan.access.witness_words import CLIENT_CLAIMS, words
from scripts.review_plan.errors import ReviewError
from scripts.review_plan.text import Text, typed

_TIMES: Final = ("exp", "nbf", "iat")
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
            if _owner(after, issuer, named.claims) != issuer:
                continue
            old = _owner(before, issuer, named.claims)
            usual, new = _Search((old or issuer, before.rule), (issuer, after.rule), named).tokens()
            # Where nobody owned such tokens, every one is new.
            found = new or (usual if old is None else None)
            if found is not None:
                return _run(before, after, found)
    return None


def _owner(side: Side, issuer: Issuer, claims: Parts) -> Issuer | None:
    """Whose a token with these claims is that an issuer may sign, all of whose algorithms are of one kind."""
    return issuer_of(side.settings, claims, next(iter(issuer.algorithms)))


class _Named(NamedTuple):
    """The claims by which a token's issuer is found, and one that it must not have, with its value."""

    claims: Parts
    unwanted: tuple[str, str] | None = None


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
        old = _owner(before, issuer, claims)
        if old is not None and old.tenants:
            # One tenant of many before: its tokens with that `tid`, and all others, which nobody owned.
            tenant = claims["tid"]
            if _accepts(issuer, after.rule, tenant):
                yield _Named(claims)
            if set(issuer.claims.get("tid", (None,))) != {tenant}:
                yield _Named({"iss": issuer.issuer}, ("tid", tenant))
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
    first, *others = after.settings.issuers
    several = bool(others or first.tenants)
    # Where no binding was asked for, having one is not what is new.
    unbound = token if before.rule.binding else replace(token, claims=_unbound(token.claims))
    refused = decide(before.settings, before.rule, unbound)
    return Witness(token, was, now, words(token, refused, before.rule, after.rule, name_issuer=several))


def example(side: Side) -> Token | None:
    """The plainest token that the rule takes, of the first issuer that has one; None where none is found."""
    own = [(issuer, named) for issuer in side.settings.issuers for named in _named(issuer, side, side)]
    for issuer, named in own:
        try:
            usual, _ = _Search((issuer, side.rule), (issuer, side.rule), named).tokens()
        except Unsure:
            continue
        if decide(side.settings, side.rule, usual).is_allowed:
            return usual
    return None


class _Search:
    """The search among tokens of one issuer."""

    def __init__(self, before: tuple[Issuer, Rule], after: tuple[Issuer, Rule], named: _Named) -> None:
        self._names = named.claims
        self._unwanted = named.unwanted
        self._before, self._after = before, after
        self._issuers = (before[0], after[0])
        self._rules = (before[1], after[1])
        self._scope_names = sorted({name for issuer in self._issuers for name in issuer.scope_claims}) or ["scope"]

    def tokens(self) -> tuple[Token, Token | None]:
        """The plainest token that is taken after, and one that is taken after and refused before, if there is any."""
        choices = [self._choose(group) for group in self._groups()]
        header, new_header = self._header()
        chosen = [usual for usual, _ in choices]
        usual_token = self._made(header, chosen)
        for place, (_, breaking) in enumerate(choices):
            if breaking is not None:
                chosen[place] = breaking
                return usual_token, self._made(header, chosen)
        return usual_token, None if new_header is None else self._made(new_header, chosen)

    def _made(self, header: dict[str, str], chosen: list[Parts]) -> Token:
        parts = dict(self._names)
        for values in chosen:
            parts |= values
        return _token(header, parts)

    def _header(self) -> tuple[dict[str, str], dict[str, str] | None]:
        """A header that is taken after, and one that is not taken before, if there is any."""
        old, new = self._issuers
        types = [None, *sorted({kind for issuer in self._issuers for kind in issuer.token_types or ()}), "JWT"]
        headers = [
            {"alg": name} | ({} if kind is None else {"typ": kind})
            for kind in types
            for name in sorted(ALGORITHMS, key=lambda name: (name not in old.algorithms, name))
            if is_allowed(name, new.algorithms) and _takes_type(new, kind)
        ]
        if not headers:
            raise Unsure
        good = [each for each in headers if is_allowed(each["alg"], old.algorithms)]
        usual = [each for each in good if _takes_type(old, each.get("typ"))]
        others = [each for each in headers if each not in usual]
        # One thing at a time: a new algorithm with a type as before.
        others.sort(key=lambda each: each not in good and not _takes_type(old, each.get("typ")))
        return (usual or headers)[0], others[0] if others else None

    def _choose(self, group: list[str]) -> tuple[Parts, Parts | None]:
        """Values of a group that are taken after, and such that are refused before, if there are any.

        Raises Unsure where none are taken after.
        """
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
                return usual, breaking
        taken = breaking if usual is None else usual
        if taken is None:
            raise Unsure
        return taken, breaking

    def _groups(self) -> list[list[str]]:
        """The parts that conditions read, those together that one condition reads."""
        links: list[list[str]] = [list(self._scope_names)]
        if any(issuer.client_ids for issuer in self._issuers):
            links.append(list(CLIENT_CLAIMS))
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
        return set(group).isdisjoint(self._scope_names), set(group).isdisjoint(of_rule), group

    def _candidates(self, group: list[str]) -> Iterator[Parts]:
        """Every assignment of a group that conditions can tell apart, the plainest first.

        Of claims that only hold scopes, or only name the client, one at a time is enough: what it says alone is all
        that a condition sees of them.
        """
        fixed = {"iss", *self._names}
        options = {name: self._options(name, group) for name in group if name not in fixed}
        alone = [name for name in options if self._is_alone(name)]
        single = [{}, *(option for name in alone for option in options[name] if option)]
        named = {name: value for name, value in self._names.items() if name in group}
        for parts in _choices([single, *(options[name] for name in options if name not in alone)]):
            yield parts | named

    def _options(self, name: str, group: list[str]) -> list[Parts]:
        """What there may be of a claim, or of a path parameter; a claim may be missing."""
        options = [{name: value} for value in self._values(name, group) if (name, value) != self._unwanted]
        return options if name.startswith(_PATH) else [{}, *options]

    def _is_alone(self, name: str) -> bool:
        """Whether a claim only holds scopes, or only names the client."""
        return not self._is_named(name) and (name in self._scope_names or name in CLIENT_CLAIMS)

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
            return [{"x5t#S256": binding.thumbprint(CERTIFICATE)}]
        named = self._scalars(name)
        if self._is_alone(name):
            return _distinct([*self._scopes(name, named), *named, _SOMEONE])
        found = [*self._times(name), *self._scopes(name, named), *named, *self._lists((name,), named)]
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
            texts += [[*chosen, *values] for chosen in sets for values in (*self._lists((name,), named), [])]
        return texts

    def _lists(self, path: tuple[str, ...], named: list[Any]) -> list[list[Any]]:
        """Lists of the values that rules name: all of them, and for each condition all that do not meet it."""
        accepted = [rule.claims[path] for rule in self._rules if path in rule.claims]
        if path == ("aud",):
            accepted += [tuple(issuer.audiences) for issuer in self._issuers]
        rest = [[value for value in named if not _is_in(value, values)] for values in accepted]
        return [values for values in (named, *rest) if values]

    def _scalars(self, name: str) -> list[Any]:
        found: list[Any] = [self._names[name]] if name in self._names else []
        for issuer in self._issuers:
            found += issuer.claims.get(name, ())
            found += sorted(issuer.audiences) if name == "aud" else []
            found += sorted(issuer.client_ids) if name in CLIENT_CLAIMS else []
        for rule in self._rules:
            found += rule.claims.get((name,), ())
        return _distinct(found)

    def _nested(self, name: str) -> list[Any]:
        """Objects for the claims of rules that lie within a claim."""
        paths = dict.fromkeys(
            path
            for rule in self._rules
            for path in (*rule.claims, *rule.path_equals.values())
            if path[0] == name and path[1:]
        )
        options = []
        for path in paths:
            named = _distinct([value for rule in self._rules for value in rule.claims.get(path, ())])
            values = [*named, *self._lists(path, named), _SOMEONE, _OTHER, _NUMBER]
            options.append([{}, *({path: value} for value in values)])
        made = map(_object, _choices(options))
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
        if name in self._scope_names and any(path[1:] for path in paths):
            raise Unsure
        return any(_leads_on(path, further) for path in paths for further in paths)


def _leads_on(path: tuple[str, ...], further: tuple[str, ...]) -> bool:
    return path in [further[:end] for end in range(len(further))]


def _piece(path: tuple[str, ...], value: Any) -> Any:
    """One item of a claim's list: the value itself, or an object that holds nothing but the value at the path."""
    for name in reversed(path[1:]):
        value = {name: [value]}
    return value


def _choices(options: Sequence[Sequence[Mapping[Any, Any]]]) -> Iterator[dict[Any, Any]]:
    """Every choice of one of each, put together. Raises Unsure where there are more than can be tried."""
    if math.prod(map(len, options)) > _MOST:
        raise Unsure
    for choice in itertools.product(*options):
        yield {name: value for option in choice for name, value in option.items()}


def _takes_type(issuer: Issuer, kind: str | None) -> bool:
    return issuer.token_types is None or media_type(kind or "") in issuer.token_types


def _only(side: tuple[Issuer, Rule], group: list[str], scope_names: list[str]) -> tuple[Issuer, Rule]:
    """An issuer and a rule with those conditions alone that read a group."""
    issuer, rule = side
    of_scopes = not set(group).isdisjoint(scope_names)
    of_client = not set(group).isdisjoint(CLIENT_CLAIMS)
    return (
        issuer.replace(
            audiences=issuer.audiences if "aud" in group else frozenset(),
            client_ids=issuer.client_ids if of_client else frozenset(),
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
        place = made
        for step in path[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                return None
        place[path[-1]] = value
    return made


def _distinct(values: Iterable[Any]) -> list[Any]:
    """Values without repetitions; true is not 1, and 1 is not 1.0."""
    found: dict[str, Any] = {}
    for value in values:
        found.setdefault(typed(value), value)
    return list(found.values())


def _is_in(value: Any, values: Iterable[Any]) -> bool:
    return any(typed(value) == typed(other) for other in values)
