"""The answer to API Gateway: one statement on the whole stage, right for as long as it is cached.

Every route behind one authorizer has the same rule, so what holds for one of them holds for all; nothing from the
path or the token enters the policy.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

# The principal of an answer about a token that is not believed; `principalId` must not be empty.
UNAUTHENTICATED = "unauthenticated"
# 9999-12-31T23:59:59Z
_LAST_SECOND = 253402300799


def allow(
    principal: str,
    stage_arn: str,
    context: Mapping[str, Any],
    until: float | None = None,
    usage_key: str | None = None,
) -> dict[str, Any]:
    """Let the principal call every route behind this authorizer, and hand the context to their backends.

    With `until`, a time in seconds since 1970, the policy says itself when it ends, however long it is cached. With
    `usage_key`, the value of an API key, the call counts against that key's usage plan.
    """
    statement: dict[str, Any] = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": stage_arn}
    if until is not None:
        # Whole seconds, rounded down: a policy may end early, not late. IAM's dates have four digits for the year.
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(min(int(until), _LAST_SECOND)))
        statement["Condition"] = {"DateLessThan": {"aws:CurrentTime": end}}
    answer = _answer(principal, statement, context)
    return answer if usage_key is None else {**answer, "usageIdentifierKey": usage_key}


def deny(principal: str, stage_arn: str, reason: str, missing_scopes: Sequence[str] = ()) -> dict[str, Any]:
    """Refuse by an explicit Deny, which no resource policy can turn into an Allow.

    The reason and the scopes that the token lacks reach API Gateway's answer to the client through the context.
    """
    statement = {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": stage_arn}
    scope = {"scope": " ".join(missing_scopes)} if missing_scopes else {}
    return _answer(principal, statement, {"reason": reason, **scope})


def simple_response(is_authorized: bool, context: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of an HTTP API's authorizer with simple responses, which knows no principal but in the context.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
    """
    return {"isAuthorized": is_authorized, "context": dict(context)}


def _answer(principal: str, statement: dict[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": dict(context),
    }
