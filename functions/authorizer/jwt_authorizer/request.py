"""An API Gateway event to the token it carries and the stage it was sent to."""

from typing import Any, NamedTuple

from jwt_authorizer.errors import EventNotRecognized, TokenMalformed, TokenMissing


class Request(NamedTuple):
    """What the authorizer needs of an event: the identity source's whole value, and the stage's ARN."""

    credentials: str | None
    stage_arn: str


def read(event: Any) -> Request:
    """Read the event of a TOKEN authorizer.

    Takes `{"type": "TOKEN", "authorizationToken": ..., "methodArn": ...}`. Raises EventNotRecognized for any other.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
    """
    if not isinstance(event, dict) or event.get("type") != "TOKEN":
        raise EventNotRecognized("the event is not one of a TOKEN authorizer; attach the authorizer as type TOKEN")
    credentials = event.get("authorizationToken")
    if credentials is not None and not isinstance(credentials, str):
        raise EventNotRecognized("the event's authorizationToken is not a string")
    return Request(credentials, stage_arn(event.get("methodArn")))


def token(credentials: str | None) -> str:
    """The token in an Authorization value: `Bearer <token>` in any case (RFC 6750, section 2.1), or the bare token.

    Raises TokenMissing or TokenMalformed.
    """
    words = (credentials or "").split(" ")
    if len(words) > 1 and words[0].lower() == "bearer":
        words = [word for word in words[1:] if word]
    if words in ([], [""]):
        raise TokenMissing
    if len(words) > 1 or words[0].lower() == "bearer":
        raise TokenMalformed
    return words[0]


def stage_arn(method_arn: object) -> str:
    """The ARN of everything on the stage that a method's ARN names: `arn:...:{api}/{stage}/*`.

    Only the first five colons and the first two slashes count: a path may hold any of both. Partition, region and
    account are the event's own. Raises EventNotRecognized for anything else.
    """
    fields = method_arn.split(":", 5) if isinstance(method_arn, str) else []
    resource = fields[5].split("/", 2) if len(fields) == 6 else []
    if len(resource) < 2 or fields[0] != "arn" or fields[2] != "execute-api":
        raise EventNotRecognized("the event's methodArn is not the ARN of an API Gateway method")
    api, stage = resource[:2]
    if not all(_is_plain(part) for part in (*fields[1:5], api, stage)):
        raise EventNotRecognized("the event's methodArn names its API or stage in characters that AWS does not use")
    return f"{':'.join(fields[:5])}:{api}/{stage}/*"


def _is_plain(part: str) -> bool:
    """Whether a part of an ARN can be copied into a policy: nothing in it is a wildcard or a policy variable."""
    letters = part.removeprefix("$").replace("-", "").replace("_", "")
    return letters.isascii() and letters.isalnum()
