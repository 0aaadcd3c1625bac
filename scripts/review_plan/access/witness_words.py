"""A witness in words: what is new about a token, by the reason for which it was refused until now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from jwt_authorizer import rules
from jwt_authorizer.errors import (
    AlgorithmNotAllowed,
    AudienceMismatch,
    BindingNotProved,
    ClaimInvalid,
    ClaimMismatch,
    ClaimMissing,
    ClientNotAllowed,
    IssuerUnknown,
    PrincipalMissing,
    TokenExpired,
    TokenNotYetValid,
    TokenTooOld,
    TokenTypeNotAllowed,
)
from jwt_authorizer.rules import Unmet
from jwt_authorizer.settings import Rule
from scripts.review_plan.access.decision import NOW, Answer, Token
from scripts.review_plan.text import Text, join, names, say, typed

CLIENT_CLAIMS: Final = ("client_id", "azp", "appid", "cid")


def words(token: Token, refused: Answer, before: Rule, after: Rule, *, name_issuer: bool) -> Text:
    """The words for a token that is taken from now on.

    Takes the token, the answer before, the rules before and after, and whether there is more than one issuer.
    """
    lead = _lead(token, refused, before, after)
    if refused.reason != "insufficient_scope" and (scopes := _granted(token, after)):
        lead = (*lead, *say(", with scope {}", names(scopes, " and ")))
    if name_issuer and not isinstance(refused.refusal, IssuerUnknown):
        lead = (*lead, *say(", of issuer {}", _shown(token.claims.get("iss"))))
    return lead


def _lead(token: Token, refused: Answer, before: Rule, after: Rule) -> Text:
    refusal = refused.refusal
    if isinstance(refusal, Unmet):
        return _of_rule(token, refusal, before, after)
    found = _REFUSALS.get(type(refusal))
    return found(token, str(refusal)) if found else say("a token that was refused as {}", refused.reason)


def _of_rule(token: Token, unmet: Unmet, before: Rule, after: Rule) -> Text:
    if unmet.reason == "insufficient_scope":
        separator = " or " if unmet.missing_scopes == before.any_scope and len(before.any_scope) > 1 else " and "
        missing = names(unmet.missing_scopes, separator)
        granted = _granted(token, after)
        if set(unmet.missing_scopes) & set(granted):
            holders = [name for name, value in token.claims.items() if _scopes_in(value) & set(granted)]
            return say("scope {} in claim {}", names(granted, " and "), names(holders, " and "))
        if granted:
            return say("scope {} without {}", names(granted, " and "), missing)
        return say("a token without scope {}", missing)
    if unmet.reason == "insufficient_claims":
        failing = [path for path, accepted in before.claims.items() if not _holds(token, path, accepted)]
        return join([_claim(token.claims, path) for path in failing], " and ")
    failing_parameters = [
        (parameter, path)
        for parameter, path in before.path_equals.items()
        if str(rules.value_at(token.claims, path)) != token.path.get(parameter)
    ]
    said = [say("{} in the path that is not claim {}", name, ".".join(path)) for name, path in failing_parameters]
    return join(said, " and ") if said else ("a path that is not its own",)


def _holds(token: Token, path: tuple[str, ...], accepted: tuple[Any, ...]) -> bool:
    return any(typed(item) == typed(wanted) for item in rules.held(token.claims, path) for wanted in accepted)


def _claim(claims: Mapping[str, Any], path: tuple[str, ...]) -> Text:
    # Within a list there is no one value at the path.
    value = rules.value_at(claims, path)
    value = (rules.held(claims, path) or None) if value is None else value
    name = ".".join(path)
    return say("a token without claim {}", name) if value is None else say("claim {} = {}", name, _shown(value))


def _granted(token: Token, after: Rule) -> list[str]:
    """The scopes of a token that its rule asks for."""
    held = {scope for value in token.claims.values() for scope in _scopes_in(value)}
    one = [scope for scope in after.any_scope if scope in held][:1]
    return list(dict.fromkeys(scope for scope in (*after.scopes, *one) if scope in held))


def _scopes_in(value: Any) -> set[str]:
    values = value.split(" ") if isinstance(value, str) else value if isinstance(value, list) else ()
    return {scope for scope in values if isinstance(scope, str)}


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else typed(value)


def _audience(token: Token, _named: str) -> Text:
    audience = token.claims.get("aud")
    return say("audience {}", _shown(audience)) if audience is not None else ("a token without an audience",)


def _client(token: Token, _named: str) -> Text:
    name = next((name for name in CLIENT_CLAIMS if name in token.claims), None)
    return say("client {}", _shown(token.claims[name])) if name else ("a token that names no client",)


def _missing(token: Token, named: str) -> Text:
    return _client(token, named) if named == "client_id" else _claim(token.claims, (named,))


def _type(token: Token, _named: str) -> Text:
    kind = token.header.get("typ")
    return say("a token of type {}", kind) if kind is not None else ("a token that names no type",)


def _not_yet(token: Token, _named: str) -> Text:
    ahead = max(int(token.claims.get(name, NOW)) - NOW for name in ("nbf", "iat"))
    return say("a token that is valid only in {} s", ahead)


def _bound(token: Token, _named: str) -> Text:
    return (
        ("a token bound to a client certificate",) if "cnf" in token.claims else ("a token that is bound to nothing",)
    )


_REFUSALS: Final[Mapping[type, Callable[[Token, str], Text]]] = {
    AlgorithmNotAllowed: lambda token, _: say("a token signed with {}", token.header["alg"]),
    AudienceMismatch: _audience,
    BindingNotProved: _bound,
    ClaimInvalid: lambda token, named: _claim(token.claims, (named,)),
    ClaimMismatch: lambda token, named: _claim(token.claims, (named,)),
    ClaimMissing: _missing,
    ClientNotAllowed: _client,
    IssuerUnknown: lambda token, _: say("any token of issuer {}", _shown(token.claims.get("iss"))),
    PrincipalMissing: lambda token, named: _claim(token.claims, (named,)),
    TokenExpired: lambda token, _: say("a token that expired {} s ago", NOW - int(token.claims.get("exp", NOW))),
    TokenNotYetValid: _not_yet,
    TokenTooOld: lambda token, _: say("a token that was issued {} s ago", NOW - int(token.claims.get("iat", NOW))),
    TokenTypeNotAllowed: _type,
}
