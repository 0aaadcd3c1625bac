"""Figures as tables: for the terminal, and in Markdown for the documentation."""

import json
import re
from collections.abc import Iterable, Sequence

from tests.benchmarks import cost
from tests.benchmarks.contestants import STARTS, TITLES
from tests.benchmarks.figures import Figures
from tests.benchmarks.targets import Verdict
from tests.benchmarks.tokens import ALGORITHMS, LONG_TOKEN_BYTES, SHORT_TOKEN_BYTES
from tests.benchmarks.workshop import ROOT

PAGE = ROOT / "docs/performance.md"
FIGURES = ROOT / "docs/performance.json"

Row = Sequence[str]


def starts(figures: Figures) -> list[Row]:
    """The starts that users deploy, beside their like: milliseconds of CPU time, and their ratio with its spread."""
    rows: list[Row] = [("a cold start", "this authorizer, ms", "its like, ms", "ratio", "its like")]
    for title, (ours, theirs, like) in STARTS.items():
        milliseconds = (f"{figures['cold'][name]['cpu_ms']:.0f}" for name in (ours, theirs))
        rows.append((title, *milliseconds, _spread(*figures["starts"][title]), like))
    return rows


def targets(figures: Figures) -> list[Row]:
    """Every target with its verdict."""
    heading = ("target", "at most", "measured", "verdict")
    return [heading, *(_verdict(Verdict(*verdict)) for verdict in figures["targets"])]


def _verdict(verdict: Verdict) -> Row:
    if verdict.unit:
        measured = f"{verdict.measured:.3g} {verdict.unit}"
    else:
        measured = _spread(verdict.measured, verdict.low, verdict.high)
    unit = f" {verdict.unit}" if verdict.unit else ""
    return verdict.name, f"{verdict.at_most:g}{unit}", measured, "met" if verdict.is_met else "MISSED"


def _spread(measured: float, low: float, high: float) -> str:
    return f"{measured:.2f} ({low:.2f}-{high:.2f})"


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
    "starts": starts,
    "cold": cold,
    "warm": warm,
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


def write(figures: Figures) -> None:
    """Put a run's figures into the documentation, as tables and as they are."""
    FIGURES.write_text(json.dumps(figures, indent=2) + "\n")
    PAGE.write_text(filled(PAGE.read_text(), figures))


def filled(page: str, figures: Figures) -> str:
    """A page whose tables, between `<!-- table: NAME -->` and `<!-- end -->`, are those of these figures."""

    def table(match: re.Match[str]) -> str:
        name = match[1]
        rows = machine(figures) if name == "machine" else markdown(TABLES[name](figures))
        return f"<!-- table: {name} -->\n{rows}\n<!-- end -->"

    return re.sub(r"<!-- table: (\w+) -->\n.*?<!-- end -->", table, page, flags=re.DOTALL)


def machine(figures: Figures) -> str:
    """Where and how a run was made, in a sentence."""
    where = figures["machine"]
    runs = figures["cold"]["empty"]["runs"]
    node = f" and Node.js {where['node']}" if where["node"] else ""
    processors = f"{where['processors']} processors ({where['architecture']})"
    return f"Medians of {runs} runs on {processors} with Python {where['python']}{node}."
