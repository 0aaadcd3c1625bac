"""What AWS charges, in US dollars, in us-east-1, as published in November 2025 and without any free tier.

Other regions differ by up to a half. To change a price, change it here: each names the page that it is from.
"""

from __future__ import annotations

from typing import Final

REGION: Final = "us-east-1"
DATE: Final = "2025-11"
SECONDS_A_MONTH: Final = 730 * 3600

# https://aws.amazon.com/api-gateway/pricing/ : REST APIs, a million requests, by how many there are in a month.
REST_REQUESTS: Final = (
    (333_000_000, 3.50),
    (1_000_000_000, 2.80),
    (20_000_000_000, 2.38),
    (float("inf"), 1.51),
)
# https://aws.amazon.com/lambda/pricing/ : arm64, the first tier.
LAMBDA_MILLION_REQUESTS: Final = 0.20
LAMBDA_GB_SECOND: Final = 0.0000133334
LAMBDA_PROVISIONED_GB_SECOND: Final = 0.0000033334
# https://aws.amazon.com/dynamodb/pricing/on-demand/ : a million read request units.
DYNAMODB_MILLION_READS: Final = 0.125
# https://aws.amazon.com/secrets-manager/pricing/
SECRETS_MANAGER_SECRET: Final = 0.40
SECRETS_MANAGER_TEN_THOUSAND_CALLS: Final = 0.05
# https://aws.amazon.com/cloudwatch/pricing/ : a gigabyte taken in, and a metric of one's own.
LOGS_GB: Final = 0.50
METRIC: Final = 0.30


def rest_requests(count: float) -> float:
    """The price of so many requests to REST APIs in a month."""
    price, before = 0.0, 0.0
    for upto, million in REST_REQUESTS:
        price += max(0.0, min(count, upto) - before) / 1e6 * million
        before = upto
    return price
