"""What MiniStack gets wrong, and a proof then stumbles over.

An authorizer of an HTTP or WebSocket API that raises ``Unauthorized`` is answered with 401; MiniStack answers 500.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html

A secret's new version carries every label that it is given; MiniStack keeps ``AWSCURRENT`` alone.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
"""

from __future__ import annotations

import functools
import json
from contextvars import ContextVar
from typing import Any


def mend() -> None:
    """Mend both in this process."""
    _mend_refusals()
    _mend_secrets()


_raised: ContextVar[str] = ContextVar("raised", default="")
"""What the last function that this request called raised."""


def _mend_refusals() -> None:
    from ministack.services import apigateway

    run, authorize, connect = (
        getattr(apigateway, name) for name in ("run_reentrant", "_authorize_request_v2", "_authorize_ws_connect")
    )

    @functools.wraps(run)
    async def run_and_note(*arguments: Any, **more: Any) -> Any:
        result = await run(*arguments, **more)
        body = result.get("body") if isinstance(result, dict) and result.get("error") else None
        _raised.set(str(body.get("errorMessage")) if isinstance(body, dict) else "")
        return result

    @functools.wraps(authorize)
    async def authorize_or_401(*arguments: Any, **more: Any) -> Any:
        _raised.set("")
        error, context = await authorize(*arguments, **more)
        if error is not None and error[0] == 500 and _raised.get() == "Unauthorized":
            error = 401, {"Content-Type": "application/json"}, b'{"message":"Unauthorized"}'
        return error, context

    @functools.wraps(connect)
    async def connect_or_401(*arguments: Any, **more: Any) -> Any:
        _raised.set("")
        refusal, context = await connect(*arguments, **more)
        if refusal is not None and refusal[0] == 500 and _raised.get() == "Unauthorized":
            refusal = 401, "Unauthorized"
        return refusal, context

    apigateway.run_reentrant = run_and_note
    apigateway._authorize_request_v2 = authorize_or_401
    apigateway._authorize_ws_connect = connect_or_401


def _mend_secrets() -> None:
    from ministack.services import secretsmanager

    put = secretsmanager._put_secret_value

    @functools.wraps(put)
    def put_with_labels(data: dict[str, Any]) -> Any:
        answer = put(data)
        labels = data.get("VersionStages", [])
        if answer[0] != 200 or "AWSCURRENT" not in labels:
            return answer
        version = json.loads(answer[2])["VersionId"]
        _, secret = secretsmanager._resolve(data["SecretId"])
        for label in labels:
            secretsmanager._remove_stage_everywhere(secret, label, except_version_id=version)
            if label not in secret["Versions"][version]["Stages"]:
                secret["Versions"][version]["Stages"].append(label)
        return answer

    secretsmanager._put_secret_value = put_with_labels
