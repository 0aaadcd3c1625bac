"""The pictures of the documentation, as SVG that is readable on light and dark pages."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from tests.benchmarks import cost
from tests.benchmarks.contestants import TITLES
from tests.benchmarks.targets import Figures

_FONT = "font-family='system-ui, sans-serif' font-size='13'"
_INK, _FAINT, _PAPER = "#1f2328", "#d0d7de", "#ffffff"
_COLOURS = ("#8c959f", "#bcc4cc", "#0969da", "#bf3989")
PARTS = ("Python or Node.js", "runtime client", "imports and init of the function", "first decision")
_NODE = ("node-empty", "aws-jwt-verify")


class Bar(NamedTuple):
    """A cold start in `PARTS`, in milliseconds of CPU time."""

    title: str
    parts: Sequence[float]


def bars(figures: Figures) -> list[Bar]:
    """The breakdown of every cold start.

    Each is what the median of one more step adds: Python by itself, the empty handler's start, the function's own
    start, and the decision. Node.js and its loop are one step, for they cannot be told apart.
    """
    starts, interpreter = figures["cold"], figures["interpreter_cpu_ms"]
    made = []
    for name, start in starts.items():
        empty = starts["node-empty" if name in _NODE else "empty"]["init_cpu_ms"]
        below = (empty, 0.0) if name in _NODE else (interpreter, max(empty - interpreter, 0.0))
        own, first = max(start["init_cpu_ms"] - empty, 0.0), start["cpu_ms"] - start["init_cpu_ms"]
        made.append(Bar(TITLES[name].replace("*", ""), (*below, own, first)))
    return made


def cold_start(figures: Figures) -> str:
    """The picture of the breakdown."""
    rows = bars(figures)
    left, right, top, step = 265, 900, 56, 30
    scale = (right - left - 60) / max(sum(row.parts) for row in rows)
    body = [_text(left, 20, "CPU time of a cold start, from a new process to the first decision, in milliseconds")]
    x = float(left)
    for part, colour in zip(PARTS, _COLOURS, strict=True):
        body += [f"<rect x='{x:.0f}' y='33' width='11' height='11' fill='{colour}'/>", _text(x + 16, 43, part)]
        x += 30 + 7 * len(part)
    for index, row in enumerate(rows):
        y, x = top + index * step, float(left)
        body.append(_text(left - 10, y + 15, row.title, anchor="end", bold=row.title.startswith("this")))
        for width, colour in zip((value * scale for value in row.parts), _COLOURS, strict=True):
            body.append(f"<rect x='{x:.1f}' y='{y}' width='{width:.1f}' height='20' fill='{colour}'/>")
            x += width
        body.append(_text(x + 6, y + 15, f"{sum(row.parts):.0f}"))
    return _svg(right + 20, top + len(rows) * step + 10, "The parts of a cold start", body)


def cost_per_million(figures: Figures) -> str:
    """The picture of what a million requests cost over the cache's hit rate."""
    left, right, top, bottom, most = 70, 640, 50, 330, 0.30
    rates = [step / 20 for step in range(21)]

    def at(rate: float, dollars: float) -> tuple[float, float]:
        return left + rate * (right - left), bottom - dollars / most * (bottom - top)

    body = [_text(left, 22, "US dollars of Lambda for a million requests, by the share answered from the cache")]
    for dollars in (0.0, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30):
        _, y = at(0, dollars)
        body.append(f"<path d='M{left} {y:.1f}H{right}' stroke='{_FAINT}'/>")
        body.append(_text(left - 8, y + 4, f"{dollars:.2f}", anchor="end"))
    for percent in range(0, 101, 20):
        body.append(_text(at(percent / 100, 0)[0], bottom + 20, f"{percent} %", anchor="middle"))
    for index, (memory, colour) in enumerate(zip(cost.MEMORY_MB, _COLOURS, strict=True)):
        points = [at(rate, cost.dollars_per_million(figures, rate, memory)) for rate in rates]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        body.append(f"<polyline points='{line}' fill='none' stroke='{colour}' stroke-width='2'/>")
        y = 70 + index * 20
        body += [f"<path d='M{right - 130} {y}h24' stroke='{colour}' stroke-width='2'/>"]
        body.append(_text(right - 100, y + 4, f"{memory} MB"))
    return _svg(right + 30, bottom + 40, "Cost per million requests over the cache's hit rate", body)


def _text(x: float, y: float, text: str, anchor: str = "start", *, bold: bool = False) -> str:
    weight = " font-weight='bold'" if bold else ""
    return f"<text x='{x:.0f}' y='{y:.0f}' text-anchor='{anchor}' fill='{_INK}'{weight}>{escape(text)}</text>"


def _svg(width: int, height: int, title: str, body: Iterable[str]) -> str:
    size = f"viewBox='0 0 {width} {height}' width='{width}' height='{height}'"
    lines = "\n".join(f"  {line}" for line in body)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' {size} role='img' {_FONT}>\n  <title>{escape(title)}</title>\n"
        f"  <rect width='100%' height='100%' fill='{_PAPER}'/>\n{lines}\n</svg>\n"
    )
