"""One event of every kind that API Gateway sends to an authorizer, in the shape its documentation gives.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from typing import Any

API = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5"


def rest_token(token: str) -> dict[str, Any]:
    """A REST API's TOKEN authorizer."""
    return {"type": "TOKEN", "authorizationToken": f"Bearer {token}", "methodArn": f"{API}/dev/GET/orders/7"}


def rest_request(token: str) -> dict[str, Any]:
    """A REST API's REQUEST authorizer."""
    return {
        "type": "REQUEST",
        "methodArn": f"{API}/dev/GET/orders/7",
        "resource": "/orders/{id}",
        "path": "/orders/7",
        "httpMethod": "GET",
        "headers": {"X-AMZ-Date": "20170718T062915Z", "Accept": "*/*", "Authorization": f"Bearer {token}"},
        "multiValueHeaders": {"Accept": ["*/*"], "Authorization": [f"Bearer {token}"]},
        "queryStringParameters": {"expand": "lines"},
        "multiValueQueryStringParameters": {"expand": ["lines"]},
        "pathParameters": {"id": "7"},
        "stageVariables": {"StageVar1": "stageValue1"},
        "requestContext": {
            "path": "/dev/orders/7",
            "accountId": "123456789012",
            "resourceId": "05c7jb",
            "stage": "dev",
            "requestId": "b2a3",
            "identity": {"apiKey": None, "sourceIp": "192.0.2.1"},
            "resourcePath": "/orders/{id}",
            "httpMethod": "GET",
            "apiId": "a1b2c3d4e5",
        },
    }


def websocket(token: str) -> dict[str, Any]:
    """A WebSocket API's REQUEST authorizer, on $connect."""
    return {
        "type": "REQUEST",
        "methodArn": f"{API}/dev/$connect",
        "headers": {
            "Connection": "upgrade",
            "Host": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version": "13",
            "Upgrade": "websocket",
            "Authorization": f"Bearer {token}",
        },
        "multiValueHeaders": {"Connection": ["upgrade"], "Authorization": [f"Bearer {token}"]},
        "queryStringParameters": {},
        "multiValueQueryStringParameters": {},
        "stageVariables": {},
        "requestContext": {
            "routeKey": "$connect",
            "eventType": "CONNECT",
            "extendedRequestId": "HVsF",
            "requestTime": "19/Jan/2023:21:13:26 +0000",
            "messageDirection": "IN",
            "stage": "dev",
            "connectedAt": 1674162806344,
            "requestTimeEpoch": 1674162806345,
            "identity": {"sourceIp": "192.0.2.1"},
            "requestId": "e7b6",
            "domainName": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            "connectionId": "e7b6KGcdFRoCJ0g=",
            "apiId": "a1b2c3d4e5",
        },
    }


def http_1(token: str) -> dict[str, Any]:
    """An HTTP API's authorizer with payload format 1.0."""
    return {
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": f"{API}/$default/GET/orders/7",
        "identitySource": f"Bearer {token}",
        "authorizationToken": f"Bearer {token}",
        "resource": "/orders/{id}",
        "path": "/orders/7",
        "httpMethod": "GET",
        "headers": {"Accept": "*/*", "authorization": f"Bearer {token}"},
        "queryStringParameters": {"expand": "lines"},
        "pathParameters": {"id": "7"},
        "stageVariables": {},
        "requestContext": {
            "path": "/orders/7",
            "accountId": "123456789012",
            "resourceId": "GET /orders/{id}",
            "stage": "$default",
            "requestId": "b2a3",
            "identity": {"sourceIp": "192.0.2.1"},
            "resourcePath": "/orders/{id}",
            "httpMethod": "GET",
            "apiId": "a1b2c3d4e5",
        },
    }


def http_2(token: str) -> dict[str, Any]:
    """An HTTP API's authorizer with payload format 2.0."""
    return {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": f"{API}/$default/GET/orders/7",
        "identitySource": [f"Bearer {token}"],
        "routeKey": "GET /orders/{id}",
        "rawPath": "/orders/7",
        "rawQueryString": "expand=lines",
        "cookies": ["theme=dark"],
        "headers": {"accept": "*/*", "authorization": f"Bearer {token}"},
        "queryStringParameters": {"expand": "lines"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": "GET",
                "path": "/orders/7",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "agent",
            },
            "requestId": "b2a3",
            "routeKey": "GET /orders/{id}",
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1583348638390,
        },
        "pathParameters": {"id": "7"},
        "stageVariables": {},
    }


def with_certificate(event: dict[str, Any], pem: str | None) -> dict[str, Any]:
    """An event as a domain name with mutual TLS sends it, with this client certificate; None for one without."""
    if pem is not None:
        holder = "authentication" if event.get("version") == "2.0" else "identity"
        event["requestContext"].setdefault(holder, {})["clientCert"] = {
            "clientCertPem": pem,
            "subjectDN": "CN=client",
            "issuerDN": "CN=authority",
            "serialNumber": "1",
            "validity": {"notBefore": "May 28 12:30:02 2019 GMT", "notAfter": "Aug  5 09:36:04 2031 GMT"},
        }
    return event
