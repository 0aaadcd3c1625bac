"""The tools, by endpoint: the authorizer sees no body, so all tools of one endpoint are behind the same access rule."""

from __future__ import annotations

import platform
from typing import Any

from mcp.server.mcpserver import Context, MCPServer

# Nothing outlives a call, so there is nothing to listen for.
everybody = MCPServer("orders", instructions="Tools for every caller.", subscriptions=False, log_level="WARNING")
administrators = MCPServer(
    "orders-admin", instructions="Tools for administrators.", subscriptions=False, log_level="WARNING"
)

ENDPOINTS = {"/mcp": everybody, "/mcp/admin": administrators}
"""The path of each endpoint => its server."""


@everybody.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@everybody.tool()
def whoami(context: Context) -> dict[str, str]:
    """Say who is calling, and which scopes the token has."""
    caller = authorized(context)
    return {"principal": caller["principalId"], "scope": caller.get("scope", "")}


@administrators.tool()
def status() -> dict[str, str]:
    """Say what the server runs on."""
    return {"machine": platform.machine(), "python": platform.python_version()}


def authorized(context: Context) -> dict[str, Any]:
    """What the authorizer says of the caller: `principalId`, and the claims of `context_claims`.

    A tool that only some callers of its endpoint may use looks here, for instance into `scope`.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
    """
    request: Any = context.request_context.request
    found: dict[str, Any] = request.scope["aws.event"]["requestContext"]["authorizer"]
    return found
