"""MiniStack with four things mended; ``tests/local/test_ministack_launcher.py`` tells when a newer one needs none.

A function that API Gateway calls by its alias is told so: on AWS ``context.invoked_function_arn`` is the ARN the caller
used, alias included; MiniStack's API Gateway, of every kind, resolves the alias and hands the function its version's
ARN (its own ``Invoke`` is right). The access rules of this project are told apart by that alias.
https://docs.aws.amazon.com/lambda/latest/dg/python-context.html

An authorizer of an HTTP or WebSocket API is described by what it was created with: MiniStack adds an empty JWT
configuration and a payload format to each, which Terraform then plans to remove, again and again.
https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers-authorizerid.html

So is a stage of a REST API: MiniStack adds empty settings of access logs to one that has none.
https://docs.aws.amazon.com/apigateway/latest/api/API_Stage.html

An answer leaves in one piece: its web server writes the header before the body. On a busy machine Terraform's provider
sometimes gives up a connection between the two and asks again, and what the first request made is then in the way.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
import threading
import time
from typing import Any

from scripts.local_aws import flush as ministack_flush

STAY = b"stay"
"""What a starter writes to standard input for MiniStack to outlive it."""


def mend_aliases() -> None:
    """Make every caller that names a function by a qualified ARN pass that very ARN on to it."""
    from ministack.services import lambda_svc

    find = lambda_svc._get_func_record_for_ref_in_scope

    @functools.wraps(find)
    def find_as_called(function_ref: str, **scope: Any) -> tuple[Any, Any, str]:
        record, config, name = find(function_ref, **scope)
        if config is not None and function_ref.startswith("arn:") and function_ref.count(":") == 7:
            config = {**config, "FunctionArn": function_ref}
        return record, config, name

    lambda_svc._get_func_record_for_ref_in_scope = find_as_called


def mend_authorizers() -> None:
    """Keep of a new authorizer of an HTTP or WebSocket API what it was given."""
    from ministack.services import apigateway

    create = apigateway._create_authorizer

    @functools.wraps(create)
    def create_as_given(api_id: str, data: dict[str, Any]) -> Any:
        answer = create(api_id, data)
        authorizer = apigateway._authorizers.get(api_id, {}).get(json.loads(answer[2]).get("authorizerId"), {})
        for member in {"jwtConfiguration", "authorizerPayloadFormatVersion"} - set(data):
            authorizer.pop(member, None)
        return answer

    apigateway._create_authorizer = create_as_given


def mend_stages() -> None:
    """Keep a new stage of a REST API without settings of access logs where it was given none."""
    from ministack.services import apigateway_v1

    create = apigateway_v1._create_stage

    @functools.wraps(create)
    def create_as_given(api_id: str, data: dict[str, Any]) -> Any:
        answer = create(api_id, data)
        stage = apigateway_v1._stages_v1.get(api_id, {}).get(data.get("stageName", ""), {})
        if not stage.get("accessLogSettings"):
            stage.pop("accessLogSettings", None)
        return answer

    apigateway_v1._create_stage = create_as_given


def mend_answers() -> None:
    """Keep the header of an answer back until its body, or its end, follows."""
    import h11

    connection: Any = h11.Connection
    send = connection.send

    @functools.wraps(send)
    def send_in_one_piece(self: Any, event: Any) -> bytes | None:
        data = send(self, event)
        if isinstance(event, h11.Response):
            self.header = data
            return b""
        return self.__dict__.pop("header", b"") + data if data is not None else None

    connection.send = send_in_one_piece


def follow_the_starter() -> None:
    """End this process and its workers when the starter ends without having said ``stay``."""
    # Not sys.stdin: a thread that waits in it keeps the interpreter from ending.
    if os.read(sys.stdin.fileno(), len(STAY)) == STAY:
        return
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main() -> None:
    """Run MiniStack; it is configured by its own environment variables."""
    threading.Thread(target=follow_the_starter, daemon=True).start()
    mend_aliases()
    mend_authorizers()
    mend_stages()
    mend_answers()
    from ministack.app import main as serve

    ministack_flush.mend()
    serve()


if __name__ == "__main__":
    main()
