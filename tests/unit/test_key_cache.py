"""How long keys live, and what an outage of their source costs."""

import threading

import pytest

from jwt_authorizer.errors import ConfigurationError, KeysUnavailable
from jwt_authorizer.keys.cache import CachedKeys
from jwt_authorizer.keys.keyset import Key, KeySet


class Source:
    """A key source that counts how often it is asked and fails when told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: Exception | None = None
        self.now = 0.0
        self.cached = CachedKeys(
            self.fetch, lifetime_seconds=300, grace_seconds=600, retry_seconds=5, clock=lambda: self.now
        )

    def fetch(self) -> KeySet:
        self.asked += 1
        if self.failure:
            raise self.failure
        return KeySet((Key(frozenset(["HS256"]), self.asked),))

    def get_at(self, now: float) -> int:
        self.now = now
        return int(self.cached.get().keys[0].material)


@pytest.fixture
def source() -> Source:
    return Source()


def test_keys_are_fetched_once_in_their_lifetime(source: Source) -> None:
    assert [source.get_at(now) for now in (0, 1, 299.9)] == [1, 1, 1]
    assert source.get_at(300) == 2


def test_old_keys_serve_while_the_source_is_down_but_not_past_the_grace(source: Source) -> None:
    source.get_at(0)
    source.failure = KeysUnavailable("the source is down")
    assert source.get_at(899.9) == 1
    with pytest.raises(KeysUnavailable, match="the source is down"):
        source.get_at(900)


def test_a_failure_is_remembered_so_that_an_outage_costs_few_fetches(source: Source) -> None:
    source.failure = KeysUnavailable("the source is down")
    for tenth in range(100):
        with pytest.raises(KeysUnavailable):
            source.get_at(tenth / 10)
    assert source.asked == 2


def test_a_source_that_is_back_is_used_after_the_retry_time(source: Source) -> None:
    source.failure = KeysUnavailable("the source is down")
    with pytest.raises(KeysUnavailable):
        source.get_at(0)
    source.failure = None
    with pytest.raises(KeysUnavailable):
        source.get_at(4.9)
    assert source.get_at(5) == 2


def test_an_unfit_secret_is_told_as_what_it_is(source: Source) -> None:
    source.failure = ConfigurationError("the secret is blank")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="blank"):
            source.get_at(0)
    assert source.asked == 1


def test_many_callers_at_once_cause_one_fetch(source: Source) -> None:
    threads = [threading.Thread(target=source.cached.get) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert source.asked == 1
