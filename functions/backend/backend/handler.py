"""What Lambda calls: `GET /hello`, `GET /me` and `PUT /me`, and the events of WebSockets, which have their own file."""

import base64
import json
import os
from collections.abc import Callable
from typing import Any

from backend import records, websocket
from backend.caller import Caller, NotAuthorized, identify


class _BadRequest(Exception):
    """A request that cannot be served; the message tells the caller what to send instead."""


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer one event of a Lambda proxy integration: a REST API's, an HTTP API's (format 1.0 or 2.0) or a WebSocket's.

    Takes the proxy event, returns `{"statusCode", "headers", "body"}`: 401 for a caller whom no authorizer vouches for.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    if "connectionId" in event.get("requestContext", {}):
        return websocket.serve(event)
    # Format 2.0 gives both in one.
    route = event.get("routeKey") or f"{event.get('httpMethod')} {event.get('resource')}"
    serve = _ROUTES.get(route)
    try:
        caller = identify(event)
        if serve is None:
            return _respond(404, {"message": "Not Found"})
        return serve(caller, event)
    except NotAuthorized as refusal:
        print(json.dumps({"outcome": "unauthorized", "message": str(refusal)}))
        return _respond(401, {"message": "Unauthorized"})
    except (_BadRequest, records.NotStorable) as mistake:
        return _respond(400, {"message": str(mistake)})


def _hello(caller: Caller, _event: dict[str, Any]) -> dict[str, Any]:
    return _respond(200, {"context": caller.claims.get("foo")})


def _read_own_record(caller: Caller, _event: dict[str, Any]) -> dict[str, Any]:
    record = records.load(caller)
    if record is None:
        return _respond(404, {"message": "You have no record yet; PUT one"})
    return _respond(200, record)


def _write_own_record(caller: Caller, event: dict[str, Any]) -> dict[str, Any]:
    record = _json_object(event)
    records.store(caller, record)
    return _respond(200, record)


_ROUTES: dict[str, Callable[[Caller, dict[str, Any]], dict[str, Any]]] = {
    "GET /hello": _hello,
    "GET /me": _read_own_record,
    "PUT /me": _write_own_record,
}


def _json_object(event: dict[str, Any]) -> dict[str, Any]:
    try:
        body = event.get("body") or ""
        text = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _BadRequest("Send a JSON object")
    return value


def _respond(status: int, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    if "ALLOWED_ORIGIN" in os.environ:
        # API Gateway adds CORS headers to its own answers only, not to a proxy integration's.
        headers["Access-Control-Allow-Origin"] = os.environ["ALLOWED_ORIGIN"]
        headers["Vary"] = "Origin"
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
