"""The formulas: how often the authorizer is called, what that takes, and what it costs.

Requests come at random (a Poisson process for each token), and API Gateway keeps an answer for the whole of its time,
however often it is used. A real API differs most in bursts, which are reported separately.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scripts.capacity import prices
from scripts.capacity.load import Load

# How long Lambda keeps an execution environment at all; not documented, and some hours in practice.
ENVIRONMENT_SECONDS = 2 * 3600
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html : a unit of concurrency serves as many a second.
REQUESTS_PER_CONCURRENCY = 10
# From this part of their time on, keys are renewed; the authorizer's own constant.
_KEYS_AHEAD = 0.8
# Bytes of a log line with its metrics, with and without the decision's fields, and of Lambda's own lines; measured.
LINE_BYTES, METRICS_LINE_BYTES, LAMBDA_LINES_BYTES = 700, 350, 300
# Decisions and latency as a whole and by three outcomes, and the count of some reasons.
METRICS = 16
# The token's own entry and its subject's, read with strong consistency; what is not there counts as well.
READS_PER_DECISION = 2


@dataclass(frozen=True)
class Estimate:
    """What a load asks of the authorizer, in one region.

    ``concurrency`` is how many calls are under way at the busiest; ``concurrency_needed`` what Lambda asks for to serve
    as many calls a second. ``first_second`` is how many calls come in the first second after the cache was emptied.
    """

    calls_per_second: float
    hit_ratio: float
    concurrency: int
    concurrency_needed: int
    first_second: float
    first_second_concurrency: int
    cold_starts_per_hour: float
    key_calls_per_second: float
    reads_per_second: float
    dollars: dict[str, float]


def estimate(load: Load) -> Estimate:
    """What a load asks of the authorizer."""
    calls = sum(count * misses_per_second(rate, load) for count, rate in load.ranks())
    seconds = load.duration_ms / 1000
    concurrency = busiest(calls * seconds)
    first = sum(count * -math.expm1(-rate) for count, rate in load.ranks()) if load.cache_seconds else calls
    environments = max(concurrency, load.provisioned)
    cold = max(0, concurrency - load.provisioned) / ENVIRONMENT_SECONDS
    renewals = min(calls, environments / (load.key_seconds * _KEYS_AHEAD)) + cold
    reads = calls * READS_PER_DECISION if load.denylist else 0.0
    key_calls = renewals * load.key_calls
    return Estimate(
        calls_per_second=calls,
        hit_ratio=1 - calls / load.requests_per_second,
        concurrency=concurrency,
        concurrency_needed=max(concurrency, math.ceil(calls / REQUESTS_PER_CONCURRENCY)),
        first_second=first,
        first_second_concurrency=max(busiest(first * seconds), math.ceil(first / REQUESTS_PER_CONCURRENCY)),
        cold_starts_per_hour=cold * 3600,
        key_calls_per_second=key_calls,
        reads_per_second=reads,
        dollars=_dollars(load, calls, cold, key_calls, reads),
    )


def misses_per_second(rate: float, load: Load) -> float:
    """How many of the requests with one token to one rule reach the authorizer.

    Takes its requests a second. An answer is kept from the request that it was made for until its time is over; the
    next request after that asks again, and so does the first one with each new token.
    """
    kept, life = load.cache_seconds, load.token_seconds
    if kept == 0:
        return rate
    # The nth call needs n waits for a request and n - 1 whole times in the cache, all within the token's life.
    calls = min(life / kept, rate * life + 8 * math.sqrt(rate * life) + 10)
    if calls <= 200:
        numbers = range(min(math.ceil(life / kept), math.ceil(calls)))
        expected = sum(_at_least(number + 1, rate * (life - number * kept)) for number in numbers)
    else:
        # So many that only their average distance counts (renewal theory's elementary theorem, with its next term).
        cycle, wait = kept + 1 / rate, 1 / rate
        expected = life / cycle + (wait**2 + cycle**2) / (2 * cycle**2) - wait / cycle
    return expected / life


def busiest(mean: float) -> int:
    """The 99.999th percentile of calls under way, for a Poisson distribution with this mean."""
    if mean > 400:
        return math.ceil(mean + 4.27 * math.sqrt(mean))
    number, term = 0, math.exp(-mean)
    below = term
    while below < 1 - 1e-5 and number < 1000:
        number += 1
        term *= mean / number
        below += term
    return max(1, number)


def _at_least(number: int, mean: float) -> float:
    """The probability of at least so many of something that happens so often on average (Poisson)."""
    if mean <= 0:
        return 0.0
    if mean > 600:
        # For 200 tokens at most.
        return 1.0
    term = below = math.exp(-mean)
    for count in range(1, number):
        term *= mean / count
        below += term
    return max(0.0, 1 - below)


def _dollars(load: Load, calls: float, cold: float, key_calls: float, reads: float) -> dict[str, float]:
    month = prices.SECONDS_A_MONTH
    gigabytes = load.memory_mb / 1024
    compute = (calls * load.duration_ms + cold * load.init_ms) / 1000 * gigabytes * prices.LAMBDA_GB_SECOND
    provisioned = load.provisioned * gigabytes * prices.LAMBDA_PROVISIONED_GB_SECOND
    line = load.allow_sample * LINE_BYTES + (1 - load.allow_sample) * METRICS_LINE_BYTES + LAMBDA_LINES_BYTES
    secret = prices.SECRETS_MANAGER_SECRET if load.key_calls == 3 else 0.0
    secret_calls = key_calls if load.key_calls == 3 else 0.0
    return {
        "API Gateway, all requests": prices.rest_requests(load.requests_per_second * month),
        "Lambda, requests": calls * month / 1e6 * prices.LAMBDA_MILLION_REQUESTS,
        "Lambda, compute": (compute + provisioned) * month,
        "DynamoDB, denylist": reads * month / 1e6 * prices.DYNAMODB_MILLION_READS,
        "Secrets Manager": secret + secret_calls * month / 1e4 * prices.SECRETS_MANAGER_TEN_THOUSAND_CALLS,
        "CloudWatch, logs": calls * line / 1e9 * month * prices.LOGS_GB,
        "CloudWatch, metrics": METRICS * prices.METRIC,
    }
