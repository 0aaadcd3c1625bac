"""The server of the example mcp, as Lambda calls it; tests/local/test_mcp.py calls it through the whole stack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcp_server.handler import lambda_handler


def answer(
    method: str = "POST",
    resource: str = "/mcp",
    tool: str = "whoami",
    headers: dict[str, str] | None = None,
    **given: Any,
) -> dict[str, Any]:
    """What Lambda gets for a call of a tool, through a domain name with the base path `team`."""
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": given}}
    event = {
        "httpMethod": method,
        "resource": resource,
        "path": f"/team{resource}",
        "headers": {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "Host": "mcp.example.com",
            "MCP-Protocol-Version": "2025-11-25",
            **(headers or {}),
        },
        "body": json.dumps(message),
        "isBase64Encoded": False,
        "requestContext": {"authorizer": {"principalId": "alice", "scope": "mcp:tools"}},
    }
    return lambda_handler(event, None)


def content(found: dict[str, Any]) -> Any:
    assert found["statusCode"] == 200
    return json.loads(found["body"])["result"]["structuredContent"]


def test_a_tool_answers_and_knows_the_caller_in_one_call_after_another() -> None:
    for _ in range(2):
        assert content(answer()) == {"principal": "alice", "scope": "mcp:tools"}
    assert content(answer(tool="add", a=2, b=3)) == {"result": 5}
    assert set(content(answer(resource="/mcp/admin", tool="status"))) == {"machine", "python"}


def test_an_endpoint_has_its_own_tools_alone() -> None:
    assert json.loads(answer(tool="status")["body"])["result"]["isError"] is True
    assert json.loads(answer(resource="/mcp/admin", tool="whoami")["body"])["result"]["isError"] is True


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_is_no_stream_to_open_and_no_session_to_end(method: str) -> None:
    assert answer(method)["statusCode"] == 405


@pytest.mark.parametrize("name", ["Origin", "origin"])
def test_a_page_of_a_browser_is_refused(name: str) -> None:
    assert answer(headers={name: "https://app.example.com"})["statusCode"] == 403
