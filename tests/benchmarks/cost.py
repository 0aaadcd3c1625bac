"""What Lambda charges for authorizing a million requests, from what a run measured.

https://aws.amazon.com/lambda/pricing/ (arm64, without the free tier). The price of API Gateway's own is not in it.
"""

import math

from tests.benchmarks.figures import Figures

DOLLARS_PER_INVOCATION = 0.20 / 1e6
DOLLARS_PER_GB_SECOND = 0.0000133334
# The memory at which a function has one whole processor:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
WHOLE_PROCESSOR_MB = 1769
MEMORY_MB = (128, 256, 512, WHOLE_PROCESSOR_MB)
# Assumed, for only AWS can measure it: what Lambda itself adds to a warm call, and how many calls are cold.
RUNTIME_MS = 1.0
COLD_SHARE = 0.01


def decision_ms(figures: Figures, algorithm: str, memory_mb: int) -> float:
    """The milliseconds of a warm decision with the share of a processor that goes with so much memory."""
    microseconds = float(figures["warm"][f"{algorithm}/short/handler-1"])
    return microseconds / 1000 * max(WHOLE_PROCESSOR_MB / memory_mb, 1)


def billed_ms(figures: Figures, algorithm: str, memory_mb: int) -> int:
    """The milliseconds that a warm call is billed for: whole ones."""
    return math.ceil(RUNTIME_MS + decision_ms(figures, algorithm, memory_mb))


def dollars_per_million(figures: Figures, hit_rate: float, memory_mb: int) -> float:
    """The dollars for a million requests; `hit_rate`, from 0 to 1, is the share answered from API Gateway's cache.

    Takes RS256 with keys in the configuration. A cold start has a whole processor, whatever the memory.
    """
    cold_ms = math.ceil(float(figures["cold"]["rs256"]["init_cpu_ms"]))
    seconds = (billed_ms(figures, "RS256", memory_mb) + COLD_SHARE * cold_ms) / 1000
    invocations = (1 - hit_rate) * 1e6
    return invocations * (DOLLARS_PER_INVOCATION + memory_mb / 1024 * seconds * DOLLARS_PER_GB_SECOND)
