"""What the authorizer answers to a token, by its own code, from where the signature has been verified.

No plan holds the keys that sign tokens, so a signature counts as good here, and the algorithm that the header names is
held against the issuer's. Everything after that is the authorizer's own: the reader of its settings, the checks of
claims, and the rule. The tests sign the same tokens and ask the whole authorizer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from jwt_authorizer import binding, claims, config, context, rules, tenants
from jwt_authorizer.algorithms import is_allowed, is_hmac
from jwt_authorizer.errors import AlgorithmNotAllowed, ConfigurationError, IssuerUnknown, Rejected
from jwt_authorizer.request import Request
from jwt_authorizer.rules import Unmet
from jwt_authorizer.settings import Issuer, Rule, Settings

ALLOWED: Final = "allowed"
UNAUTHORIZED: Final = "401"
FORBIDDEN: Final = "403"

NOW: Final = 1_800_000_000
"""The time of every decision, in seconds since 1970: a review says the same tomorrow."""

CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----\nd2l0bmVzcw==\n-----END CERTIFICATE-----"
"""The client certificate of every request."""


@dataclass(frozen=True)
class Token:
    """A token whose signature is good, and the path parameters of the request that carries it."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    path: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What the caller sees: ``allowed``, ``401`` or ``403``, and why."""

    word: str
    reason: str = ""
    refusal: Rejected | Unmet | None = field(default=None, compare=False)

    @property
    def is_allowed(self) -> bool:
        return self.word == ALLOWED


def settings_of(configuration: Mapping[str, Any] | None) -> Settings | None:
    """The settings in a configuration; None where this release's reader does not take it."""
    try:
        return config.parse(configuration)
    except ConfigurationError:
        return None


def issuer_of(settings: Settings, claims: Mapping[str, Any], algorithm: str) -> Issuer | None:
    """The issuer of a token with these claims and this algorithm; None where there is none.

    As in the authorizer an exact name goes before that of several tenants, and one name may have an entry for secrets
    and one for public keys.
    """
    named = [issuer for issuer in settings.issuers if not issuer.tenants and issuer.issuer == claims.get("iss")]
    if named:
        return next((issuer for issuer in named if is_hmac(algorithm) in map(is_hmac, issuer.algorithms)), None)
    return next((issuer for issuer in settings.issuers if tenants.owns(issuer, claims)), None)


def decide(settings: Settings, rule: Rule, token: Token, now: float = NOW) -> Answer:
    """The authorizer's answer to a token, for a route with this rule."""
    try:
        issuer = issuer_of(settings, token.claims, token.header["alg"])
        if issuer is None:
            is_named = any(
                token.claims.get("iss") == issuer.issuer for issuer in settings.issuers if not issuer.tenants
            )
            raise AlgorithmNotAllowed if is_named else IssuerUnknown
        if not is_allowed(token.header["alg"], issuer.algorithms):
            raise AlgorithmNotAllowed
        principal = verify(issuer, rule, token, now)
        context.build(token.claims, settings.context_claims, principal)
    except Rejected as refusal:
        return Answer(FORBIDDEN if settings.deny_invalid_tokens else UNAUTHORIZED, refusal.reason, refusal)
    except context.ContextTooLarge:
        return Answer(FORBIDDEN, "context_too_large")
    unmet = rules.unmet(rule, token.claims, rules.scopes(token.claims, issuer.scope_claims), token.path)
    return Answer(FORBIDDEN, unmet.reason, unmet) if unmet else Answer(ALLOWED)


def verify(issuer: Issuer, rule: Rule, token: Token, now: float = NOW) -> str:
    """Check the claims of a token by its issuer's settings, and what it is bound to; returns the principal.

    Raises a subclass of Rejected.
    """
    claims.check(dict(token.claims), dict(token.header), issuer, now)
    principal = claims.principal(dict(token.claims), issuer)
    binding.check(token.claims, rule, Request("", "", path_parameters=token.path, client_certificate=CERTIFICATE))
    return principal
