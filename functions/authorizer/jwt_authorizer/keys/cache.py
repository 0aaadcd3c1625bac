"""Keys kept in memory for a while: fetched when needed, once at a time, and not again at once after a failure."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from jwt_authorizer.errors import ConfigurationError, KeysUnavailable
from jwt_authorizer.keys.keyset import KeySet

# From this part of their lifetime on, keys are renewed in the background while they go on serving.
_AHEAD = 0.8
_FIRST_RETRY_SECONDS = 1.0
_LAST_RETRY_SECONDS = 60.0
# Tokens that fit no key cause a fetch at most this often, so that a flood of them does not become one of fetches.
MISS_SPACING_SECONDS = 5.0
# A key id that was fetched for in vain does not cause another fetch for so long, however often it comes.
MISS_MEMORY_SECONDS = 30.0
_MISS_MEMORY = 64


class KeySource(Protocol):
    """Where an issuer's keys come from."""

    def get(self) -> KeySet:
        """The keys to trust now. Raises KeysUnavailable or ConfigurationError."""

    def renew(self, keys: KeySet, key_id: str | None) -> KeySet | None:
        """The keys to try after a token did not fit `keys`, or None where there are no newer ones."""


class FixedKeys:
    """Keys that are part of the configuration."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    def get(self) -> KeySet:
        """The keys."""
        return self._keys

    def renew(self, keys: KeySet, key_id: str | None) -> KeySet | None:  # noqa: ARG002 - the protocol's
        """There are never newer ones."""
        return None


class CachedKeys:
    """Keys from a source that may change, be slow, or be down.

    `fetch` returns a key set or raises KeysUnavailable or ConfigurationError. Its answer serves for
    `lifetime_seconds`, and is renewed in the background towards their end; when that fails, it goes on serving for
    `grace_seconds` more and never beyond. After a failure the source is left alone for a time that doubles from one
    second to sixty, so that an outage does not cost every request the full time-out. Where many callers wait, one of
    them fetches. `first` stands in while the first fetch fails, and for no longer than it says.
    `observe` is told by name and message of each fetch that fails and each time that old keys serve.
    """

    def __init__(
        self,
        fetch: Callable[[], KeySet],
        *,
        lifetime_seconds: float,
        grace_seconds: float,
        first: tuple[KeySet, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        observe: Callable[[str, str], None] = lambda _name, _message: None,
    ) -> None:
        self._fetch = fetch
        self._lifetime = lifetime_seconds
        self._clock = clock
        self._observe = observe
        self._lock = threading.Lock()
        self._renewing = False
        self._failure: KeysUnavailable | ConfigurationError | None = None
        self._retry_at = 0.0
        self._retry_seconds = _FIRST_RETRY_SECONDS
        self._misses: OrderedDict[str, float] = OrderedDict()
        self._next_miss_at = float("-inf")
        self._grace = grace_seconds
        self._keys: KeySet | None = None
        self._fresh_until = self._ahead_from = self._good_until = float("-inf")
        if first is not None:
            # Past its life from the start: the source, which may have withdrawn a key of it, is asked before it serves.
            self._keys = first[0]
            self._good_until = self._clock() + first[1]

    def get(self) -> KeySet:
        """The keys to trust now. Raises what `fetch` raised when there are none within their lifetime and grace."""
        keys, now = self._keys, self._clock()
        if keys is not None and now < self._fresh_until:
            if now >= self._ahead_from:
                self._renew_in_background()
            return keys
        with self._lock:
            # Whoever held the lock before may have fetched.
            if self._clock() >= self._fresh_until:
                self._refresh()
            keys = self._keys if self._clock() < self._good_until else None
        if keys is not None:
            if self._failure is not None:
                self._observe("stale_keys_served", str(self._failure))
            return keys
        # A fresh exception each time: one that is raised again would drag its first traceback along.
        raise type(self._failure)(str(self._failure)) if self._failure else KeysUnavailable("no keys")

    def renew(self, keys: KeySet, key_id: str | None) -> KeySet | None:
        """Newer keys for a token that did not fit `keys`, or None where there are none to be had now.

        Each key id is fetched for once in a while only, and so are all of them together; both count from the miss and
        not from the last refresh, which would keep a freshly rotated key out.
        """
        with self._lock:
            held, now = self._keys, self._clock()
            newer = held if held is not keys else None
            # Newer ones may be from before the rotation too, so they do only where the key id is among them.
            if newer is not None and (key_id is None or _holds(newer, key_id)):
                return newer
            if now < self._next_miss_at or (key_id is not None and now < self._misses.get(key_id, now)):
                return newer
            self._next_miss_at = now + MISS_SPACING_SECONDS
            self._refresh()
            # Only what the source has answered is remembered: a fetch that failed says nothing about the key id.
            answered = self._keys is not held
            if answered and self._keys is not None and key_id is not None and not _holds(self._keys, key_id):
                self._misses[key_id] = now + MISS_MEMORY_SECONDS
                self._misses.move_to_end(key_id)
                if len(self._misses) > _MISS_MEMORY:
                    self._misses.popitem(last=False)
            return self._keys if self._keys is not keys else None

    def _renew_in_background(self) -> None:
        # Lambda freezes the thread between invocations; what that breaks is a failed fetch like any other.
        if self._renewing or self._clock() < self._retry_at:
            return
        self._renewing = True
        threading.Thread(target=self._renew_now, daemon=True).start()

    def _renew_now(self) -> None:
        try:
            with self._lock:
                if self._clock() >= self._ahead_from:
                    self._refresh()
                    # A fetch that was frozen says little about the source: the keys' end is time to ask it again.
                    self._retry_at = min(self._retry_at, self._fresh_until)
        finally:
            self._renewing = False

    def _refresh(self) -> None:
        """Ask the source, unless it failed a moment ago. The lock is held."""
        # The age counts from before the fetch, for the answer may be as old as the question.
        started = self._clock()
        if started < self._retry_at:
            return
        try:
            keys = self._fetch()
        except (KeysUnavailable, ConfigurationError) as failure:
            self._failure = failure
            self._observe("key_source_failures", str(failure))
            self._retry_at = self._clock() + self._retry_seconds
            self._retry_seconds = min(self._retry_seconds * 2, _LAST_RETRY_SECONDS)
            return
        self._keys = keys
        self._ahead_from = started + self._lifetime * _AHEAD
        self._fresh_until = started + self._lifetime
        self._good_until = self._fresh_until + self._grace
        self._failure = None
        self._retry_at = 0.0
        self._retry_seconds = _FIRST_RETRY_SECONDS


def _holds(keys: KeySet, key_id: str) -> bool:
    return any(key.key_id == key_id for key in keys.keys)
