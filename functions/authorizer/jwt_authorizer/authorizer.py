"""From an event to a decision: the request's token, its issuer's word, the denylist, the rule, the policy."""

import time
from contextlib import suppress
from typing import Any

from jwt_authorizer import binding, claims, context, jws, policy, request, rules, telemetry
from jwt_authorizer.errors import (
    ConfigurationError,
    KeysUnavailable,
    Rejected,
    RevocationUnavailable,
    Unauthorized,
)
from jwt_authorizer.issuers import Issuers
from jwt_authorizer.settings import Issuer, Rule, Settings
from jwt_authorizer.telemetry import Decision


class Authorizer:
    """The settings, the keys and the denylist, which live as long as the execution environment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # A subject is one of its issuer's, so where there are several a principal alone does not say who is calling.
        several = len(settings.issuers) > 1 and settings.context_claims != ("*",)
        self._context_claims = (*settings.context_claims, "iss") if several else settings.context_claims
        self._issuers = Issuers(settings.issuers, self._observe)
        self._denylist = None
        if settings.revocation is not None:
            from jwt_authorizer.revocation import Denylist

            self._denylist = Denylist(settings.revocation)

    def fetch_keys(self) -> None:
        """Fetch the keys ahead of the first request, while start-up has a full CPU.

        A source that is down now may be up when the first request comes, so that alone is no reason to fail; it has
        been told of already.
        """
        with suppress(KeysUnavailable):
            self._issuers.fetch_keys()

    def decision(self, request_id: str) -> Decision:
        """What will be told of one call."""
        return Decision(self._settings.telemetry, request_id)

    def authorize(self, event: Any, invoked_function_arn: str, decision: Decision) -> dict[str, Any]:
        """Decide on one event.

        Returns the policy, or raises Unauthorized for a token that is not trusted; every other exception means that
        there is no decision, which API Gateway answers with 500.
        """
        rule = rules.called_rule(invoked_function_arn, self._settings.rules)
        decision.fields["rule"] = rule.name
        asked = request.read(event)
        decision.fields["route"] = asked.route
        if rule.simple_response and asked.payload_version != "2.0":
            raise ConfigurationError(
                f"the rule {rule.name} gives simple responses, which only HTTP APIs with payload format 2.0 take"
            )
        binding.check_kind(rule, asked)
        try:
            token = jws.read(asked.token(rule.token_places))
            decision.fields.update(algorithm=token.algorithm[:32], key_id=token.hashed_key_id)
            carried = claims.read(token.payload)
            decision.mark("read")
            # `iss` and `alg` are believed only so far as to choose whose keys must have signed the token.
            issuer = self._issuers.named(carried.get("iss"), token.algorithm)
            decision.fields["issuer"] = issuer.settings.issuer
            principal = issuer.verify(token, carried, time.time())
            decision.fields["key_id"] = token.key_id
            decision.principal(principal)
            decision.mark("verify")
            binding.check(carried, rule, asked)
            self._check_denylist(carried, decision)
            passed_on = context.build(carried, self._context_claims, principal, typed=asked.payload_version == "2.0")
        except Rejected as rejection:
            return self._refuse_token(rule, asked, rejection, decision)
        except context.ContextTooLarge:
            return self._refuse_caller(rule, asked, principal, rules.Unmet("context_too_large"), decision)
        unmet = rules.unmet(rule, carried, issuer.settings.scope_claims, asked.path_parameters)
        decision.mark("rule")
        if unmet is not None:
            if not unmet.missing_scopes:
                decision.fields["detail"] = rules.unmet_claim(rule, carried, asked.path_parameters)
            return self._refuse_caller(rule, asked, principal, unmet, decision)
        decision.log("allow")
        if asked.payload_version is not None:
            # HTTP APIs hand the backend nothing but the context.
            passed_on["principal"] = principal
        if rule.simple_response:
            return policy.simple_response(True, passed_on)
        return policy.allow(principal, asked.stage_arn, passed_on, self._policy_end(carried, issuer.settings))

    def _observe(self, name: str, message: str) -> None:
        telemetry.event(self._settings.telemetry, name, message)

    def _check_denylist(self, carried: dict[str, Any], decision: Decision) -> None:
        if self._denylist is None:
            return
        try:
            self._denylist.check(carried)
        except RevocationUnavailable as failure:
            self._observe("denylist_failures", str(failure))
            if self._settings.revocation is None or not self._settings.revocation.allow_on_failure:
                raise
        decision.mark("denylist")

    def _policy_end(self, carried: dict[str, Any], issuer: Issuer) -> float | None:
        if not self._settings.bind_policy_to_expiry or "exp" not in carried:
            return None
        ends = float(carried["exp"])
        if issuer.max_age_seconds is not None:
            ends = min(ends, float(carried["iat"]) + issuer.max_age_seconds)
        return ends + issuer.leeway_seconds

    def _refuse_caller(
        self, rule: Rule, asked: request.Request, principal: str, unmet: rules.Unmet, decision: Decision
    ) -> dict[str, Any]:
        decision.log("deny", unmet.reason, missing_scopes=unmet.missing_scopes or None)
        return _deny(rule, asked, principal, unmet)

    def _refuse_token(
        self, rule: Rule, asked: request.Request, rejection: Rejected, decision: Decision
    ) -> dict[str, Any]:
        if not self._settings.deny_invalid_tokens:
            decision.log("unauthorized", rejection.reason, detail=str(rejection) or None)
            raise Unauthorized from None
        decision.log("deny", rejection.reason, detail=str(rejection) or None)
        return _deny(rule, asked, policy.UNAUTHENTICATED, rules.Unmet(rejection.reason))


def _deny(rule: Rule, asked: request.Request, principal: str, unmet: rules.Unmet) -> dict[str, Any]:
    """The refusal in the form that the API expects."""
    if rule.simple_response:
        return policy.simple_response(False, {})
    return policy.deny(principal, asked.stage_arn, unmet.reason, unmet.missing_scopes)
