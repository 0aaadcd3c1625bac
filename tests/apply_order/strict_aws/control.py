"""How a test controls the schedule and the snapshots: requests below ``/_strict/``.

``POST /_strict/begin?mode=stepped&seed=1``, ``/_strict/step?seconds=5``, ``/_strict/take?name=base``,
``/_strict/restore?name=base``, ``/_strict/seen``. Each answers JSON.
"""

from __future__ import annotations

import functools
import json
from typing import Any
from urllib.parse import parse_qsl

from tests.apply_order.strict_aws import snapshots
from tests.apply_order.strict_aws.schedule import schedule

PREFIX = "/_strict/"
READING = ("Get", "List", "Describe", "BatchGet", "Filter", "Lookup", "Search")


def serve() -> None:
    """Answer the control's requests, and put Terraform's calls under the schedule."""
    from ministack import app

    answer = app.app

    @functools.wraps(answer)
    async def answer_control_too(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await _answer(scope, send)
        else:
            await answer(scope, receive, send)

    app.app = answer_control_too
    _schedule_calls(app)


async def _answer(scope: Any, send: Any) -> None:
    options = dict(parse_qsl(scope["query_string"].decode()))
    action = scope["path"].removeprefix(PREFIX)
    result: Any = None
    if action == "begin":
        schedule.begin(options["mode"], int(options.get("seed", 0)))
    elif action == "step":
        result = await schedule.step(float(options["seconds"]))
    elif action == "take":
        snapshots.take(options["name"])
    elif action == "restore":
        snapshots.restore(options["name"])
    else:
        result = {"log": schedule.log, "had_a_choice": schedule.had_a_choice}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(result).encode()})


def _schedule_calls(app: Any) -> None:
    dispatch = app._dispatch_service_request

    @functools.wraps(dispatch)
    async def dispatch_in_turn(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Any, request_id: str
    ) -> Any:
        def call() -> Any:
            return dispatch(method, path, headers, body, query, request_id)

        if "terraform" not in headers.get("user-agent", "").lower():
            return await call()
        if headers.get("x-amz-target", "").endswith(".DescribeTable"):
            return await schedule.wait_for_later(call)
        name = _name(method, path, headers, body, query)
        if name is None:
            return await schedule.read(call)
        return await schedule.change(name, call, lambda: _refused(app, method, path, headers, query, request_id))

    app._dispatch_service_request = dispatch_in_turn


def _name(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> str | None:
    """What a call changes, in a line; None for one that changes nothing."""
    target = headers.get("x-amz-target", "").rpartition(".")[2]
    form = dict(parse_qsl(body.decode(errors="replace"))) if b"Action=" in body[:2000] and not target else {}
    action = target or form.get("Action", "")
    if action:
        subject = (
            _subject(json.loads(body))
            if target
            else " ".join(form[key] for key in sorted(form) if key.endswith("Name"))
        )
        return None if action.startswith(READING) else f"{action} {subject}".strip()
    if method in ("GET", "HEAD"):
        return None
    return f"{method} {path} {_subject(_json(body))}".strip()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError:
        return {}


def _subject(data: Any) -> str:
    """What tells a call from others of its kind: the name that it gives."""
    if not isinstance(data, dict):
        return ""
    members = ("TableName", "Name", "name", "SecretId", "logGroupName", "StatementId", "routeKey", "AlarmName")
    return next((str(data[member]) for member in members if isinstance(data.get(member), str)), "")


def _refused(app: Any, method: str, path: str, headers: dict[str, str], query: Any, request_id: str) -> Any:
    from ministack.core.iam_actions import access_denied_response

    service = app.detect_service(method, path, headers, query)
    return access_denied_response(
        service, "stopped:HereByTheTest", "arn:aws:iam::000000000000:root", request_id, headers=headers
    )
