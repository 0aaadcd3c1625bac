"""The load on an API in one region, and how its tokens share in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What comes in, and what answers it.

    ``tokens`` are the distinct ones in use at a time, each good for ``token_seconds`` and then replaced; each is used
    with ``rules`` of the access rules alike, which cache apart. With ``skew`` 0 all tokens call equally often; with s
    the one of rank i calls in proportion to i**-s (Zipf; 1 is what populations of users look like).

    ``duration_ms`` and ``init_ms`` are the authorizer's own. ``key_calls`` is how many calls renew the keys: 3 for a
    secret in Secrets Manager, 1 for SSM or a JWKS URL, 2 for discovery, 0 for keys in the configuration.
    """

    requests_per_second: float
    tokens: int
    rules: int = 1
    cache_seconds: float = 300
    token_seconds: float = 3600
    skew: float = 0
    duration_ms: float = 5
    init_ms: float = 400
    memory_mb: int = 256
    key_calls: int = 3
    key_seconds: float = 300
    denylist: bool = False
    provisioned: int = 0
    allow_sample: float = 1

    def mistakes(self) -> Iterator[str]:
        """What is wrong with it, a sentence each."""
        for name in ("requests_per_second", "token_seconds", "duration_ms", "key_seconds", "memory_mb"):
            if not 0 < getattr(self, name) < math.inf:
                yield f"{name} must be more than 0"
        for name in ("cache_seconds", "skew", "init_ms", "key_calls", "provisioned"):
            if not 0 <= getattr(self, name) < math.inf:
                yield f"{name} must not be negative"
        if self.cache_seconds > 3600:
            yield "cache_seconds must be 3600 at most, which is API Gateway's limit"
        if self.tokens < 1 or self.rules < 1:
            yield "there must be a token and a rule at least"
        if not 0 <= self.allow_sample <= 1:
            yield "allow_sample must be from 0 to 1"

    def ranks(self) -> Iterator[tuple[float, float]]:
        """How many pairs of token and rule call how often: pairs of a count and of calls a second of each.

        The thousand busiest tokens are pairs of their own, all others groups of nearly the same rate.
        """
        pairs = [(1.0, rank**-self.skew) for rank in range(1, min(self.tokens, 1000) + 1)]
        if self.skew == 0:
            pairs = [(float(self.tokens), 1.0)]
        else:
            first = 1001
            while first <= self.tokens:
                last = min(self.tokens, first + first // 50)
                pairs.append((last - first + 1.0, ((first + last) / 2) ** -self.skew))
                first = last + 1
        whole = sum(count * weight for count, weight in pairs)
        for count, weight in pairs:
            yield count * self.rules, self.requests_per_second * weight / whole / self.rules
