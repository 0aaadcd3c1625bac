"""Figures as tables: for the terminal, and in Markdown for the documentation."""

from collections.abc import Iterable, Sequence

from tests.benchmarks import cost
from tests.benchmarks.contestants import TITLES
from tests.benchmarks.secret_fetch import WAYS
from tests.benchmarks.targets import Figures, Verdict, judge
from tests.benchmarks.tokens import ALGORITHMS, LONG_TOKEN_BYTES, SHORT_TOKEN_BYTES

Row = Sequence[str]


def targets(figures: Figures) -> list[Row]:
    """Every target with its verdict."""
    heading = ("target", "at most", "measured", "verdict")
    return [heading, *(_verdict(verdict) for verdict in judge(figures))]


def _verdict(verdict: Verdict) -> Row:
    unit = f" {verdict.unit}" if verdict.unit else ""
    return (
        verdict.name,
        f"{verdict.at_most:g}{unit}",
        f"{verdict.measured:.0f}{unit}" if verdict.measured >= 100 else f"{verdict.measured:.2f}{unit}",
        "met" if verdict.is_met else "MISSED",
    )


def cold(figures: Figures) -> list[Row]:
    """Cold starts: CPU time with the middle half of the runs, wall time, memory and size of the zip."""
    rows: list[Row] = [("cold start", "CPU ms", "half of the runs", "wall ms", "peak MB", "MB then", "zip KB")]
    for name, start in figures["cold"].items():
        rows.append(
            (
                TITLES[name],
                f"{start['cpu_ms']:.1f}",
                f"{start['cpu_ms_low']:.1f}-{start['cpu_ms_high']:.1f}",
                f"{start['wall_ms']:.1f}",
                f"{start['peak_kb'] / 1000:.1f}",
                f"{start['after_kb'] / 1000:.1f}",
                f"{start['zip_bytes'] / 1000:.0f}",
            )
        )
    return rows


def warm(figures: Figures) -> list[Row]:
    """Warm calls: microseconds of CPU time."""
    rows: list[Row] = [("warm, microseconds", "1 rule", "10 rules", "jwt.decode", "signature alone")]
    sizes = {"short": SHORT_TOKEN_BYTES, "long": LONG_TOKEN_BYTES}
    for algorithm in ALGORITHMS:
        for size, size_bytes in sizes.items():
            calls = ("handler-1", "handler-10", "decode", "check")
            of_call = (figures["warm"][f"{algorithm}/{size}/{call}"] for call in calls)
            # An RSA signature alone is longer than the short tokens of the others.
            length = "short" if (algorithm, size) == ("RS256", "short") else f"{size_bytes} bytes"
            rows.append((f"{algorithm}, {length}", *(f"{value:.1f}" for value in of_call)))
    return rows


def secret(figures: Figures) -> list[Row]:
    """Ways to fetch a secret."""
    rows: list[Row] = [("fetching a secret", "CPU ms", "wall ms", "peak MB")]
    for way, fetch in figures["secret"].items():
        rows.append((WAYS[way], f"{fetch['cpu_ms']:.1f}", f"{fetch['wall_ms']:.1f}", f"{fetch['peak_kb'] / 1000:.1f}"))
    return rows


def package(figures: Figures) -> list[Row]:
    """Building the packages."""
    seconds = figures["package"]
    return [
        ("make package", "seconds"),
        ("nothing built, wheels downloaded", f"{seconds['cold']:.1f}"),
        ("nothing changed", f"{seconds['unchanged']:.2f}"),
    ]


def costs(figures: Figures) -> list[Row]:
    """Dollars for a million requests, by memory and hit rate."""
    rates = (0.0, 0.5, 0.9, 0.99)
    rows: list[Row] = [("for a million requests", *(f"{rate:.0%} from the cache" for rate in rates))]
    for memory in cost.MEMORY_MB:
        rows.append((f"{memory} MB", *(f"${cost.dollars_per_million(figures, rate, memory):.4f}" for rate in rates)))
    return rows


def memory(figures: Figures) -> list[Row]:
    """Milliseconds of a warm decision, by memory and algorithm."""
    rows: list[Row] = [("a warm decision, milliseconds", *ALGORITHMS)]
    for size in cost.MEMORY_MB:
        rows.append((f"{size} MB", *(f"{cost.decision_ms(figures, name, size):.2f}" for name in ALGORITHMS)))
    return rows


TABLES = {
    "cold": cold,
    "warm": warm,
    "secret": secret,
    "package": package,
    "costs": costs,
    "memory": memory,
    "targets": targets,
}


def text(rows: Sequence[Row]) -> str:
    """A table for the terminal."""
    plain = [[cell.replace("*", "").replace("`", "") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*plain, strict=True)]
    return "\n".join(_aligned(row, widths) for row in plain)


def _aligned(row: Row, widths: Iterable[int]) -> str:
    first, *others = (
        cell.rjust(width) if index else cell.ljust(width)
        for index, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()


def markdown(rows: Sequence[Row]) -> str:
    """A table for the documentation."""
    heading, *others = rows
    rule = ["---", *("---:" for _ in heading[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heading, rule, *others))
