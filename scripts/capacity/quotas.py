"""Where AWS's quotas bind, and what to do there.

The numbers are the default quotas of an account in one region, but for those that say that they cannot be raised. An
account's own are in the Service Quotas console.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scripts.capacity.load import Load
from scripts.capacity.model import READS_PER_DECISION, Estimate

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html : some regions have 2,500.
API_REQUESTS = 10_000
AUTHORIZERS_PER_API = 10
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
CONCURRENCY = 1_000
# https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html : of a function, in ten seconds; not to be raised.
SCALING = 1_000
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html : not to be raised.
SECRET_READS = 10_000
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html : of one table, on demand.
TABLE_READS = 40_000
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html : of a table on
# demand that has not served more yet.
NEW_TABLE_READS = 12_000


@dataclass(frozen=True)
class Quota:
    """One quota: how much of it the load takes, and what to do when that is too much."""

    name: str
    used: float
    limit: float
    remedy: str

    @property
    def binds(self) -> bool:
        """Whether less than a fifth of it is left."""
        return self.used > 0.8 * self.limit


def quotas(load: Load, found: Estimate) -> Iterator[Quota]:
    """Every quota that a load may come up against."""
    yield Quota(
        "API Gateway, requests a second",
        load.requests_per_second,
        API_REQUESTS,
        "have it raised (account and region share it), set the stage's throttling to what you get, or use more regions",
    )
    yield Quota(
        "API Gateway, authorizers of an API",
        load.rules,
        AUTHORIZERS_PER_API,
        "have it raised, or let routes that ask for the same share a rule",
    )
    yield Quota(
        "Lambda, concurrency (each serves 10 calls a second)",
        found.concurrency_needed,
        CONCURRENCY,
        "have it raised, keep answers longer (cache_seconds), and reserve a part of it for the authorizer",
    )
    yield Quota(
        "Lambda, concurrency in the first second of an empty cache",
        found.first_second_concurrency,
        CONCURRENCY,
        "have it raised; do not empty the cache at a busy hour: rely on a cache_seconds that you can wait for instead",
    )
    yield Quota(
        "Lambda, new environments in ten seconds",
        max(0, found.first_second_concurrency - load.provisioned),
        SCALING,
        "provision concurrency for the busy hours; what does not get an environment is answered 500 until it does",
    )
    if load.key_calls == 3:
        yield Quota(
            "Secrets Manager, reads a second",
            found.key_calls_per_second,
            SECRET_READS,
            "keep keys longer (keys.cache_seconds), or take SSM or an environment variable",
        )
    if load.denylist:
        yield Quota(
            "DynamoDB, reads a second of one table",
            found.reads_per_second,
            TABLE_READS,
            "have it raised; DynamoDB also serves 3,000 reads a second of one subject at most",
        )
        yield Quota(
            "DynamoDB, reads in the first second of an empty cache, of a new table",
            found.first_second * READS_PER_DECISION,
            NEW_TABLE_READS,
            "set the table's warm throughput to it; a table that has served half as much before does so by itself",
        )
