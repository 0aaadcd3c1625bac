"""What is deployed for the checks: its URLs, its authorizers, and how they are called."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scripts.smoke.http import Answer, ask
from scripts.smoke.websocket import Exchange
from scripts.token import minting

STAGE: Final = "v1"
_REPORT: Final = re.compile(r"\t(Init Duration|Restore Duration|Duration|Max Memory Used): ([0-9.]+) (?:ms|MB)")
_ISSUER: Final = "https://acceptance.example.com/"
_AUDIENCE: Final = "https://api.example.com"


@dataclass(frozen=True)
class Authorizer:
    """One authorizer function, with the secret that signs its tokens."""

    function_name: str
    secret_name: str


@dataclass(frozen=True)
class Call:
    """What a direct call of a function gave: its answer or its error's message, and what Lambda and it logged."""

    answer: Any
    error: str | None
    report: Mapping[str, float]
    """Lambda's own figures: milliseconds and megabytes."""
    decision: Mapping[str, Any]
    """The authorizer's line of the decision."""


@dataclass(frozen=True)
class System:
    """All that is deployed.

    ``client`` makes a service's client; ``patience`` is for how many seconds AWS may need to know what was just made.
    """

    client: Callable[[str], Any]
    rest_url: str
    http_url: str
    websocket_url: str
    authorizers: Mapping[str, Authorizer]
    usage_key: str
    access_log_group: str | None
    patience: float = 180
    _secrets: dict[str, bytes] = field(default_factory=dict)

    def secret(self, authorizer: str) -> bytes:
        """The secret that signed an authorizer's tokens when it was asked for first."""
        if authorizer not in self._secrets:
            name = self.authorizers[authorizer].secret_name
            answer = self.client("secretsmanager").get_secret_value(SecretId=name)
            self._secrets[authorizer] = str(answer["SecretString"]).encode()
        return self._secrets[authorizer]

    def token(self, authorizer: str = "plain", seconds: int = 600, secret: bytes | None = None, **claims: Any) -> str:
        """A token that an authorizer accepts for so many seconds, as the header's value."""
        times = minting.identified(int(time.time()), seconds)
        whole = {"iss": _ISSUER, "aud": _AUDIENCE, "sub": "alice", **times, **claims}
        return f"Bearer {minting.mint(whole, secret or self.secret(authorizer), 'HS256')}"

    def forged(self) -> str:
        """A token of the right claims that somebody else signed."""
        return self.token(secret=b"another secret that is as long as it must be")

    def rest(self, path: str, token: str | None) -> Answer:
        return ask(f"{self.rest_url}{path}", token)

    def http(self, path: str, token: str | None) -> Answer:
        return ask(f"{self.http_url}{path}", token)

    def connect(self, token: str | None) -> int:
        """The status of a WebSocket handshake."""
        return Exchange("connecting", token, 101).run(self.websocket_url).status

    def invoke(self, authorizer: str, token: str) -> Call:
        """Call an authorizer by the alias of its rule, as API Gateway does."""
        name = self.authorizers[authorizer].function_name
        arn = "arn:aws:execute-api:eu-west-1:123456789012:acceptance/v1/GET/hello"
        event = {"type": "TOKEN", "methodArn": arn, "authorizationToken": token}
        answer = self.client("lambda").invoke(
            FunctionName=name, Qualifier="signed-in", LogType="Tail", Payload=json.dumps(event)
        )
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
        payload = json.loads(answer["Payload"].read())
        error = str(payload.get("errorMessage")) if answer.get("FunctionError") else None
        return Call(payload, error, _report(log), _decision(log))

    def start_cold(self, authorizer: str) -> None:
        """Turn the alias of an authorizer to a new version, whose first call finds no environment."""
        functions, name = self.client("lambda"), self.authorizers[authorizer].function_name
        functions.update_function_configuration(FunctionName=name, Description=f"Acceptance {time.time_ns()}")
        functions.get_waiter("function_updated_v2").wait(FunctionName=name)
        version = functions.publish_version(FunctionName=name)["Version"]
        functions.get_waiter("published_version_active").wait(FunctionName=name, Qualifier=version)
        functions.update_alias(FunctionName=name, Name="signed-in", FunctionVersion=version)


def _report(log: str) -> dict[str, float]:
    found = [line for line in log.splitlines() if line.startswith("REPORT ")]
    return {name: float(value) for name, value in _REPORT.findall(found[-1])} if found else {}


def _decision(log: str) -> dict[str, Any]:
    for line in log.splitlines():
        if line.startswith("{") and '"outcome"' in line:
            found: dict[str, Any] = json.loads(line)
            return found
    return {}
