"""The door: what Lambda calls, and how each outcome is told to API Gateway."""

import os
import time
from typing import Any

from jwt_authorizer import claims, config, context, jws, policy, request, rules, telemetry
from jwt_authorizer.errors import (
    ConfigurationError,
    EventNotRecognized,
    InternalError,
    KeysUnavailable,
    Rejected,
    Unauthorized,
)
from jwt_authorizer.issuers import Issuers
from jwt_authorizer.settings import Settings
from jwt_authorizer.telemetry import Decision


class Authorizer:
    """The settings and the keys, which live as long as the execution environment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._issuers = Issuers(settings.issuers)

    def fetch_keys(self) -> None:
        """Fetch the keys ahead of the first request, while start-up has a full CPU.

        A source that is down now may be up when the first request comes, so that alone is no reason to fail.
        """
        try:
            self._issuers.fetch_keys()
        except KeysUnavailable as failure:
            telemetry.write({"outcome": "error", "reason": "keys_unavailable", "message": str(failure)})

    def authorize(self, event: Any, invoked_function_arn: str, decision: Decision) -> dict[str, Any]:
        """Decide on one event.

        Returns the policy, or raises Unauthorized for a token that is not trusted; every other exception means that
        there is no decision, which API Gateway answers with 500.
        """
        rule = rules.called_rule(invoked_function_arn, self._settings.rules)
        decision.fields["rule"] = rule.name
        asked = request.read(event)
        try:
            token = jws.read(request.token(asked.credentials))
            decision.fields.update(algorithm=token.algorithm[:32], key_id=token.key_id)
            carried = claims.read(token.payload)
            # `iss` is believed only so far as to choose whose key must have signed the token.
            issuer = self._issuers.named(carried.get("iss"))
            decision.fields["issuer"] = issuer.settings.issuer
            principal = issuer.verify(token, carried, time.time())
            passed_on = context.build(carried, self._settings.context_claims, principal)
        except Rejected as rejection:
            return self._refuse_token(asked, rejection, decision)
        except context.ContextTooLarge:
            decision.log("deny", "context_too_large")
            return policy.deny(principal, asked.stage_arn, "context_too_large")
        decision.log("allow")
        return policy.allow(principal, asked.stage_arn, passed_on)

    def _refuse_token(self, asked: request.Request, rejection: Rejected, decision: Decision) -> dict[str, Any]:
        if self._settings.deny_invalid_tokens:
            decision.log("deny", rejection.reason, detail=str(rejection) or None)
            return policy.deny(policy.UNAUTHENTICATED, asked.stage_arn, rejection.reason)
        decision.log("unauthorized", rejection.reason, detail=str(rejection) or None)
        raise Unauthorized from None


def _start() -> Authorizer:
    started = Authorizer(config.load(os.environ))
    started.fetch_keys()
    return started


_authorizer = _start()


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one call of API Gateway.

    Takes the event of a TOKEN authorizer and the Lambda context, whose `invoked_function_arn` names the rule.
    Returns `{"principalId", "policyDocument", "context"}`; raises Unauthorized for 401 and anything else for 500.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
    """
    decision = Decision(getattr(context, "aws_request_id", ""))
    try:
        return _authorizer.authorize(event, context.invoked_function_arn, decision)
    except Unauthorized:
        raise
    except (ConfigurationError, EventNotRecognized, KeysUnavailable) as failure:
        decision.log("error", _REASONS[type(failure)], message=str(failure))
        raise
    except Exception as unexpected:
        # Its message and its locals may hold a token, so only where it happened is told.
        frame = unexpected.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        where = f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" if frame else "unknown"
        message = f"{type(unexpected).__name__} at {where}"
        decision.log("error", "internal_error", message=message)
        raise InternalError(message) from None


_REASONS: dict[type[Exception], str] = {
    ConfigurationError: "configuration_error",
    EventNotRecognized: "event_not_recognized",
    KeysUnavailable: "keys_unavailable",
}
