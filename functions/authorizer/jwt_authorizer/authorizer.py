"""The order of decisions about one event: its token, the issuer, the denylist, the context, the rule, the policy."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from jwt_authorizer.revocation import Denylist

CheckBinding = Callable[[Mapping[str, Any], Rule, request.Request], None]
# Gets the name of each step that has just ended, and what it found: `scripts/explain` shows them.
Trace = Callable[[str, Any], None]


def _no_trace(_step: str, _found: Any) -> None:
    """The function shows no steps: its log has what operations need, and nothing else of a token."""


class Authorizer:
    """The settings, the keys and the denylist, which live as long as the execution environment."""

    def __init__(
        self,
        settings: Settings,
        *,
        issuers: Issuers | None = None,
        denylist: "Denylist | None" = None,
        check_binding: CheckBinding = binding.check,
        trace: Trace = _no_trace,
    ) -> None:
        """Take the settings; issuers and denylist are made from them unless they are given.

        `scripts/explain` gives its own, which accept what they cannot check, and a trace.
        Raises ConfigurationError that lists every issuer whose keys are not fit, a line each.
        """
        self._settings = settings
        # A subject is one of its issuer's, so where there are several a principal alone does not say who is calling.
        several = len(settings.issuers) > 1 or any(issuer.tenants for issuer in settings.issuers)
        several = several and settings.context_claims != ("*",)
        self._context_claims = (*settings.context_claims, "iss") if several else settings.context_claims
        self._issuers = issuers or Issuers(settings.issuers, self._observe)
        self._denylist = denylist
        self._check_binding = check_binding
        self._trace = trace
        if settings.revocation is not None and denylist is None:
            from jwt_authorizer.revocation import Denylist

            self._denylist = Denylist(settings.revocation)

    def fetch_keys(self) -> None:
        """Fetch the keys ahead of the first request, while start-up has a full CPU.

        A source that is down now may be up when the first request comes, so that alone is no reason to fail; an event
        in the log has said so already.
        """
        with suppress(KeysUnavailable):
            self._issuers.fetch_keys()

    def decision(self, request_id: str) -> Decision:
        """Start the log record of one call."""
        return Decision(self._settings.telemetry, request_id)

    def authorize(self, event: Any, invoked_function_arn: str, decision: Decision) -> dict[str, Any]:
        """Decide on one event.

        Takes the event, the ARN by which the function was called, and the log record. Returns the policy.
        Raises Unauthorized for a token that is not trusted; every other exception means that there is no decision,
        which API Gateway answers with 500.
        """
        rule = rules.called_rule(invoked_function_arn, self._settings.rules)
        decision.fields["rule"] = rule.name
        call = request.read(event)
        decision.fields["route"] = call.route
        if rule.simple_response and call.payload_version != "2.0":
            raise ConfigurationError(
                f"the rule {rule.name} gives simple responses, which only HTTP APIs with payload format 2.0 take"
            )
        binding.check_kind(rule, call)
        try:
            issuer, trusted, principal = self._verify(rule, call, decision)
            passed_on = context.build(
                trusted,
                self._context_claims,
                principal,
                typed=call.payload_version == "2.0",
                usage_key_claim=issuer.usage_key_claim,
            )
        except Rejected as rejection:
            return self._refuse_token(rule, call, rejection, decision)
        except context.ContextTooLarge:
            return self._refuse_caller(rule, call, principal, rules.Unmet("context_too_large"), decision)
        if call.payload_version is not None:
            # HTTP APIs hand the backend nothing but the context.
            passed_on["principal"] = principal
        granted = rules.scopes(trusted, issuer.scope_claims)
        self._trace("scopes", granted)
        unmet = rules.unmet(rule, trusted, granted, call.path_parameters)
        decision.mark("rule")
        if unmet is not None:
            if not unmet.missing_scopes:
                decision.fields["detail"] = rules.unmet_claim(rule, trusted, call.path_parameters)
            return self._refuse_caller(rule, call, principal, unmet, decision)
        self._trace("rule", rule)
        self._trace("context", passed_on)
        decision.log("allow")
        if rule.simple_response:
            return policy.simple_response(True, passed_on)
        # HTTP APIs have no usage plans.
        usage_key = claims.usage_key(trusted, issuer) if call.payload_version is None else None
        return policy.allow(principal, call.stage_arn, passed_on, self._policy_end(trusted, issuer), usage_key)

    def _verify(self, rule: Rule, call: request.Request, decision: Decision) -> tuple[Issuer, dict[str, Any], str]:
        """Return the issuer, the claims and the principal of the call's token, all to be believed.

        Raises a subclass of Rejected, KeysUnavailable or RevocationUnavailable.
        """
        token = jws.read(call.token(rule.token_places))
        self._trace("token", token)
        decision.fields["algorithm"] = token.algorithm[:32]
        try:
            unverified = claims.read(token.payload)
            self._trace("claims", unverified)
            decision.mark("read")
            # `iss`, `tid` and `alg` are believed only so far as to choose whose keys must have signed the token.
            issuer = self._issuers.named(unverified, token.algorithm)
            self._trace("issuer", issuer.settings)
            decision.fields["issuer"] = issuer.settings.issuer
            verified = issuer.verify_signature(token)
        except Exception:
            # What names no key may be a secret.
            decision.fields["key_id"] = token.hashed_key_id
            raise
        decision.fields["key_id"] = token.key_id
        self._trace("signature", verified)
        trusted = unverified
        claims.check(trusted, verified.header, issuer.settings, time.time())
        self._trace("checks", None)
        principal = claims.principal(trusted, issuer.settings)
        self._trace("principal", principal)
        decision.principal(principal)
        decision.mark("verify")
        self._check_binding(trusted, rule, call)
        self._check_denylist(trusted, decision)
        return issuer.settings, trusted, principal

    def _observe(self, name: str, message: str) -> None:
        telemetry.event(self._settings.telemetry, name, message)

    def _check_denylist(self, trusted: dict[str, Any], decision: Decision) -> None:
        if self._denylist is None:
            return
        try:
            self._denylist.check(trusted)
        except RevocationUnavailable as failure:
            self._observe("denylist_failures", str(failure))
            if self._settings.revocation is None or not self._settings.revocation.allow_on_failure:
                raise
        self._trace("denylist", None)
        decision.mark("denylist")

    def _policy_end(self, trusted: dict[str, Any], issuer: Issuer) -> float | None:
        if not self._settings.bind_policy_to_expiry or "exp" not in trusted:
            return None
        ends = float(trusted["exp"])
        if issuer.max_age_seconds is not None:
            ends = min(ends, float(trusted["iat"]) + issuer.max_age_seconds)
        return ends + issuer.leeway_seconds

    def _refuse_caller(
        self, rule: Rule, call: request.Request, principal: str, unmet: rules.Unmet, decision: Decision
    ) -> dict[str, Any]:
        self._trace("unmet", (unmet, decision.fields.get("detail")))
        decision.log("deny", unmet.reason, missing_scopes=unmet.missing_scopes or None)
        return _deny(rule, call, principal, unmet)

    def _refuse_token(
        self, rule: Rule, call: request.Request, rejection: Rejected, decision: Decision
    ) -> dict[str, Any]:
        self._trace("rejected", rejection)
        if not self._settings.deny_invalid_tokens:
            decision.log("unauthorized", rejection.reason, detail=str(rejection) or None)
            raise Unauthorized from None
        decision.log("deny", rejection.reason, detail=str(rejection) or None)
        return _deny(rule, call, policy.UNAUTHENTICATED, rules.Unmet(rejection.reason))


def _deny(rule: Rule, call: request.Request, principal: str, unmet: rules.Unmet) -> dict[str, Any]:
    """The refusal in the form that the API expects."""
    if rule.simple_response:
        return policy.simple_response(False, {})
    return policy.deny(principal, call.stage_arn, unmet.reason, unmet.missing_scopes)
