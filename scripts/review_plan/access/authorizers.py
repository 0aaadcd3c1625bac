"""What an authorizer lets in: this repository's rules, Cognito, JWT, or somebody else's function."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scripts.review_plan.access.apis import HTTP_API, REST_API, Apis
from scripts.review_plan.access.functions import Decider, Functions, function_in
from scripts.review_plan.access.model import Access, Kept, Kind, one_of, with_kept
from scripts.review_plan.plan.state import ResourceState, State
from scripts.review_plan.plan.values import UNKNOWN, get, mapping
from scripts.review_plan.text import say

TYPES: Final = {
    "aws_api_gateway_method": "aws_api_gateway_authorizer",
    "aws_apigatewayv2_route": "aws_apigatewayv2_authorizer",
}
_API: Final = {
    "aws_api_gateway_authorizer": ("rest_api_id", REST_API, "aws_api_gateway_stage", "variables"),
    "aws_apigatewayv2_authorizer": ("api_id", HTTP_API, "aws_apigatewayv2_stage", "stage_variables"),
}
_STAGE_VARIABLE: Final = re.compile(r"\$\{stageVariables\.(\w+)\}")


class Authorizers:
    """The authorizers of one state, each looked at once."""

    def __init__(self, state: State, apis: Apis, functions: Functions, other: State | None = None) -> None:
        self._state = state
        self._apis = apis
        self._functions = functions
        self._other = other
        self._known: dict[str, Access] = {}
        self.named: set[str] = set()
        """The addresses of the authorizers that a route may name."""
        self.stage_variables: set[str] = set()
        """The stage variables that choose a function."""
        self.called: set[tuple[str, str]] = set()
        """The functions of the plan that an authorizer calls, each with the rule."""

    def of(self, route: ResourceState, api: str) -> Access:
        """Who may call a route that names an authorizer, in an API of this identity."""
        type_ = TYPES[route.type]
        value = route.get("authorizer_id")
        if isinstance(value, str) and value:
            found = self._state.with_id(type_, value)
            if found is not None:
                self.named.add(found.address)
                return self.described(found)
            gone = self._other.with_id(type_, value) if self._other else None
            return Access(Kind.NOBODY, (_name(gone),)) if gone else Access(Kind.OTHER, (value,))
        if value is UNKNOWN:
            return self._unknown(route, type_, api)
        return Access(Kind.NOBODY, ("(none named)",))

    def _unknown(self, route: ResourceState, type_: str, api: str) -> Access:
        """An authorizer that does not exist yet: where references lead to none, it may be any of the API's."""
        found = self._state.possible(route, "authorizer_id", type_)
        candidates = found.resources if found.is_closed else self._state.resources(type_)
        if not found.is_complete:
            candidates = [authorizer for authorizer in candidates if self._may_be_of(authorizer, api)]
        if not candidates:
            return Access(Kind.UNKNOWN, source=str(UNKNOWN))
        self.named.update(candidate.address for candidate in candidates)
        locks = [(candidate.address, self.described(candidate)) for candidate in candidates]
        if not found.is_closed:
            locks.append(("elsewhere", Access(Kind.UNKNOWN, source=str(UNKNOWN))))
        return one_of(locks, is_complete=found.is_complete)

    def _may_be_of(self, authorizer: ResourceState, api: str) -> bool:
        attribute, type_, _, _ = _API[authorizer.type]
        own = self._apis.of(authorizer, attribute, type_)
        return own.identity == api or own.state is None or api.startswith("an API of ")

    def described(self, authorizer: ResourceState) -> Access:
        """Who passes an authorizer."""
        if authorizer.address not in self._known:
            self._known[authorizer.address] = with_kept(self._described(authorizer), _kept(authorizer))
        return self._known[authorizer.address]

    def _described(self, authorizer: ResourceState) -> Access:
        settings = authorizer.block("jwt_configuration")
        kind = authorizer.get("authorizer_type") or authorizer.get("type") or "TOKEN"
        if kind is UNKNOWN:
            return Access(Kind.UNKNOWN, (_name(authorizer),), source=str(UNKNOWN))
        if authorizer.get("jwt_configuration") is UNKNOWN:
            settings = {"issuer": UNKNOWN, "audience": UNKNOWN}
        if str(kind).upper() == "COGNITO_USER_POOLS":
            return Access(Kind.COGNITO, (_name(authorizer),), texts(authorizer.get("provider_arns")))
        if str(kind).upper() == "JWT":
            return jwt(_name(authorizer), settings.get("issuer"), settings.get("audience"))
        if authorizer.get("authorizer_uri") is UNKNOWN:
            name = _name(authorizer)
            found = self._functions.referenced(authorizer, "authorizer_uri")
            if found is None:
                return Access(Kind.LAMBDA, (name,), (_LATER,))
            return one_of([(address, self.by_function(name, deciders, _LATER)) for address, deciders in found])
        return self.by_uri(_name(authorizer), authorizer.get("authorizer_uri"), self._stages(authorizer))

    def by_uri(self, name: str, uri: Any, stages: Mapping[str, Mapping[str, Any]]) -> Access:
        """Who passes an authorizer that calls a URI, in an API with these stages and their variables."""
        if isinstance(uri, str):
            self.stage_variables.update(_STAGE_VARIABLE.findall(uri))
        if not isinstance(uri, str) or not _STAGE_VARIABLE.search(uri):
            text = uri if isinstance(uri, str) else ""
            return self.by_function(name, self._functions.named(text), text)
        if not stages:
            return Access(Kind.UNKNOWN, (name,), note=say(" (it calls {})", uri), source=uri)
        locks = []
        for stage, variables in sorted(stages.items()):
            written = _STAGE_VARIABLE.sub(lambda found, own=variables: str(own.get(found[1], "?")), uri)  # type: ignore[misc]
            locks.append((f"stage {stage}", self.by_function(name, self._functions.named(written), written)))
        # Each stage has its own callers, so that a change of one is never hidden by another.
        return Access(Kind.SEVERAL, several=tuple(locks), mixed=True) if len(locks) > 1 else locks[0][1]

    def by_function(self, name: str, deciders: list[Decider], uri: str) -> Access:
        """Who passes an authorizer that calls one of these versions, each for a part of the calls."""
        if not deciders:
            return Access(Kind.LAMBDA, (name,), (uri or "nothing",))
        return one_of([(decider.version or "new", self._decided(name, decider)) for decider in deciders], mixed=True)

    def _decided(self, name: str, decider: Decider) -> Access:
        self.called.add((decider.address or "", decider.qualifier or ""))
        called = f"{decider.name}:{decider.qualifier}" if decider.qualifier else decider.name
        if not decider.is_ours:
            return Access(Kind.LAMBDA, (name,), (called,), decider=decider)
        rule = decider.qualifier
        if rule is None or rule.isdigit() or rule == "$LATEST":
            note = say(": {} is called by no alias, so that every call fails", decider.name)
            return Access(Kind.NOBODY, (name,), note=note)
        rules = (decider.configuration or {}).get("rules")
        if isinstance(rules, dict) and rule not in rules:
            note = say(": {} has no rule {}, so that every call fails", decider.name, rule)
            return Access(Kind.NOBODY, (name,), note=note)
        return Access(Kind.RULE, (rule,), (decider.name,), rule=decider.rule(rule), decider=decider)

    def unused(self) -> Iterator[tuple[str, Access]]:
        """The locks that no route of the plan has: authorizers by address, then the rules that no authorizer calls."""
        for type_ in _API:
            for authorizer in self._state.resources(type_):
                if authorizer.address not in self.named:
                    yield authorizer.address, self.described(authorizer)
        for function, rule, deciders in self._functions.rules():
            if (function.address, rule) not in self.called:
                yield f"rule {rule} of {function.address}", self.by_function(rule, deciders, "")

    def _stages(self, authorizer: ResourceState) -> dict[str, Mapping[str, Any]]:
        attribute, api_type, stage_type, variables = _API[authorizer.type]
        api = self._apis.of(authorizer, attribute, api_type).identity
        return stages_of(self._state, self._apis, api, (attribute, api_type, stage_type, variables))


