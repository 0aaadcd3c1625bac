"""Who is calling: what the authorizer has put into the event, and nothing else."""

import time
from typing import Any, NamedTuple


class Caller(NamedTuple):
    """The principal that the authorizer named, and the claims it passed on, as strings."""

    principal: str
    claims: dict[str, str]


class NotAuthorized(Exception):
    """The event does not come from a caller who is authorized now; the message says why, for the log."""


def identify(event: dict[str, Any]) -> Caller:
    """The caller of a proxy event.

    Raises NotAuthorized when `requestContext.authorizer` is absent, as on a route that was left without an authorizer,
    and when the time in its `exp` has passed: API Gateway may serve a cached Allow for longer than the token lives.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
    """
    context = event.get("requestContext", {}).get("authorizer")
    if not context or not context.get("principalId"):
        raise NotAuthorized("no authorizer's context; is an authorizer attached to this route?")
    if "exp" in context and _has_passed(context["exp"]):
        raise NotAuthorized("the token has expired")
    return Caller(context["principalId"], {name: value for name, value in context.items() if name != "principalId"})


def _has_passed(expires: str) -> bool:
    try:
        return not time.time() < float(expires)
    except ValueError:
        return True
