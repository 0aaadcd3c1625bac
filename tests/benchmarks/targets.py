"""What the benchmarks must show: each target, the figure measured for it, and the verdict."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tests.benchmarks.cold import Contestant, Sample
from tests.benchmarks.contestants import STARTS
from tests.benchmarks.figures import Ratio, ratio


class Run(NamedTuple):
    """What was measured: who was started, the samples of each by name, and those of each warm call."""

    contestants: Mapping[str, Contestant]
    cold: Mapping[str, Sequence[Sample]]
    warm: Mapping[str, Sequence[float]]


class Target(NamedTuple):
    """A figure that must be at most `at_most`; `measure` takes it from a run."""

    name: str
    at_most: float
    measure: Callable[[Run], Ratio]
    unit: str = ""


class Verdict(NamedTuple):
    """One target held against one run: the figure, and the middle half of it over the turns."""

    name: str
    at_most: float
    measured: float
    low: float
    high: float
    unit: str

    @property
    def is_met(self) -> bool:
        """Whether the target is met."""
        return self.measured <= self.at_most


def cold(ours: str, theirs: str, figure: str = "cpu_ms") -> Callable[[Run], Ratio]:
    """The ratio of two contestants' cold starts."""
    return lambda run: ratio(*([getattr(sample, figure) for sample in run.cold[name]] for name in (ours, theirs)))


def warm(algorithm: str, one: str, other: str) -> Callable[[Run], Ratio]:
    """The ratio of two warm calls with a short token."""
    return lambda run: ratio(run.warm[f"{algorithm}/short/{one}"], run.warm[f"{algorithm}/short/{other}"])


def _worst_of_ten_rules(run: Run) -> Ratio:
    calls = [name.removesuffix("-10") for name in run.warm if name.endswith("/handler-10")]
    return max(ratio(run.warm[f"{call}-10"], run.warm[f"{call}-1"]) for call in calls)


def _zip(name: str, unit_bytes: float) -> Callable[[Run], Ratio]:
    return lambda run: Ratio(*[run.contestants[name].zip_bytes / unit_bytes] * 3)


TARGETS = (
    Target(
        "cold, HS256, Secrets Manager : the tutorial with boto3",
        0.60,
        cold(*STARTS["HS256, secret in Secrets Manager"][:2]),
    ),
    Target("cold, HS256, secret in the environment : the tutorial's zip", 0.60, cold("hs256", "tutorial")),
    Target("cold, RS256, JWKS URL : PyJWT's client for key sets", 0.65, cold("rs256-jwks-url", "pyjwt-jwks-url")),
    Target("cold, RS256, keys in the configuration : PyJWT + cryptography", 0.55, cold("rs256", "pyjwt")),
    Target("cold, RS256 : Powertools-based authorizer", 0.40, cold("rs256", "powertools")),
    Target("warm, HS256 : bare jwt.decode", 2.5, warm("HS256", "handler-1", "decode")),
    Target("warm, RS256 : bare jwt.decode", 2.2, warm("RS256", "handler-1", "decode")),
    Target("warm, ES256 : bare jwt.decode", 1.8, warm("ES256", "handler-1", "decode")),
    Target("warm, 10 rules : 1 rule, the worst of all", 1.05, _worst_of_ten_rules),
    Target("HS256 zip", 400, _zip("hs256", 1e3), "KB"),
    Target("full zip", 7, _zip("rs256", 1e6), "MB"),
    Target("peak memory, HS256 : an empty handler", 1.6, cold("hs256", "empty", "peak_kb")),
)


def judge(run: Run) -> list[Verdict]:
    """Every target, held against a run."""
    return [Verdict(t.name, t.at_most, *t.measure(run), t.unit) for t in TARGETS]


def starts(run: Run) -> dict[str, Ratio]:
    """The ratio for each row of the starts that users deploy."""
    return {title: cold(ours, theirs)(run) for title, (ours, theirs, _) in STARTS.items()}
