"""A WebSocket API's routes: let in on $connect, echo every message, say goodbye."""

import json
import os
from collections.abc import Iterator
from typing import Any

from backend import connections
from backend.caller import NotAuthorized, identify

# API Gateway takes 128 KB for a message; JSON escapes may need six characters for one, and the answer names the caller.
_MAXIMUM_MESSAGE_CHARACTERS = 16_384


def serve(event: dict[str, Any]) -> dict[str, Any]:
    """Answer one event of a WebSocket API's Lambda proxy integration: $connect, a message, or $disconnect.

    The authorizer runs on $connect alone; its context comes with every event of the connection. A connection outlives
    its token by up to two hours, so the first message after the token's `exp` closes it.
    Returns `{"statusCode"}`; on $connect anything but 200 refuses the handshake, later on nobody sees it.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
    """
    kind = event["requestContext"].get("eventType")
    if kind == "DISCONNECT":
        _log(event, "disconnected")
        return {"statusCode": 200}
    try:
        caller = identify(event)
    except NotAuthorized as refusal:
        _log(event, "unauthorized", message=str(refusal))
        if kind == "MESSAGE":
            connections.close(event)
        return {"statusCode": 401}
    if kind == "CONNECT":
        _log(event, "connected", principal=caller.principal)
        return {"statusCode": 200, "headers": _chosen_subprotocol(event)}
    connections.send(event, {"principal": caller.principal, **_echo(event.get("body") or "")})
    _log(event, "echoed", principal=caller.principal)
    return {"statusCode": 200}


def _log(event: dict[str, Any], outcome: str, **details: str) -> None:
    connection = event["requestContext"].get("connectionId")
    print(json.dumps({"outcome": outcome, "connection_id": connection, **details}))


def _echo(text: str) -> dict[str, str]:
    if len(text) > _MAXIMUM_MESSAGE_CHARACTERS:
        return {"error": f"Send at most {_MAXIMUM_MESSAGE_CHARACTERS} characters"}
    return {"message": text}


def _chosen_subprotocol(event: dict[str, Any]) -> dict[str, str]:
    """The header that chooses among the subprotocols that the client offers, where it offers ours.

    A browser that offers some hangs up unless one of them is chosen (RFC 6455, section 4.1); what follows our name
    among them is the token, which is never sent back.
    """
    name = os.environ.get("SUBPROTOCOL", "jwt")
    offered = [protocol.strip() for value in _offers(event) for protocol in value.split(",")]
    return {"Sec-WebSocket-Protocol": name} if name in offered else {}


def _offers(event: dict[str, Any]) -> Iterator[str]:
    for key, value in (event.get("headers") or {}).items():
        if key.lower() == "sec-websocket-protocol":
            yield value
