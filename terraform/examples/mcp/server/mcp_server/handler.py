"""What Lambda calls: an MCP server by the official SDK, without sessions, for the endpoint that a request names."""

from __future__ import annotations

from typing import Any

from mangum import Mangum
from mcp.server.transport_security import TransportSecuritySettings

from mcp_server.tools import ENDPOINTS

# The SDK's check of names is for servers on a developer's own machine. API Gateway answers to its own names alone.
_SECURITY = TransportSecuritySettings(enable_dns_rebinding_protection=False)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one event of a REST API's proxy integration: one message of the streamable HTTP transport.

    Takes the proxy event, whose `resource` is one of ENDPOINTS, and returns `{"statusCode", "headers", "body"}`. Other
    methods than POST get 405: nothing is sent to a client that does not ask, and there is no session to end. A request
    with an `Origin` gets 403: it comes from a browser's page, and the API has no CORS that lets one in.
    https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
    """
    if event["httpMethod"] != "POST":
        return {"statusCode": 405, "headers": {"Allow": "POST"}, "body": ""}
    if any(name.lower() == "origin" for name in event["headers"]):
        return {"statusCode": 403, "headers": {}, "body": ""}
    # Made anew for each call: the SDK's application starts once and ends, and Lambda may freeze it between two calls.
    app = ENDPOINTS[event["resource"]].streamable_http_app(
        json_response=True, stateless_http=True, streamable_http_path=event["resource"], transport_security=_SECURITY
    )
    # A custom domain's base path is in `path`, and not in `resource`.
    answer: dict[str, Any] = Mangum(app, lifespan="on")({**event, "path": event["resource"]}, context)
    return answer
