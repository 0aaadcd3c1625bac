"""Who may use the page: the browser that opened the one-time URL, by the cookie that it got for it."""

from __future__ import annotations

import hmac
import secrets
from threading import Lock


class Session:
    """One session: a token that is good once, and the cookie that it is traded for."""

    def __init__(self, port: int) -> None:
        self.token = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)
        # Browsers send a cookie to all ports of a host, so that the name tells apart the pages of two stacks.
        self._name = f"page-{port}"
        self._is_traded = False
        self._lock = Lock()

    def trade(self, token: str) -> str | None:
        """The ``Set-Cookie`` header for the token; None for another token, and for this one from its second use on.

        https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2
        """
        with self._lock:
            if self._is_traded or not _equal(token, self.token):
                return None
            self._is_traded = True
        return f"{self._name}={self._cookie}; Path=/; HttpOnly; SameSite=Strict"

    def holds(self, cookies: str) -> bool:
        """Whether a ``Cookie`` header has this session's cookie."""
        pairs = (pair.strip().partition("=") for pair in cookies.split(";"))
        return any(name == self._name and _equal(value, self._cookie) for name, _, value in pairs)


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode())
