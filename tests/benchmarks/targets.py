"""What the benchmarks must show: each target, the figure measured for it, and the verdict."""

from collections.abc import Callable
from typing import Any, NamedTuple

Figures = dict[str, Any]
"""The JSON document that a run writes; see `figures`."""


class Target(NamedTuple):
    """A figure that must be at most `at_most`; `measure` takes it from a run's figures."""

    name: str
    at_most: float
    measure: Callable[[Figures], float]
    unit: str = ""


class Verdict(NamedTuple):
    """One target held against one run."""

    name: str
    at_most: float
    measured: float
    unit: str

    @property
    def is_met(self) -> bool:
        """Whether the target is met."""
        return self.measured <= self.at_most


def _cold(ours: str, theirs: str, figure: str = "cpu_ms") -> Callable[[Figures], float]:
    return lambda figures: float(figures["cold"][ours][figure] / figures["cold"][theirs][figure])


def _warm(algorithm: str, one: str, other: str) -> Callable[[Figures], float]:
    prefix = f"{algorithm}/short/"
    return lambda figures: float(figures["warm"][prefix + one] / figures["warm"][prefix + other])


def _worst_of_ten_rules(figures: Figures) -> float:
    calls = [name.removesuffix("-10") for name in figures["warm"] if name.endswith("/handler-10")]
    return max(float(figures["warm"][f"{call}-10"] / figures["warm"][f"{call}-1"]) for call in calls)


TARGETS = (
    Target("cold start HS256 : the tutorial's zip", 0.75, _cold("hs256", "tutorial")),
    Target("cold start RS256 with inline keys : PyJWT + cryptography", 0.55, _cold("rs256", "pyjwt")),
    Target("cold start RS256 : Powertools-based authorizer", 0.40, _cold("rs256", "powertools")),
    Target("cold start HS256 : an empty handler", 1.6, _cold("hs256", "empty")),
    Target("warm HS256 : bare jwt.decode", 2.5, _warm("HS256", "handler-1", "decode")),
    Target("warm RS256 : bare jwt.decode", 1.8, _warm("RS256", "handler-1", "decode")),
    Target("warm ES256 : bare jwt.decode", 1.5, _warm("ES256", "handler-1", "decode")),
    Target("warm, 10 rules : 1 rule, the worst of all", 1.05, _worst_of_ten_rules),
    Target("HS256 zip", 400, lambda figures: float(figures["cold"]["hs256"]["zip_bytes"] / 1000), "KB"),
    Target("full zip", 7, lambda figures: float(figures["cold"]["rs256"]["zip_bytes"] / 1e6), "MB"),
    Target("peak memory HS256 : an empty handler", 1.6, _cold("hs256", "empty", "peak_kb")),
)


def judge(figures: Figures) -> list[Verdict]:
    """Every target, held against a run's figures."""
    return [Verdict(t.name, t.at_most, t.measure(figures), t.unit) for t in TARGETS]
