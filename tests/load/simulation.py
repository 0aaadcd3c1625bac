"""A simulation of API Gateway's cache and Lambda's environments, request by request, to check the formulas by."""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import dataclass

from scripts.capacity.load import Load

_KEYS_AHEAD = 0.8


@dataclass
class Observed:
    """What was seen after the warm-up: rates are a second; ``first_second`` is before it."""

    requests: int = 0
    calls: int = 0
    seconds: float = 0
    concurrency: int = 0
    environments: int = 0
    key_renewals: int = 0
    first_second: int = 0

    @property
    def calls_per_second(self) -> float:
        """How often the authorizer was called."""
        return self.calls / self.seconds


def simulate(load: Load, seconds: float, warm_up: float, seed: int) -> Observed:
    """Let a load come in for a while.

    Takes the load, for how long to watch after how long a warm-up, and the seed of its randomness.
    """
    rng = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    end = warm_up + seconds
    number = round(load.requests_per_second * end)
    # Given how many there are, the times of a Poisson process are so many random ones in order.
    times = sorted(rng.random() * end for _ in range(number))
    cumulative = list(itertools.accumulate((rank + 1) ** -load.skew for rank in range(load.tokens)))
    tokens = rng.choices(range(load.tokens), cum_weights=cumulative, k=number)
    phases = [rng.random() for _ in range(load.tokens)]
    rules, kept, life, dice = load.rules, load.cache_seconds, load.token_seconds, rng.random
    # Of each pair of token and rule: until when its answer is kept, and how many times the token was replaced before.
    until, replaced = [-1.0] * (load.tokens * rules), [0] * (load.tokens * rules)
    seen = Observed(seconds=seconds)
    lambda_ = _Environments(load)
    for now, token in zip(times, tokens, strict=True):
        pair, age = token * rules + (int(dice() * rules) if rules > 1 else 0), int(now / life + phases[token])
        watched = now >= warm_up
        seen.requests += watched
        if until[pair] > now and replaced[pair] == age:
            continue
        until[pair], replaced[pair] = now + kept, age
        renewed = lambda_.call(now)
        seen.first_second += now < 1
        if watched:
            seen.calls += 1
            seen.key_renewals += renewed
            seen.concurrency = max(seen.concurrency, lambda_.busy)
    seen.environments = lambda_.number
    return seen


class _Environments:
    """Lambda's execution environments: the one that was used last is used next, and a new one when all are busy."""

    def __init__(self, load: Load) -> None:
        self.number = 0
        self._busy: list[tuple[float, int]] = []
        self._idle: list[int] = []
        self._renewed_at: list[float] = []
        self._seconds, self._init = load.duration_ms / 1000, load.init_ms / 1000
        self._renew_after = load.key_seconds * _KEYS_AHEAD

    @property
    def busy(self) -> int:
        return len(self._busy)

    def call(self, now: float) -> bool:
        """Serve a call; returns whether its keys were renewed for it."""
        while self._busy and self._busy[0][0] <= now:
            self._idle.append(heapq.heappop(self._busy)[1])
        if self._idle:
            environment, until = self._idle.pop(), now + self._seconds
        else:
            environment, until = self.number, now + self._init + self._seconds
            self.number += 1
            self._renewed_at.append(float("-inf"))
        heapq.heappush(self._busy, (until, environment))
        renewed = now - self._renewed_at[environment] >= self._renew_after
        if renewed:
            self._renewed_at[environment] = now
        return renewed
