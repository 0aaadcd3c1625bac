"""A request to an API, and whether its answer is right."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import Final
from urllib.parse import urlsplit

from scripts.lib.console import paint
from scripts.lib.program import UsageError

SECONDS: Final = 20.0
"""How long one answer may take: two cold starts, and then some."""

UNSIGNED: Final = f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjQxMDI0NDQ4MDAsInN1YiI6Im5vYm9keSJ9.{'A' * 43}"
"""``{"alg":"HS256","typ":"JWT"}`` and ``{"exp":4102444800,"sub":"nobody"}``, with zeros for a signature."""

MISSING_ROUTE: Final = "Missing Authentication Token"
"""What a REST API answers, with 403, to a route that it does not have; the words mislead.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
"""The names of this machine, for URLs that never leave it."""


@dataclass(frozen=True)
class Answer:
    """What an API answered: status, headers (lower-case names) and body."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Check:
    """One request and what is expected of its answer."""

    title: str
    authorization: str | None
    expected: tuple[int, ...]
    challenged: bool = False
    """Whether the answer must say by ``WWW-Authenticate`` how to authenticate (RFC 9110 section 11.6.1)."""
    method: str = "GET"
    path: str = "/hello"
    send: object = None
    """What to send as JSON, if anything."""
    receive: object = None
    """What the body must be as JSON, if that is known."""

    def ask(self, base_url: str, seconds: float = SECONDS) -> Answer:
        """Send the request; raises UsageError when no answer comes within so many seconds."""
        body = None if self.send is None else json.dumps(self.send).encode()
        url = f"{base_url.rstrip('/')}/{self.path.lstrip('/')}"
        return ask(url, self.authorization, self.method, body, seconds)

    def faults(self, answer: Answer) -> list[str]:
        """What is wrong with an answer, a phrase each; empty when nothing is."""
        found = []
        if answer.status == 403 and MISSING_ROUTE in answer.body:
            found.append(f"the API has no route {self.method} {self.path}: write one that it has, such as ROUTE=/me")
        elif answer.status not in self.expected:
            found.append(f"expected {' or '.join(map(str, self.expected))}, got {describe(answer.status)}")
        elif self.challenged and not answer.headers.get("www-authenticate"):
            found.append(
                f"the {answer.status} has no WWW-Authenticate header; HTTP APIs send none: if this is one, write "
                "CHALLENGE=no"
            )
        elif self.receive is not None and _json(answer.body) != self.receive:
            found.append(f"expected the body {json.dumps(self.receive)}")
        return found


def checks_for(token: str, path: str = "/hello", challenged: bool = True) -> list[Check]:
    """The requests to a guarded route: without a token, with a forged one, and with this one, unless it is empty.

    Takes the token, the route's path, and whether this kind of API says by a header of its 401 how to authenticate.
    """
    nobody = Check("no token", None, (401,), challenged=challenged, path=path)
    if not token:
        return [nobody, Check("a token nobody signed", f"Bearer {UNSIGNED}", (401, 403), path=path)]
    return [
        nobody,
        Check("forged signature", f"Bearer {forged(token)}", (401, 403), path=path),
        Check("good token", f"Bearer {token}", (200,), path=path),
    ]


def forged(token: str) -> str:
    """The same token with a signature that is not its own; text that is no JWT comes back altered."""
    head, dot, signature = token.rpartition(".")
    first = "A" if not signature.startswith("A") else "B"
    return f"{head}{dot}{first}{signature[1:]}"


def without_signature(authorization: str) -> str:
    """An Authorization header's value fit to be shown: the signature is what makes it worth stealing."""
    head, dot, _ = authorization.rpartition(".")
    return f"{head}{dot}<signature>" if dot else authorization


def describe(status: int) -> str:
    """A status with its name, such as ``401 Unauthorized``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def ask(
    url: str,
    authorization: str | None = None,
    method: str = "GET",
    body: bytes | None = None,
    seconds: float = SECONDS,
) -> Answer:
    """Send one request, by no proxy when it goes to this machine, and take whatever comes back as the answer.

    A redirect is not followed: it would take the token along to wherever it points.
    Raises UsageError when no HTTP answer came in time.
    """
    headers = {} if authorization is None else {"Authorization": authorization}
    if body is not None:
        headers["Content-Type"] = "application/json"
    opener = urllib.request.OpenerDirector()
    opener.add_handler(urllib.request.ProxyHandler({} if urlsplit(url).hostname in LOOPBACK else None))
    opener.add_handler(urllib.request.HTTPHandler())
    opener.add_handler(urllib.request.HTTPSHandler())
    request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310
    try:
        with opener.open(request, timeout=seconds) as answer:
            names = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, names, answer.read().decode(errors="replace"))
    except (OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise UsageError(
            f"{url} did not answer: {reason or type(error).__name__}: check the URL and that the stage is deployed"
        ) from None


def verdict(check: Check, answer: Answer) -> str:
    """One line that says whether an answer is right."""
    faults = check.faults(answer)
    request = f"{check.title}, {check.method} {check.path}"
    if faults:
        return f"{paint('✗', 'red')} {request}: {'; '.join(faults)}"
    return f"{paint('✓', 'green')} {request}: {describe(answer.status)}"


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
