"""What a backend says to the clients of a WebSocket API, through the API's management endpoint.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import json
import os
from contextlib import suppress
from functools import cache
from typing import Any

ENDPOINT = "CONNECTIONS_ENDPOINT"
"""The variable that names another endpoint than the one clients connect to, with {apiId} and {stage} for these two.

A custom domain name needs it, whose paths are not stages: https://{apiId}.execute-api.eu-west-1.amazonaws.com/{stage}.
"""


def send(event: dict[str, Any], message: dict[str, Any]) -> None:
    """Send a message, as JSON, to the connection that an event came by; nothing happens when it is closed by now."""
    client = _client_for(event)
    with suppress(client.exceptions.GoneException):
        client.post_to_connection(ConnectionId=_connection(event), Data=json.dumps(message).encode())


def close(event: dict[str, Any]) -> None:
    """Close the connection that an event came by; nothing happens when it is closed already."""
    client = _client_for(event)
    with suppress(client.exceptions.GoneException):
        client.delete_connection(ConnectionId=_connection(event))


def endpoint(context: dict[str, Any]) -> str:
    """The URL of the management endpoint of the API and stage in an event's `requestContext`."""
    template = os.environ.get(ENDPOINT) or f"https://{context['domainName']}/{{stage}}"
    return template.replace("{apiId}", context["apiId"]).replace("{stage}", context["stage"])


def _connection(event: dict[str, Any]) -> str:
    return str(event["requestContext"]["connectionId"])


def _client_for(event: dict[str, Any]) -> Any:
    return _client(endpoint(event["requestContext"]))


@cache
def _client(endpoint_url: str) -> Any:
    # Imported here, for $connect has no need of it.
    import boto3

    return boto3.client("apigatewaymanagementapi", endpoint_url=endpoint_url)
