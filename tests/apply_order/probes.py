"""The requests that are sent in each state of an apply: callers, routes, and what came of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import jwt
import requests
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from scripts.local_aws.ministack import EXECUTE_API
from tests.apply_order.system import System

PARTNER_SECRET = b"a secret of the partner's, of more than 32 bytes"
REFUSALS = frozenset({401, 403, 404})


class Outcome(StrEnum):
    """What came of a request."""

    REACHED = "reached"
    REFUSED = "refused"
    FAILED = "failed"


class Probe(NamedTuple):
    """A request: the kind of API (``rest``, ``http`` or ``websocket``), method and path, and who sends it."""

    kind: str
    method: str
    path: str
    caller: str

    def __str__(self) -> str:
        return f"{self.kind} {self.method} {self.path} by {self.caller}"


# Tokens are new for every request, so that no answer of the authorizer comes from API Gateway's cache.
CALLERS: Mapping[str, Mapping[str, Any]] = {
    "alice": {"sub": "alice"},
    "editor": {"sub": "edith", "scope": "profile:write"},
    "reader": {"sub": "ray", "scope": "report:read"},
    "mobile": {"sub": "alice", "aud": "mobile"},
    "partner": {"sub": "pat", "iss": "partner"},
}


class Client:
    """Sends the probes to one system."""

    def __init__(self, system: System) -> None:
        self._system = system
        outputs = system.outputs()
        gateway = f"{system.endpoint_url}{EXECUTE_API}"
        self._urls = {
            "rest": f"{system.endpoint_url}/restapis/{outputs['rest_api_id']}/v1/_user_request_",
            "http": f"{gateway}/{outputs['http_api_id']}/v1",
            "websocket": f"{gateway}/{outputs['websocket_api_id']}/v1".replace("http:", "ws:"),
        }
        (name,) = outputs["secret_names"].values()
        secret = system.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
        self._secrets = {"local": secret.encode(), "partner": PARTNER_SECRET}
        self._kept = self._token("alice")
        self._session = requests.Session()
        self._session.trust_env = False

    def send(self, probes: Iterable[Probe], likely: Mapping[Probe, Outcome]) -> dict[Probe, Outcome]:
        """Send each probe; returns what came of each.

        One that fares otherwise than is likely is sent once more, for the state is the same: on a busy machine a
        function may take longer to start than its timeout allows.
        """
        # One after another: more at a time would start more copies of each function, which takes longer.
        outcomes = {probe: self._send(probe) for probe in probes}
        return outcomes | {probe: self._send(probe) for probe, outcome in outcomes.items() if outcome != likely[probe]}

    def _send(self, probe: Probe) -> Outcome:
        headers = self._headers(probe.caller)
        if probe.kind == "websocket":
            return self._connect(headers)
        url = self._urls[probe.kind] + probe.path
        status = self._session.request(probe.method, url, headers=headers, timeout=30).status_code
        return Outcome.REACHED if status < 300 else Outcome.REFUSED if status in REFUSALS else Outcome.FAILED

    def _connect(self, headers: dict[str, str]) -> Outcome:
        """Connect, send a message and wait for the answer."""
        try:
            with connect(self._urls["websocket"], additional_headers=headers, proxy=None, open_timeout=30) as socket:
                socket.send("hello")
                socket.recv(timeout=10)
        except InvalidHandshake as refusal:
            status = getattr(getattr(refusal, "response", None), "status_code", 500)
            return Outcome.REFUSED if status in REFUSALS else Outcome.FAILED
        except (ConnectionClosed, TimeoutError, OSError):
            return Outcome.FAILED
        return Outcome.REACHED

    def _headers(self, caller: str) -> dict[str, str]:
        if caller == "nobody":
            return {}
        if caller == "browser":
            return {"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"}
        if caller == "kept":
            return {"Authorization": f"Bearer {self._kept}"}
        name, _, header = caller.partition(" in ")
        if name == "forger":
            head, _, signature = self._token("alice").rpartition(".")
            return {"Authorization": f"Bearer {head}.{signature[::-1]}"}
        return {header or "Authorization": f"Bearer {self._token(name)}"}

    def _token(self, caller: str) -> str:
        claims = {"iss": "local", "aud": "api", "nonce": secrets.token_hex(8), **CALLERS[caller]}
        return jwt.encode({**claims, "exp": int(time.time()) + 3600}, self._secrets[str(claims["iss"])], "HS256")
