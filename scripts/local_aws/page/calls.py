"""Real requests to the running local stack, and what each part of it did."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from scripts.lib.local_stack import StackInfo
from scripts.local_aws import logs
from scripts.review_plan.access.decision import ALLOWED
from scripts.review_plan.callers import Expectation
from scripts.smoke.contract import CONNECT, request_line, word
from scripts.smoke.http import Answer, ask
from scripts.smoke.websocket import Exchange

_BODY: Final = '{"written": "by the page"}'
"""What the example backend stores by ``PUT /me``."""

_VERBS_WITH_BODY: Final = ("PUT", "POST", "PATCH")
_HANDSHAKE: Final[Mapping[str, str]] = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
"""https://www.rfc-editor.org/rfc/rfc6455#section-4.1"""

_SHOWN_HEADERS: Final = ("content-type", "www-authenticate", "cache-control")


@dataclass(frozen=True)
class Call:
    """One request to a route of the stack, without its token."""

    route: str
    verb: str
    url: str

    @classmethod
    def of(cls, info: StackInfo, expectation: Expectation) -> Call:
        """The call of a route, with the path parameters of its expectation."""
        if expectation.route == CONNECT:
            return cls(CONNECT, "GET", str(info.websocket_url))
        verb, path = request_line(expectation)
        return cls(expectation.route, verb, info.base_url + path)

    @property
    def body(self) -> str | None:
        return _BODY if self.verb in _VERBS_WITH_BODY else None

    def curl(self, authorization: str | None) -> str:
        """The same call as a line for a shell."""
        words = ["curl", "-i"]
        if self.route == CONNECT:
            # An open WebSocket would wait for good.
            words += ["--http1.1", "--max-time", "2"]
        if self.verb != "GET":
            words += ["-X", self.verb]
        headers = dict(_HANDSHAKE) if self.route == CONNECT else {}
        if authorization is not None:
            headers["Authorization"] = authorization
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        for name, value in headers.items():
            words += ["-H", f"{name}: {value}"]
        if self.body is not None:
            words += ["-d", self.body]
        return shlex.join([*words, self.url.replace("ws://", "http://")])

    def send(self, authorization: str | None) -> Answer:
        """Send the call. Raises UsageError when no answer comes."""
        if self.route == CONNECT:
            return Answer(Exchange("", authorization, HTTPStatus.SWITCHING_PROTOCOLS).run(self.url).status, {}, "")
        return ask(self.url, authorization, self.verb, self.body.encode() if self.body else None)


def observed(info: StackInfo, call: Call, authorization: str | None, rule: str | None) -> dict[str, Any]:
    """Send a call; returns the answer, the decisions that the authorizer logged meanwhile, and what each part did."""
    began = time.time()
    answer = call.send(authorization)
    seconds = time.time() - began
    lines = _decisions(info, int(began * 1000))
    return {
        "status": answer.status,
        "phrase": _phrase(answer.status),
        "allowed": word(answer) == ALLOWED,
        "headers": {name: answer.headers[name] for name in _SHOWN_HEADERS if name in answer.headers},
        "body": answer.body,
        "milliseconds": round(seconds * 1000),
        "log": [json.dumps(line) for line in lines],
        "parts": _parts(call, authorization, rule, answer, lines[-1] if lines else None),
    }


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _decisions(info: StackInfo, since: int) -> list[dict[str, Any]]:
    """The decisions that the authorizer logged since a time (milliseconds since 1970), without their metrics."""
    found = []
    for event in logs.events(info.client("logs"), info.authorizer_log_group, since):
        if (decision := logs.decision(event["message"])) is not None:
            found.append(decision)
    return found


def _parts(
    call: Call, authorization: str | None, rule: str | None, answer: Answer, line: Mapping[str, Any] | None
) -> list[dict[str, str]]:
    """What the client, the API, the rule, the authorizer and the backend did, by the answer and the log's line.

    ``state`` is ``passed``, ``stopped`` where the request ended, or ``idle``.
    """
    allowed = word(answer) == ALLOWED
    path = call.route.partition(" ")[2] or call.route
    client = f"sent {call.verb} {path} {'without' if authorization is None else 'with'} a token"
    backend = ("passed", f"answered {answer.status}") if allowed else ("idle", "was not reached")
    if rule is None:
        api, of_rule, authorizer = ("passed", "let it through"), ("idle", "public: no rule"), ("idle", "did not run")
    elif line is not None:
        outcome, reason = str(line.get("outcome")), line.get("reason")
        state = "passed" if outcome == "allow" else "stopped"
        said = f"{outcome}: {reason}" if reason else outcome
        took = f"{said}, in {line['latency']} ms" if "latency" in line else said
        api = ("passed", f"asked, then answered {answer.status}")
        of_rule = {
            "allow": ("passed", f"{rule} is met"),
            "deny": ("stopped", f"{rule} is not met"),
        }.get(outcome, ("idle", f"{rule} was not looked at"))
        authorizer = (state, took)
    elif authorization is None:
        api = ("stopped", f"answered {answer.status} by itself: no token")
        of_rule, authorizer = ("idle", f"{rule} was not looked at"), ("idle", "did not run")
    else:
        api = ("passed" if allowed else "stopped", "used the answer that it keeps for this token")
        of_rule, authorizer = ("passed" if allowed else "stopped", f"{rule}, as before"), ("idle", "did not run again")
    found = {"client": ("passed", client), "api": api, "rule": of_rule, "authorizer": authorizer, "backend": backend}
    return [{"part": part, "state": state, "words": words} for part, (state, words) in found.items()]
