"""What an authorizer lets in: this repository's rules, Cognito, JWT, or somebody else's function."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from scripts.review_plan.access import access_rules
from scripts.review_plan.access.model import Access, Kind
from scripts.review_plan.plan import references
from scripts.review_plan.plan.addresses import shared_depth
from scripts.review_plan.plan.state import UNKNOWN, ResourceState, State
from scripts.review_plan.text import Text

TYPES = {
    "aws_api_gateway_method": "aws_api_gateway_authorizer",
    "aws_apigatewayv2_route": "aws_apigatewayv2_authorizer",
}

_FUNCTION = re.compile(r":function:([^:/]+)(?::([^:/]+))?")


class Authorizers:
    """The authorizers of one side, each looked at once."""

    def __init__(self, side: State, other: State | None = None) -> None:
        self._side = side
        self._other = other
        self._functions = access_rules.functions(side)
        self._known: dict[str, Access] = {}
        self._hints = _hints(side)

    def of(self, route: ResourceState, route_name: str | None) -> Access:
        """Who may call a route that names an authorizer; ``route_name`` is its verb and path, where known."""
        type_ = TYPES[route.type]
        value = route.get("authorizer_id")
        found = self._side.resolve_reference(route, "authorizer_id", type_)
        if len(found) > 1:
            found = self._narrowed(found, route, route_name)
        if len(found) == 1:
            return self.described(found[0])
        if found:
            return Access(Kind.UNKNOWN, tuple(sorted({_name(each) for each in found})))
        if isinstance(value, str) and value:
            gone = self._other.with_id(type_, value) if self._other else None
            return Access(Kind.NOBODY, (_name(gone),)) if gone else Access(Kind.OTHER, (value,))
        if value is UNKNOWN:
            return Access(Kind.UNKNOWN)
        return Access(Kind.NOBODY, ("(none named)",))

    def described(self, authorizer: ResourceState) -> Access:
        """Who passes an authorizer."""
        if authorizer.address not in self._known:
            self._known[authorizer.address] = self._described(authorizer)
        return self._known[authorizer.address]

    def _described(self, authorizer: ResourceState) -> Access:
        name = _name(authorizer)
        kind = str(authorizer.get("authorizer_type") or authorizer.get("type") or "TOKEN").upper()
        if kind == "COGNITO_USER_POOLS":
            return Access(Kind.COGNITO, (name,), _texts(authorizer.get("provider_arns")))
        if kind == "JWT":
            settings = authorizer.block("jwt_configuration")
            issuer = str(settings.get("issuer") or "?")
            return Access(Kind.JWT, (name,), (issuer, *_texts(settings.get("audience"))))
        function, alias = self._called(authorizer)
        ours = self._deciding(authorizer, function) if function else None
        if ours is not None:
            rule = alias or name
            return Access(Kind.RULE, (rule,), rule=ours.rule(rule), function=ours)
        if function is None:
            return Access(Kind.LAMBDA, (name,), ("a function that is known after apply",))
        return Access(Kind.LAMBDA, (name,), (f"{function}:{alias}" if alias else function,))

    def _deciding(self, authorizer: ResourceState, name: str) -> access_rules.Function | None:
        """The function of this name that decides by rules; of several, the one of the very ARN, or the nearest."""
        found = self._functions.get(name, [])
        if len(found) > 1:
            uri = authorizer.text("authorizer_uri") or ""
            exact = [each for each in found if each.arn and f"{each.arn}:" in uri.replace("/", ":")]
            found = exact or found
        if len(found) > 1:
            found = sorted(found, key=lambda each: shared_depth(each.module, authorizer.module), reverse=True)
        return found[0] if found else None

    def _called(self, authorizer: ResourceState) -> tuple[str | None, str | None]:
        """The function that an authorizer calls and the alias it calls it by, as far as they are known."""
        uri = authorizer.get("authorizer_uri")
        if uri is not UNKNOWN:
            return function_in(uri)
        # What is known already cannot be where an unknown URI comes from.
        aliases, functions = (
            [
                each
                for each in self._side.reference_candidates(authorizer, "authorizer_uri", type_, known=True)
                if each.get("invoke_arn") is UNKNOWN
            ]
            for type_ in ("aws_lambda_alias", "aws_lambda_function")
        )
        named = [each for each in aliases if each.get("name") == authorizer.get("name")]
        aliases = named if len(named) == 1 else aliases
        called = {_function_name(each) for each in functions}
        if len(aliases) == 1:
            owner = self._function_of(aliases[0])
            return (owner, aliases[0].text("name")) if called <= {owner} else (None, None)
        return (called.pop(), None) if len(called) == 1 and not aliases else (None, None)

    def _function_of(self, alias: ResourceState) -> str | None:
        name = alias.get("function_name")
        if isinstance(name, str):
            return function_in(name)[0] or name
        found = self._side.reference_candidates(alias, "function_name", "aws_lambda_function", known=True)
        return _function_name(found[0]) if len(found) == 1 else None

    def _narrowed(
        self, found: list[ResourceState], route: ResourceState, route_name: str | None
    ) -> list[ResourceState]:
        """Of several that it may be, the one of the route's own key, or the one that an output of routes names."""
        same = [each for each in found if each.key is not None and each.key == route.key]
        told = references.static_for_each_keys(self._side.plan, route.resource, "authorizer_id")
        meant = [each for each in found if each.key in told]
        if len(meant) == 1:
            return meant
        hint = self._hints.get(route_name) if route_name else None
        hinted = [each for each in found if hint is not None and each.get("name") == hint]
        return same if len(same) == 1 else hinted if len(hinted) == 1 else found


def with_demands(access: Access, *, scopes: tuple[str, ...], api_key: bool, private: bool, note: Text = ()) -> Access:
    """An authorizer's access with what the route itself asks for."""
    return replace(access, scopes=scopes, api_key=api_key, private=private, note=note)


def function_in(uri: Any) -> tuple[str | None, str | None]:
    """The function's name and the alias in an ARN or in an API Gateway integration's URI."""
    found = _FUNCTION.search(uri) if isinstance(uri, str) else None
    return (found.group(1), found.group(2)) if found else (None, None)


def _function_name(function: ResourceState) -> str:
    return function.text("function_name") or function.address


def _name(authorizer: ResourceState) -> str:
    return authorizer.text("name") or authorizer.address


def _texts(value: Any) -> tuple[str, ...]:
    if value is UNKNOWN or value is None:
        return (str(UNKNOWN),) if value is UNKNOWN else ()
    return tuple(sorted(str(each) for each in value)) if isinstance(value, list) else (str(value),)


def _hints(side: State) -> dict[str, str]:
    """Route => rule, from outputs such as ``{"GET /me": {"rule": "signed-in"}}``; they only choose among candidates."""
    hints: dict[str, str] = {}
    if side.is_after:
        for output in side.plan.outputs.values():
            if isinstance(output, dict):
                for route, each in output.items():
                    if isinstance(each, dict) and isinstance(each.get("rule"), str):
                        hints[str(route)] = each["rule"]
    return hints
