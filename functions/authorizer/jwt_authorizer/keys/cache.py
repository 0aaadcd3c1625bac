"""Keys kept in memory for a while: fetched when needed, once at a time, and not again at once after a failure."""

import threading
import time
from collections.abc import Callable

from jwt_authorizer.errors import ConfigurationError, KeysUnavailable
from jwt_authorizer.keys.keyset import KeySet


class CachedKeys:
    """A key source that is asked again only when its answer has grown old.

    `fetch` returns a key set or raises KeysUnavailable or ConfigurationError. Its answer serves for
    `lifetime_seconds`; when the next fetch fails, it goes on serving for `grace_seconds` more and never beyond. After
    a failure the source is left alone for `retry_seconds`, so that an outage does not cost every request the full
    timeout.
    """

    def __init__(
        self,
        fetch: Callable[[], KeySet],
        *,
        lifetime_seconds: float = 300,
        grace_seconds: float = 3600,
        retry_seconds: float = 5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._lifetime = lifetime_seconds
        self._grace = grace_seconds
        self._retry = retry_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._fetched_at = 0.0
        self._failure: KeysUnavailable | ConfigurationError | None = None
        self._failed_at = 0.0

    def get(self) -> KeySet:
        """The keys to trust now. Raises what `fetch` raised when there are none within their lifetime and grace."""
        with self._lock:
            if self._keys is not None and self._age() < self._lifetime:
                return self._keys
            if self._failure is None or self._clock() - self._failed_at >= self._retry:
                self._refresh()
            if self._keys is not None and self._age() < self._lifetime + (self._grace if self._failure else 0):
                return self._keys
            # A fresh exception each time: one that is raised again would drag its first traceback along.
            raise type(self._failure)(str(self._failure)) if self._failure else KeysUnavailable("no keys")

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _refresh(self) -> None:
        # The age counts from before the fetch, for the answer may be as old as the question.
        started = self._clock()
        try:
            self._keys = self._fetch()
        except (KeysUnavailable, ConfigurationError) as failure:
            self._failure = failure
            self._failed_at = self._clock()
        else:
            self._failure = None
            self._fetched_at = started
