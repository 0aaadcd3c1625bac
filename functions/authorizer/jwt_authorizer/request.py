"""An API Gateway event to the request in it: the token, the stage and the route."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from jwt_authorizer.errors import EventNotRecognized, OtherScheme, TokenAmbiguous, TokenMalformed, TokenMissing

_MAXIMUM_ROUTE = 256


class Request(NamedTuple):
    """One request: the stage and route it was sent to, and where its token may be.

    `route` is only ever logged: where the event does not name it, it is the verb and the path's first segment, for what
    follows may be a secret.
    `credentials` is the identity source of a TOKEN authorizer, `event` the whole event of a REQUEST authorizer; one of
    them is None. `path_parameters` is None where the event has none to give. `payload_version` is that of an HTTP API,
    and None for REST and WebSocket APIs. `client_certificate` is that of mutual TLS in PEM, and None without it.
    """

    stage_arn: str
    route: str
    credentials: str | None = None
    event: Mapping[str, Any] | None = None
    path_parameters: Mapping[str, str] | None = None
    payload_version: str | None = None
    client_certificate: str | None = None

    def token(self, places: Sequence[tuple[str, str]]) -> str:
        """The one token in these places of the request. Raises TokenMissing, TokenAmbiguous or TokenMalformed.

        A TOKEN authorizer's event has one place only, which API Gateway has chosen already.
        """
        if self.event is None:
            return bearer_token(self.credentials)
        found: set[str] = set()
        refusal: TokenMissing | OtherScheme = TokenMissing()
        for kind, name in places:
            for value in filter(None, _values(self.event, kind, name)):
                try:
                    found.add(bearer_token(value) if kind == "header" else value)
                except (TokenMissing, OtherScheme) as no_token:
                    # It may stand beside a token in another place: `Basic` for something else, or an empty `Bearer`.
                    refusal = no_token
        if len(found) > 1:
            raise TokenAmbiguous
        if not found:
            raise refusal
        return found.pop()


def read(event: Any) -> Request:
    """Read the event of any authorizer; the members that AWS documents say which kind it is.

    A REST API's is `{"type": "TOKEN", "authorizationToken", "methodArn"}` or `{"type": "REQUEST", "methodArn", ...}`; a
    WebSocket API's the latter with `requestContext.eventType` CONNECT; an HTTP API's has `version` 1.0 with `methodArn`
    or 2.0 with `routeArn`. Raises EventNotRecognized for any other.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
    """
    kind = event.get("type") if isinstance(event, dict) else None
    if kind == "TOKEN":
        return _read_token_event(event)
    if kind != "REQUEST" or not isinstance(event.get("requestContext"), dict):
        raise EventNotRecognized("the event is not one of an API Gateway authorizer of type TOKEN or REQUEST")
    return _read_request_event(event)


def _read_token_event(event: Mapping[str, Any]) -> Request:
    credentials = event.get("authorizationToken")
    if credentials is not None and not isinstance(credentials, str):
        raise EventNotRecognized("the event's authorizationToken is not a string")
    arn: Any = event.get("methodArn")
    return Request(stage_arn(arn), _verb_and_first_segment(arn), credentials=credentials)


def _read_request_event(event: Mapping[str, Any]) -> Request:
    version = event.get("version")
    if version not in (None, "1.0", "2.0"):
        raise EventNotRecognized(
            "the event's version is none that API Gateway documents; use payload format 1.0 or 2.0"
        )
    if event["requestContext"].get("eventType", "CONNECT") != "CONNECT":
        raise EventNotRecognized("the event is a WebSocket message; an authorizer belongs on the route $connect")
    parameters = event.get("pathParameters") or {}
    if not isinstance(parameters, dict):
        raise EventNotRecognized("the event's pathParameters are not an object")
    arn: Any = event.get("routeArn" if version == "2.0" else "methodArn")
    return Request(
        stage_arn(arn),
        _route(event) or _verb_and_first_segment(arn),
        event=event,
        # A WebSocket API has no paths, so no rule about the path can be met there.
        path_parameters=None if "eventType" in event["requestContext"] else parameters,
        payload_version=version,
        client_certificate=_client_certificate(event["requestContext"]),
    )


def bearer_token(credentials: str | None) -> str:
    """The token in an Authorization value: `Bearer <token>` in any case (RFC 6750, section 2.1), or the bare token.

    Raises TokenMissing, OtherScheme or TokenMalformed.
    """
    words = _after_scheme((credentials or "").split(" "))
    if words in ([], [""]):
        raise TokenMissing
    if len(words) > 1 or words[0].lower() == "bearer":
        raise TokenMalformed
    return words[0]


def _after_scheme(words: list[str]) -> list[str]:
    if len(words) > 1 and words[0].lower() == "bearer":
        return [word for word in words[1:] if word]
    if words[0] and any(words[1:]):
        raise OtherScheme
    return words


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
    if not _are_plain(*fields[1:5], api, stage):
        raise EventNotRecognized("the event's methodArn names its API or stage in characters that AWS does not use")
    return f"{':'.join(fields[:5])}:{api}/{stage}/*"


def _route(event: Mapping[str, Any]) -> str | None:
    context = event["requestContext"]
    if isinstance(context.get("routeKey"), str):
        return str(context["routeKey"])[:_MAXIMUM_ROUTE]
    if isinstance(context.get("resourcePath"), str):
        return f"{context.get('httpMethod')} {context['resourcePath']}"[:_MAXIMUM_ROUTE]
    return None


def _client_certificate(context: Mapping[str, Any]) -> str | None:
    """The certificate that API Gateway has verified: `identity.clientCert`; in payload format 2.0 `authentication`'s.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
    """
    for member in ("identity", "authentication"):
        holder = context.get(member)
        certificate = holder.get("clientCert") if isinstance(holder, dict) else None
        pem = certificate.get("clientCertPem") if isinstance(certificate, dict) else None
        if isinstance(pem, str):
            return pem
    return None


def _verb_and_first_segment(method_arn: str) -> str:
    verb, _, path = method_arn.split("/", 2)[-1].partition("/")
    first, _, rest = path.partition("/")
    return f"{verb} /{first}"[:_MAXIMUM_ROUTE] + ("/…" if rest else "")


@lru_cache(maxsize=64)
def _are_plain(*parts: str) -> bool:
    """The same for several; one function serves few stages."""
    return all(map(_is_plain, parts))


def _is_plain(part: str) -> bool:
    """Whether a part of an ARN can be copied into a policy: nothing in it is a wildcard or a policy variable."""
    letters = part.removeprefix("$").replace("-", "").replace("_", "")
    return letters.isascii() and letters.isalnum()


def _values(event: Mapping[str, Any], kind: str, name: str) -> Iterator[str]:
    """Every value at a place of a request, however often and in whatever spelling it was sent."""
    if kind == "querystring":
        for member in ("queryStringParameters", "multiValueQueryStringParameters"):
            parameters = event.get(member)
            yield from _strings(parameters.get(name) if isinstance(parameters, dict) else None)
    elif kind == "cookie":
        # HTTP APIs give cookies apart from the headers.
        for text in (*_headers(event, "cookie"), *_strings(event.get("cookies"))):
            yield from _cookies(text, name)
    elif kind == "subprotocol":
        for text in _headers(event, "sec-websocket-protocol"):
            yield from _after(text, name)
    else:
        yield from _headers(event, name.lower())


def _headers(event: Mapping[str, Any], name: str) -> Iterator[str]:
    # Clients, protocols and API Gateway's own endpoints spell header names in different cases.
    for member in ("headers", "multiValueHeaders"):
        headers = event.get(member)
        for key, value in headers.items() if isinstance(headers, dict) else ():
            if key.lower() == name:
                yield from _strings(value)


def _strings(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item


def _cookies(header: str, name: str) -> Iterator[str]:
    """The values of a cookie in a Cookie header (RFC 6265, section 5.4)."""
    for pair in header.split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name:
            yield value


def _after(header: str, name: str) -> Iterator[str]:
    """What follows a name in a list of WebSocket subprotocols (RFC 6455, section 4.1).

    Browsers cannot set headers on a WebSocket, but they can offer `new WebSocket(url, ["jwt", token])`.
    """
    offered = [protocol.strip() for protocol in header.split(",")]
    for protocol, following in pairwise(offered):
        if protocol == name:
            yield following
