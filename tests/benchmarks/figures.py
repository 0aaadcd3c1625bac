"""Samples to figures: the medians of a run, as the JSON document that tables and pages are made of.

`cold`, by contestant: milliseconds of CPU and wall time until the runtime asks for the first event (`init_cpu_ms`,
`init_wall_ms`) and until it has the answer (`cpu_ms`, `wall_ms`), each with the half of the runs between `_low` and
`_high`; kilobytes of memory at most and at the answer; bytes of the zip. `warm`, by call: microseconds of CPU time.
`starts`: the ratio for each row of `contestants.STARTS`. `targets`: each with its ratio. `package`: seconds. `machine`
says where.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tests.benchmarks.cold import Contestant, Sample

Figures = dict[str, Any]
"""The JSON document that a run writes."""


class Ratio(NamedTuple):
    """The ratio of two medians, and the middle half of the ratios of those samples that were taken in one turn."""

    measured: float
    low: float
    high: float


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Ours over theirs, from samples that took turns."""
    low, _, high = quartiles([one / other for one, other in zip(ours, theirs, strict=True)])
    return Ratio(statistics.median(ours) / statistics.median(theirs), low, high)


def quartiles(samples: Sequence[float]) -> tuple[float, float, float]:
    """The bounds of the middle half of some samples, and their median between them."""
    if len(samples) < 2:
        return samples[0], samples[0], samples[0]
    low, median, high = statistics.quantiles(samples, n=4, method="inclusive")
    return low, median, high


def cold(contestants: Iterable[Contestant], samples: Mapping[str, Sequence[Sample]]) -> dict[str, Any]:
    """The figures of cold starts by the contestant's name."""
    return {contestant.name: _of_starts(contestant, samples[contestant.name]) for contestant in contestants}


def _of_starts(contestant: Contestant, samples: Sequence[Sample]) -> dict[str, float]:
    figures: dict[str, float] = {"runs": len(samples), "zip_bytes": contestant.zip_bytes}
    for name in Sample._fields:
        low, median, high = quartiles([getattr(sample, name) for sample in samples])
        figures[name] = round(median, 3)
        if name.endswith("_ms"):
            figures |= {f"{name}_low": round(low, 3), f"{name}_high": round(high, 3)}
    return figures


def medians(samples: Mapping[str, Sequence[float]], digits: int = 3) -> dict[str, float]:
    """The median of each sample."""
    return {name: round(statistics.median(values), digits) for name, values in samples.items()}
