"""How long keys live, what an outage of their source costs, and how soon a rotated key is found."""

import threading
import time
from collections.abc import Callable

import pytest

from jwt_authorizer import config, jws
from jwt_authorizer.errors import ConfigurationError, KeysUnavailable, SignatureInvalid
from jwt_authorizer.issuers import TrustedIssuer
from jwt_authorizer.keys.cache import CachedKeys
from jwt_authorizer.keys.keyset import Key, KeySet
from jwt_authorizer.keys.secret import secret_keys
from tests.unit.conftest import SECRET, configuration, mint


class Source:
    """A key source that counts its fetches, fails on demand, and goes by its own clock."""

    def __init__(self, first: tuple[KeySet, float] | None = None) -> None:
        self.fetches = 0
        self.failure: Exception | None = None
        self.now = 0.0
        self.key_ids: list[str | None] = ["a"]
        self.events: list[str] = []
        self.cached = CachedKeys(
            self.fetch,
            lifetime_seconds=300,
            grace_seconds=600,
            clock=lambda: self.now,
            first=first,
            observe=lambda name, _message: self.events.append(name),
        )

    def fetch(self) -> KeySet:
        self.fetches += 1
        if self.failure:
            raise self.failure
        return KeySet(tuple(Key(frozenset(["RS256"]), self.fetches, key_id) for key_id in self.key_ids))

    def get_at(self, now: float) -> int:
        """Which fetch the keys of this moment come from."""
        self.now = now
        return int(self.cached.get().keys[0].material)

    def renew_at(self, now: float, key_id: str | None) -> bool:
        """Whether there are newer keys for a token with this key id."""
        self.now = now
        return self.cached.renew(self.cached.get(), key_id) is not None


class Unchanging(Source):
    """A source that brings the same keys each time, until its key ids are changed."""

    def __init__(self, key_ids: list[str | None]) -> None:
        super().__init__()
        self.key_ids = list(key_ids)

    def fetch(self) -> KeySet:
        self.fetches += 1
        return KeySet(tuple(Key(frozenset(["RS256"]), key_id, key_id) for key_id in self.key_ids))

    def get_at(self, now: float) -> int:
        self.now = now
        self.cached.get()
        return self.fetches


@pytest.fixture
def source() -> Source:
    return Source()


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for the background to do something."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_keys_are_fetched_once_in_their_lifetime(source: Source) -> None:
    assert [source.get_at(now) for now in (0, 1, 239.9)] == [1, 1, 1]
    assert source.get_at(300) == 2


def test_keys_are_renewed_in_the_background_ahead_of_their_end(source: Source) -> None:
    source.get_at(0)
    assert source.get_at(240) == 1
    eventually(lambda: source.fetches == 2)
    eventually(lambda: source.get_at(240) == 2)
    assert source.get_at(400) == 2


def test_a_failure_ahead_of_the_end_costs_nobody_anything(source: Source) -> None:
    source.get_at(0)
    source.failure = KeysUnavailable("the source is down")
    for second in range(240, 300):
        assert source.get_at(second) == 1
    eventually(lambda: not source.cached._refreshing)
    assert source.fetches > 1


def test_old_keys_serve_while_the_source_is_down_but_not_past_the_grace(source: Source) -> None:
    source.get_at(0)
    source.failure = KeysUnavailable("the source is down")
    assert source.get_at(899.9) == 1
    with pytest.raises(KeysUnavailable, match="the source is down"):
        source.get_at(900)


def test_failures_and_old_keys_are_told_to_whoever_watches(source: Source) -> None:
    source.get_at(0)
    assert source.events == []
    source.failure = KeysUnavailable("the source is down")
    source.get_at(300)
    assert source.events == ["key_source_failures", "stale_keys_served"]
    source.get_at(300.5)
    assert source.events == ["key_source_failures", "stale_keys_served", "stale_keys_served"]


def test_a_withdrawn_key_stops_working_within_the_lifetime(source: Source) -> None:
    source.get_at(0)
    source.key_ids = ["b"]
    source.get_at(300)
    assert [key.key_id for key in source.cached.get().keys] == ["b"]


def test_an_outage_costs_fewer_and_fewer_fetches(source: Source) -> None:
    source.failure = KeysUnavailable("the source is down")
    fetches = []
    for second in range(300):
        with pytest.raises(KeysUnavailable):
            source.get_at(second)
        fetches.append(source.fetches)
    assert [fetches[second] for second in (0, 1, 3, 7, 15, 31, 63, 123, 183)] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert source.fetches == 10


