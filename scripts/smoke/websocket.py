"""One exchange on a WebSocket API: a handshake, and when it is accepted, a message and its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus

from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
from websockets.sync.client import connect

from scripts.lib.console import paint
from scripts.lib.program import UsageError
from scripts.smoke.http import SECONDS, describe, without_signature


@dataclass(frozen=True)
class Outcome:
    """The status of the handshake, 101 when it was accepted, and what came back on the connection, if anything did."""

    status: int
    received: str | None = None


@dataclass(frozen=True)
class Exchange:
    """A caller, what he says once he is connected, and what is expected of it."""

    title: str
    authorization: str | None
    expected: int
    say: str | None = None
    receive: object = None
    """What must come back, as JSON, if that is known."""

    def run(self, url: str, seconds: float = SECONDS) -> Outcome:
        """Connect, by no proxy, and talk; raises UsageError when there is no answer within so many seconds."""
        headers = {} if self.authorization is None else {"Authorization": self.authorization}
        try:
            with connect(url, additional_headers=headers, open_timeout=seconds, proxy=None) as socket:
                if self.say is None:
                    return Outcome(HTTPStatus.SWITCHING_PROTOCOLS)
                socket.send(self.say)
                return Outcome(HTTPStatus.SWITCHING_PROTOCOLS, str(socket.recv(timeout=seconds)))
        except InvalidStatus as refusal:
            return Outcome(refusal.response.status_code)
        except (OSError, InvalidHandshake, WebSocketException) as error:
            raise UsageError(
                f"{url} did not answer: {error or type(error).__name__}: check the URL and that the stage is deployed"
            ) from None

    def faults(self, outcome: Outcome) -> list[str]:
        """What is wrong with an outcome, a phrase each; empty when nothing is."""
        if outcome.status != self.expected:
            return [f"expected {describe(self.expected)}, got {describe(outcome.status)}"]
        if self.receive is not None and _json(outcome.received) != self.receive:
            return [f"expected the message {json.dumps(self.receive)}"]
        return []

    def transcript(self, outcome: Outcome) -> list[str]:
        """The exchange as a person reads it, and whether it is right; the token without its signature."""
        lines = [paint(self.title.capitalize(), "bold"), "  GET / (upgrade: websocket)"]
        if self.authorization is not None:
            lines.append(f"  authorization: {without_signature(self.authorization)}")
        lines += ["", f"    {paint(describe(outcome.status), 'cyan')}"]
        if outcome.received is not None:
            lines += ["", f"  → {self.say}", f"  ← {outcome.received}"]
        faults = self.faults(outcome)
        mark = paint("✗", "red") if faults else paint("✓", "green")
        return [*lines, "", f"  {mark} {self.title}: {'; '.join(faults) or describe(outcome.status)}"]


def exchanges_for(token: str, principal: str) -> list[Exchange]:
    """The exchanges that show a guarded WebSocket API: without a token, and with this one of this principal."""
    answer = {"principal": principal, "message": "hello"}
    return [
        Exchange("connecting without a token", None, HTTPStatus.UNAUTHORIZED),
        Exchange("connecting with a token", f"Bearer {token}", HTTPStatus.SWITCHING_PROTOCOLS, "hello", answer),
    ]


def _json(text: str | None) -> object:
    try:
        return json.loads(text or "")
    except ValueError:
        return None
