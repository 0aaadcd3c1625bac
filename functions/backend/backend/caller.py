"""Who is calling: what the authorizer has put into the event, and nothing else."""

import os
import time
from typing import Any, NamedTuple

ISSUER = "TOKEN_ISSUER"
"""The variable that names the issuer where the authorizer trusts one alone, and so need not pass it on."""

LEEWAY = "TOKEN_LEEWAY_SECONDS"
"""The variable that says by how much the issuers' clocks may differ, as the authorizer's `leeway_seconds` does."""

_DEFAULT_LEEWAY_SECONDS = 10.0


class Caller(NamedTuple):
    """The principal that the authorizer named, and the claims it passed on: strings, on HTTP APIs of any JSON type."""

    principal: str
    claims: dict[str, Any]

    @property
    def issuer(self) -> str | None:
        """The issuer of whom the principal is a subject (RFC 7519, section 4.1.2); None for tokens that name none.

        The authorizer passes `iss` on where it trusts several issuers or is configured to; else there is one.
        """
        issuer = self.claims.get("iss", os.environ.get(ISSUER))
        return None if issuer is None else str(issuer)


class NotAuthorized(Exception):
    """The event does not come from a caller who is authorized now; the message says why, for the log."""


def identify(event: dict[str, Any]) -> Caller:
    """The caller of a proxy event of a REST, HTTP or WebSocket API.

    Raises NotAuthorized when `requestContext.authorizer` is absent, as on a route without an authorizer,
    and when the time in its `exp`, with the leeway, has passed: API Gateway may serve a cached Allow longer than the
    token lives, and a WebSocket keeps the context of its $connect for as long as it is open.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
    """
    context = event.get("requestContext", {}).get("authorizer") or {}
    named_by = "principalId"
    if event.get("version") == "2.0":
        # An HTTP API hands on the authorizer's context and no `principalId`; the authorizer has put it there itself.
        context, named_by = context.get("lambda") or {}, "principal"
    if not context.get(named_by):
        raise NotAuthorized("no authorizer's context; is an authorizer attached to this route?")
    if "exp" in context and _has_passed(context["exp"]):
        raise NotAuthorized("the token has expired")
    claims = {name: value for name, value in context.items() if name not in ("principalId", named_by)}
    return Caller(context[named_by], claims)


def _has_passed(expires: Any) -> bool:
    try:
        return not time.time() < float(expires) + float(os.environ.get(LEEWAY, _DEFAULT_LEEWAY_SECONDS))
    except (TypeError, ValueError, OverflowError):
        return True