def test_a_source_that_is_back_is_used_after_the_back_off_which_begins_anew(source: Source) -> None:
    source.failure = KeysUnavailable("the source is down")
    with pytest.raises(KeysUnavailable):
        source.get_at(0)
    source.failure = None
    with pytest.raises(KeysUnavailable):
        source.get_at(0.9)
    assert source.get_at(1) == 2
    source.failure = KeysUnavailable("the source is down again")
    assert (source.get_at(301), source.fetches) == (2, 3)
    assert (source.get_at(302), source.fetches) == (2, 4)


def test_an_unfit_secret_is_told_as_what_it_is(source: Source) -> None:
    source.failure = ConfigurationError("the secret is blank")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="blank"):
            source.get_at(0)
    assert source.fetches == 1


def test_many_callers_at_once_cause_one_fetch(source: Source) -> None:
    fetch = source.cached._fetch

    def slowly() -> KeySet:
        time.sleep(0.05)
        return fetch()

    source.cached._fetch = slowly
    threads = [threading.Thread(target=source.cached.get) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert source.fetches == 1


def test_a_rotated_key_is_found_at_once_however_fresh_the_keys_are(source: Source) -> None:
    source.get_at(0)
    source.key_ids = ["a", "b"]
    assert source.renew_at(0.1, "b")
    assert source.fetches == 2


def test_a_key_id_that_is_nobodys_causes_one_fetch_in_its_cool_down(source: Source) -> None:
    source.get_at(0)
    for tenth in range(299):
        source.renew_at(tenth / 10, "nobody's")
    assert source.fetches == 2
    source.renew_at(30, "nobody's")
    assert source.fetches == 3


# The first keys, one refresh before their end, and misses at 0, 5, 15, 35, 75, 135, 195 and 255 seconds at most.
FETCHES_IN_FIVE_MINUTES = 10


@pytest.mark.parametrize("key_ids", [["a"], [None, None, None]], ids=["a key set", "versions of a secret"])
def test_ten_forged_tokens_a_second_for_five_minutes_cause_ten_fetches_at_most(key_ids: list[str | None]) -> None:
    source = Unchanging(key_ids)
    source.get_at(0)
    for tenth in range(3000):
        source.renew_at(tenth / 10, None if key_ids[0] is None else f"bogus-{tenth}")
        eventually(lambda: not source.cached._refreshing)
    assert 5 <= source.fetches <= FETCHES_IN_FIVE_MINUTES
    assert len(source.cached._unknown_key_ids) <= 64


@pytest.mark.parametrize("rotated_at", range(0, 300, 11))
@pytest.mark.parametrize("key_ids", [["a"], [None, None, None]], ids=["a key set", "versions of a secret"])
def test_a_rotation_during_a_flood_is_found_within_a_minute(key_ids: list[str | None], rotated_at: int) -> None:
    source = Unchanging(key_ids)
    source.get_at(0)
    for second in range(rotated_at):
        source.renew_at(second, f"bogus-{second}")
        eventually(lambda: not source.cached._refreshing)
    source.key_ids = [*key_ids, "b"]
    for second in range(rotated_at, rotated_at + 61):
        source.renew_at(second, f"bogus-{second}")
    assert "b" in {key.key_id for key in source.cached.get().keys}


def test_after_a_flood_that_has_ended_a_rotated_key_is_found_at_once() -> None:
    source = Unchanging(["a"])
    source.get_at(0)
    for second in range(100):
        source.renew_at(second, f"bogus-{second}")
    source.key_ids = ["a", "b"]
    assert source.renew_at(200, "b")


def test_a_miss_that_brings_something_new_lets_the_back_off_begin_anew() -> None:
    source = Unchanging(["a"])
    source.get_at(0)
    for second in (1, 6, 16):
        source.renew_at(second, f"bogus-{second}")
    source.key_ids = ["a", "b"]
    assert source.renew_at(36, "b")
    source.key_ids = ["a", "b", "c"]
    assert not source.renew_at(40.9, "c")
    assert source.renew_at(41, "c")


def test_the_same_keys_in_another_order_are_nothing_new() -> None:
    source = Unchanging(["a", "b"])
    source.get_at(0)
    for second in range(300):
        source.renew_at(second, f"bogus-{second}")
        source.key_ids.reverse()
    assert source.fetches <= FETCHES_IN_FIVE_MINUTES


def test_a_flood_of_one_key_id_does_not_keep_a_rotated_key_out(source: Source) -> None:
    source.get_at(0)
    for second in range(20):
        source.renew_at(second, "bogus")
    source.key_ids = ["a", "b"]
    assert source.renew_at(20, "b")


def test_a_flood_of_many_key_ids_keeps_a_rotated_key_out_for_seconds_at_most(source: Source) -> None:
    source.get_at(0)
    source.renew_at(1, "bogus-1")
    source.key_ids = ["a", "b"]
    assert not source.renew_at(1.1, "b")
    assert source.renew_at(6, "bogus-2")
    assert "b" in {key.key_id for key in source.cached.get().keys}


def test_a_forged_token_delays_a_secret_that_nobody_prepared_for_seconds_at_most(source: Source) -> None:
    # Secrets have no names, so forged tokens cannot be events from those of a new secret but by a fetch.
    source.key_ids = [""]
    source.get_at(0)
    assert source.renew_at(1, None)
    assert not source.renew_at(5.9, None)
    assert source.renew_at(6, None)


def test_a_caller_whose_keys_are_already_old_gets_the_new_ones_without_a_fetch(source: Source) -> None:
    source.get_at(0)
    old = source.cached.get()
    assert source.cached.renew(old, "b") is not None
    fetched = source.fetches
    assert source.cached.renew(old, "c") is source.cached.get()
    assert source.fetches == fetched


def test_a_rotated_key_is_found_though_the_keys_were_renewed_just_before_the_rotation(source: Source) -> None:
    source.get_at(0)
    old = source.cached.get()
    source.get_at(300)
    source.key_ids = ["a", "b"]
    renewed = source.cached.renew(old, "b")
    assert renewed is not None
    assert [key.key_id for key in renewed.keys] == ["a", "b"]


def test_a_fetch_that_failed_does_not_count_against_a_key_id(source: Source) -> None:
    source.get_at(0)
    source.failure = KeysUnavailable("the source is down")
    assert not source.renew_at(10, "b")
    source.failure = None
    source.key_ids = ["a", "b"]
    assert source.renew_at(15, "b")


def test_a_miss_while_the_source_is_down_keeps_the_keys_there_are(source: Source) -> None:
    source.get_at(0)
    source.failure = KeysUnavailable("the source is down")
    assert not source.renew_at(10, "b")
    assert source.get_at(10) == 1


def test_a_key_that_is_withdrawn_since_a_snapshot_was_taken_serves_not_once() -> None:
    snapshot = KeySet((Key(frozenset(["RS256"]), 0, "a"),))
    source = Source(first=(snapshot, 1000))
    assert source.get_at(0) == 1
    assert source.fetches == 1


def test_a_renewal_that_failed_while_it_was_frozen_keeps_no_working_source_waiting(source: Source) -> None:
    assert source.get_at(0) == 1
    source.failure = KeysUnavailable("the connection broke while the thread was frozen")
    source.get_at(299.5)
    eventually(lambda: source.fetches == 2)
    source.failure = None
    assert source.get_at(300) == 3


def test_a_snapshot_stands_in_for_a_source_that_is_down_but_not_past_its_time() -> None:
    snapshot = KeySet((Key(frozenset(["RS256"]), 0, "a"),))
    source = Source(first=(snapshot, 1000))
    source.failure = KeysUnavailable("the source is down")
    assert source.get_at(999) == 0
    with pytest.raises(KeysUnavailable):
        source.get_at(1000)


class Renewing:
    """A source whose keys are renewed by another thread just before the next look-up."""

    def __init__(self, *sets: KeySet) -> None:
        self._sets = list(sets)

    def get(self) -> KeySet:
        return self._sets.pop(0)

    def renew(self, keys: KeySet, key_id: str | None) -> KeySet | None:  # noqa: ARG002 - the protocol's
        return self._sets.pop(0) if self._sets else None


def test_keys_renewed_meanwhile_but_before_the_rotation_are_not_the_last_word() -> None:
    def secrets(*values: str) -> KeySet:
        return secret_keys([value.encode() for value in values], "utf8", ["HS256"], 32)

    old, new = SECRET, SECRET[::-1]
    settings = config.parse(configuration()).issuers[0]
    token = jws.read(mint(secret=new))
    trusted = TrustedIssuer(settings, Renewing(secrets(old), secrets(old), secrets(new, old)))
    assert trusted.verify_signature(token).payload == token.payload
    with pytest.raises(SignatureInvalid):
        TrustedIssuer(settings, Renewing(secrets(old), secrets(old))).verify_signature(token)
