"""The answer to API Gateway: one statement on the whole stage, right for as long as it is cached.

Every route behind one authorizer has the same rule, so what holds for one of them holds for all; nothing from the
path or the token enters the policy. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

from collections.abc import Mapping
from typing import Any, Literal

# The principal of an answer about a token that is not believed; `principalId` must not be empty.
UNAUTHENTICATED = "unauthenticated"


def allow(principal: str, stage_arn: str, context: Mapping[str, str]) -> dict[str, Any]:
    """Let the principal call every route behind this authorizer, and hand the context to their backends."""
    return _answer("Allow", principal, stage_arn, context)


def deny(principal: str, stage_arn: str, reason: str) -> dict[str, Any]:
    """Refuse by an explicit Deny, which no resource policy can turn into an Allow."""
    return _answer("Deny", principal, stage_arn, {"reason": reason})


def _answer(
    effect: Literal["Allow", "Deny"], principal: str, stage_arn: str, context: Mapping[str, str]
) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": stage_arn}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": dict(context),
    }
