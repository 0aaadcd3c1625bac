"""Keys kept in memory for a while: fetched when needed, once at a time, and less often while fetching is in vain."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from jwt_authorizer.errors import ConfigurationError, KeysUnavailable
from jwt_authorizer.keys.keyset import Key, KeySet

# From this part of their lifetime on, keys are refreshed in the background while they go on serving.
_REFRESH_FROM = 0.8
# After a failure the source is left alone for so long, and twice as long after each further one.
_FIRST_RETRY_SECONDS = 1.0
# The same after a fetch for a token that fits no key, if the source has nothing new. Anybody can send such tokens.
MISS_SPACING_SECONDS = 5.0
LONGEST_BACK_OFF_SECONDS = 60.0
# A key id that the source does not have causes no other fetch for so long, however often it comes.
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


class _Entry:
    """What a fetch brought, and the times at which it is to be refreshed, is past its lifetime, and is past all use."""

    def __init__(self, keys: KeySet, refresh_at: float, expires_at: float, drop_at: float) -> None:
        self.keys = keys
        self.refresh_at = refresh_at
        self.expires_at = expires_at
        self.drop_at = drop_at


class _BackOff:
    """A time to wait that doubles with each attempt in vain."""

    def __init__(self, first_seconds: float) -> None:
        self._first = first_seconds
        self.reset()

    def reset(self) -> None:
        """Allow the next attempt at once."""
        self.until = float("-inf")
        self._seconds = self._first

    def extend(self, now: float) -> None:
        """Allow no attempt for a while."""
        self.until = now + self._seconds
        self._seconds = min(self._seconds * 2, LONGEST_BACK_OFF_SECONDS)


class CachedKeys:
    """Keys from a source that may change, be slow, or be down.

    `fetch` returns a key set, or raises KeysUnavailable or ConfigurationError. Its answer serves for
    `lifetime_seconds`, and is refreshed in the background towards their end. While that fails, it serves for
    `grace_seconds` more and never beyond. `first` is a key set that stands in while the first fetch fails, and the
    seconds for which it may. Where many callers wait, one of them fetches.
    `observe` gets a name and a message for each fetch that fails and each time that old keys serve.

    Two back-offs keep an outage from costing every request the full time-out, and forged tokens from costing a fetch
    each: one counts fetches that failed, the other those for a token that fits no key where the source had nothing new.
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
        self._grace = grace_seconds
        self._clock = clock
        self._observe = observe
        self._lock = threading.Lock()
        self._refreshing = False
        self._failure: KeysUnavailable | ConfigurationError | None = None
        self._failures = _BackOff(_FIRST_RETRY_SECONDS)
        self._misses = _BackOff(MISS_SPACING_SECONDS)
        self._unknown_key_ids: OrderedDict[str, float] = OrderedDict()
        self._entry: _Entry | None = None
        if first is not None:
            keys, seconds = first
            # Expired from the start: the source, which may have withdrawn a key since, comes first.
            self._entry = _Entry(keys, float("-inf"), float("-inf"), clock() + seconds)

    def get(self) -> KeySet:
        """The keys to trust now. Raises what `fetch` raised when there are none within their lifetime and grace."""
        entry, now = self._entry, self._clock()
        if entry is not None and now < entry.expires_at:
            if now >= entry.refresh_at:
                self._refresh_in_background()
            return entry.keys
        with self._lock:
            # Another thread may have fetched while this one waited for the lock.
            if self._entry is None or self._clock() >= self._entry.expires_at:
                self._refresh()
            entry, failure = self._entry, self._failure
        if entry is not None and self._clock() < entry.drop_at:
            if failure is not None:
                self._observe("stale_keys_served", str(failure))
            return entry.keys
        # A new exception each time: one that is raised again would drag its first traceback along.
        raise type(failure)(str(failure)) if failure else KeysUnavailable("no keys")

    def renew(self, keys: KeySet, key_id: str | None) -> KeySet | None:
        """Newer keys for a token that did not fit `keys`, or None where there are none to be had now.

        The back-off counts from the miss and not from the last refresh, which would keep a new key out.
        """
        with self._lock:
            now, held = self._clock(), self._entry
            newer = _other(held, keys)
            # Newer ones may be from before the rotation too, so they do only where the key id is among them.
            if newer is not None and (key_id is None or _holds(newer, key_id)):
                return newer
            if self._is_known_miss(key_id, now):
                return newer
            self._refresh()
            entry = self._entry
            # A fetch that failed says nothing about the token: its own back-off is enough.
            if entry is not None and entry is not held:
                self._count_miss(entry.keys, key_id, now)
            return _other(entry, keys)

    def _is_known_miss(self, key_id: str | None, now: float) -> bool:
        return now < self._misses.until or (key_id is not None and now < self._unknown_key_ids.get(key_id, now))

    def _count_miss(self, keys: KeySet, key_id: str | None, now: float) -> None:
        self._misses.extend(now)
        if key_id is None or _holds(keys, key_id):
            return
        self._unknown_key_ids[key_id] = now + MISS_MEMORY_SECONDS
        self._unknown_key_ids.move_to_end(key_id)
        if len(self._unknown_key_ids) > _MISS_MEMORY:
            self._unknown_key_ids.popitem(last=False)

    def _refresh_in_background(self) -> None:
        # Lambda freezes the thread between invocations; what that breaks is a failed fetch like any other.
        if self._refreshing or self._clock() < self._failures.until:
            return
        self._refreshing = True
        threading.Thread(target=self._refresh_now, daemon=True).start()

    def _refresh_now(self) -> None:
        try:
            with self._lock:
                if self._entry is not None and self._clock() >= self._entry.refresh_at:
                    self._refresh()
                    # A fetch that was frozen says little about the source: the keys' end is time to fetch again.
                    self._failures.until = min(self._failures.until, self._entry.expires_at)
        finally:
            self._refreshing = False

    def _refresh(self) -> None:
        """Replace the entry by what the source has, unless it failed a moment ago. The lock is held."""
        # The age counts from before the fetch, for the answer may be as old as the question.
        started = self._clock()
        if started < self._failures.until:
            return
        try:
            keys = self._fetch()
        except (KeysUnavailable, ConfigurationError) as failure:
            self._failure = failure
            self._observe("key_source_failures", str(failure))
            self._failures.extend(self._clock())
            return
        if self._entry is None or _by_key_id(keys) != _by_key_id(self._entry.keys):
            self._misses.reset()
        expires_at = started + self._lifetime
        self._entry = _Entry(keys, started + self._lifetime * _REFRESH_FROM, expires_at, expires_at + self._grace)
        self._failure = None
        self._failures.reset()


def _other(entry: _Entry | None, keys: KeySet) -> KeySet | None:
    """The entry's keys, if they are not these."""
    return entry.keys if entry is not None and entry.keys is not keys else None


def _holds(keys: KeySet, key_id: str) -> bool:
    return any(key.key_id == key_id for key in keys.keys)


def _by_key_id(keys: KeySet) -> list[Key]:
    # Some sources list their keys in another order each time.
    return sorted(keys.keys, key=lambda key: key.key_id or "")