def kept(ttl: Any, sources: Any, *, is_whole: bool) -> Kept | None:
    """By what answers are kept, where they are at all: for so many seconds, by identity sources in a list or a text."""
    if ttl == 0:
        return None
    written = sources.split(",") if isinstance(sources, str) else texts(sources)
    return Kept(frozenset(source.strip() for source in written if source.strip()), is_whole)


def _kept(authorizer: ResourceState) -> Kept | None:
    """REST APIs keep an answer for 300 s where nothing else is said, and look for the token in ``Authorization``."""
    ttl = authorizer.get("authorizer_result_ttl_in_seconds")
    if authorizer.type == "aws_api_gateway_authorizer":
        sources = authorizer.get("identity_source") or "method.request.header.Authorization"
        is_whole = str(authorizer.get("type") or "TOKEN").upper() == "TOKEN"
        return kept(300 if ttl is None else ttl, sources, is_whole=is_whole)
    return kept(ttl or 0, authorizer.get("identity_sources"), is_whole=False)


_LATER: Final = "a function that is known after apply"


def stages_of(state: State, apis: Apis, api: str, kind: tuple[str, str, str, str]) -> dict[str, Mapping[str, Any]]:
    """The stages of an API with their variables, and those of its canaries."""
    attribute, api_type, stage_type, variables = kind
    found: dict[str, Mapping[str, Any]] = {}
    for stage in state.resources(stage_type):
        if apis.of(stage, attribute, api_type).identity == api:
            name = stage.text("stage_name") or stage.text("name") or stage.address
            own = mapping(stage.get(variables))
            found[name] = own
            overrides = get(stage.get("canary_settings"), 0, "stage_variable_overrides")
            if overrides:
                found[f"{name} (canary)"] = {**own, **mapping(overrides)}
    return found


def stage_kind(authorizer_type: str) -> tuple[str, str, str, str]:
    """How the stages of an authorizer's kind of API are found."""
    return _API[authorizer_type]


def jwt(name: str, issuer: Any, audience: Any) -> Access:
    """A JWT authorizer."""
    return Access(Kind.JWT, (name,), (str(issuer or "?"), *texts(audience)))


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts in order; what is not known is said so."""
    if value is UNKNOWN or value is None:
        return (str(UNKNOWN),) if value is UNKNOWN else ()
    return tuple(sorted(str(item) for item in value)) if isinstance(value, list) else (str(value),)


def _name(authorizer: ResourceState) -> str:
    return authorizer.text("name") or authorizer.address


__all__ = ["TYPES", "Authorizers", "function_in", "jwt", "kept", "stage_kind", "stages_of", "texts"]
