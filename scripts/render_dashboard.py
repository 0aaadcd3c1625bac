"""Draw the dashboard's layout as a picture for the documentation: ``python -m scripts.render_dashboard``.

Takes the dashboard from Terraform, which needs no AWS for it, or from a file in CloudWatch's format (``--dashboard``):
the module's output ``dashboard_body``, or what ``aws cloudwatch get-dashboard`` returns. What it draws are the widgets,
in their places, with their titles and legends; the curves are made up.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html

Exits 0 when drawn, 1 when ``--check`` finds another picture than it would draw, 2 when there is no dashboard to draw.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from scripts import terraform
from scripts.console import complain, say
from scripts.terraform import TerraformError

ROOT: Final = Path(__file__).resolve().parent.parent
MODULE: Final = ROOT / "terraform/modules/observability/dashboard"
PICTURE: Final = ROOT / "docs/images/dashboard.svg"

COLUMN: Final = 50
"""The width in pixels of one of the 24 columns that CloudWatch lays widgets out in."""
ROW: Final = 38
_GAP: Final = 4
_COLOURS: Final = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f")
_SEARCHED: Final = ("token_expired", "insufficient_scope", "signature_invalid", "claim_missing")
"""What a SEARCH expression may find, for it says only at run time."""
_POINTS: Final = 48

EXAMPLE: Final[Mapping[str, Any]] = {
    "alarm_arns": [
        f"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders-prod-{name}"
        for name in (
            "configuration-error",
            "denylist-failures",
            "event-not-recognized",
            "internal-error",
            "key-source-failures",
            "keys-unavailable",
            "latency",
            "rotation",
            "signature-invalid",
            "stale-keys-served",
            "start-failures",
            "throttles",
        )
    ],
    "api": {"name": "orders-prod", "stage": "prod"},
    "cold_starts_metric": "cold_starts_orders-prod-authorizer",
    "denylist": True,
    "function_name": "orders-prod-authorizer",
    "namespace": "JwtAuthorizer",
    "region": "eu-west-1",
    "runbook_url": "docs/operations.md",
    "title": "orders-prod",
}
"""The variables of the dashboard in the picture: all there is."""


class NoDashboard(Exception):
    """There is nothing to draw; the message says why."""


@dataclass(frozen=True)
class Box:
    """Where something is drawn, in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Curve:
    """A line of a graph: its label and colour, and whether it belongs to the scale at the right."""

    label: str
    colour: str
    right: bool


def planned(variables: Mapping[str, Any] = EXAMPLE) -> dict[str, Any]:
    """The dashboard that the module plans for these variables, as CloudWatch takes it.

    Raises TerraformError when there is no Terraform to run, NoDashboard when it refuses.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "dashboard")
        shutil.copytree(MODULE, folder, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        (folder / "example.auto.tfvars.json").write_text(json.dumps(variables))
        _run(folder, "init", "-input=false")
        _run(folder, "plan", "-input=false", "-lock=false", "-out=dashboard.tfplan")
        plan = json.loads(_run(folder, "show", "-json", "dashboard.tfplan"))
    found: dict[str, Any] = json.loads(plan["planned_values"]["outputs"]["body"]["value"])
    return found


def draw(dashboard: Mapping[str, Any]) -> str:
    """The dashboard's picture as SVG. Raises NoDashboard for a document that is none."""
    widgets = dashboard.get("widgets")
    if not isinstance(widgets, list) or not widgets:
        raise NoDashboard("this is no dashboard: it has no widgets")
    width = COLUMN * max(widget["x"] + widget["width"] for widget in widgets)
    height = ROW * max(widget["y"] + widget["height"] for widget in widgets)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"',
        ' font-family="Helvetica, Arial, sans-serif" font-size="11" fill="#16191f">',
        "<title>Layout of the dashboard; the curves are made up</title>",
        f'<rect width="{width}" height="{height}" fill="#f2f3f3"/>',
    ]
    for widget in widgets:
        box = Box(
            widget["x"] * COLUMN + _GAP,
            widget["y"] * ROW + _GAP,
            widget["width"] * COLUMN - 2 * _GAP,
            widget["height"] * ROW - 2 * _GAP,
        )
        place = f'x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}"'
        drawn.append(f'<rect {place} rx="3" fill="#fff" stroke="#d5dbdb"/>')
        drawn += _WIDGETS.get(widget["type"], _other)(widget["properties"], box)
    return "\n".join([*drawn, "</svg>", ""])


def curves(properties: Mapping[str, Any]) -> Iterator[Curve]:
    """The lines that a metric widget shows.

    Metrics that only serve an expression (``visible: false``) are left out, and a SEARCH stands for some examples of
    what it finds.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    colours = iter(_COLOURS * 4)
    for metric in properties["metrics"]:
        options = metric[-1] if isinstance(metric[-1], dict) else {}
        if options.get("visible") is False:
            continue
        label = options.get("label") or str(metric[1] if isinstance(metric[0], str) else options.get("id", ""))
        searched = "SEARCH(" in options.get("expression", "")
        for name in _SEARCHED if searched else (label,):
            yield Curve(name, options.get("color") or next(colours), options.get("yAxis") == "right")


def _text(properties: Mapping[str, Any], box: Box) -> list[str]:
    heading, _, rest = properties["markdown"].partition("\n")
    drawn = [_words(heading.lstrip("# "), box.x + 12, box.y + 24, 'font-size="16" font-weight="bold"')]
    lines = textwrap.wrap(rest.replace("`", ""), int(box.width / 6.2))
    return drawn + [_words(line, box.x + 12, box.y + 44 + 16 * place) for place, line in enumerate(lines)]


def _alarms(properties: Mapping[str, Any], box: Box) -> list[str]:
    drawn = [_title(properties, box)]
    names = [arn.rpartition(":alarm:")[2] for arn in properties["alarms"]]
    columns = max(1, min(len(names), int(box.width // 190)))
    width = (box.width - 16) / columns
    for place, name in enumerate(names):
        x, y = box.x + 10 + place % columns * width, box.y + 30 + place // columns * 34
        drawn.append(
            f'<rect x="{_number(x)}" y="{_number(y)}" width="{_number(width - 6)}" height="28" rx="3" fill="#e9f6ec"'
            ' stroke="#2ca02c"/>'
        )
        drawn.append(_words(name, x + 7, y + 18, 'font-size="9.5"'))
    return drawn


def _metrics(properties: Mapping[str, Any], box: Box) -> list[str]:
    shown = list(curves(properties))
    legend, legend_rows = _legend(shown, box)
    plot = Box(box.x + 34, box.y + 34, box.width - 68, box.height - 52 - 15 * legend_rows)
    drawn = [_title(properties, box)]
    for share in (0.0, 0.5, 1.0):
        y = _number(plot.y + plot.height * share)
        drawn.append(f'<path d="M{_number(plot.x)} {y}h{_number(plot.width)}" stroke="#eaeded"/>')
    for side, x, anchor in (("left", plot.x, "start"), ("right", plot.x + plot.width, "end")):
        label = properties.get("yAxis", {}).get(side, {}).get("label")
        if label:
            drawn.append(_words(label, x, plot.y - 4, f'font-size="9" fill="#687078" text-anchor="{anchor}"'))
    below = [0.0] * _POINTS
    for place, curve in enumerate(shown):
        values = _values(properties["title"] + curve.label, place, len(shown))
        if properties.get("stacked"):
            above = [low + value / len(shown) for low, value in zip(below, values, strict=True)]
            outline = _points(plot, above) + _points(plot, below)[::-1]
            drawn.append(f'<path d="M{"L".join(outline)}Z" fill="{curve.colour}" fill-opacity="0.75"/>')
            below = above
        else:
            line = "L".join(_points(plot, values))
            dashes = ' stroke-dasharray="4 3"' if curve.right else ""
            drawn.append(f'<path d="M{line}" fill="none" stroke="{curve.colour}" stroke-width="1.6"{dashes}/>')
    return drawn + legend


def _other(properties: Mapping[str, Any], box: Box) -> list[str]:
    return [_title(properties, box)]


_WIDGETS: Final = {"text": _text, "alarm": _alarms, "metric": _metrics}


def _legend(shown: Sequence[Curve], box: Box) -> tuple[list[str], int]:
    """The legend at the foot of a box, and how many rows it takes."""
    rows: list[list[tuple[float, Curve]]] = [[]]
    x = 0.0
    for curve in shown:
        width = 22 + 5.8 * len(curve.label)
        if rows[-1] and x + width > box.width - 20:
            rows.append([])
            x = 0.0
        rows[-1].append((x, curve))
        x += width
    drawn = []
    for row, entries in enumerate(rows):
        y = box.y + box.height - 10 - 15 * (len(rows) - 1 - row)
        for offset, curve in entries:
            left = box.x + 12 + offset
            drawn.append(f'<rect x="{_number(left)}" y="{_number(y - 8)}" width="9" height="9" fill="{curve.colour}"/>')
            drawn.append(_words(curve.label, left + 13, y, 'font-size="10"'))
    return drawn, len(rows)


def _values(seed: str, place: int, count: int) -> list[float]:
    """A made-up curve between 0 and 1, the same for the same seed; those of a graph lie one above the other."""
    first, second, third = (byte / 255 for byte in hashlib.sha256(seed.encode()).digest()[:3])
    level = (count - place) / (count + 1)
    return [
        max(
            0.03,
            min(
                0.97,
                level
                + 0.12 * math.sin(6.3 * (at / _POINTS + first))
                + 0.05 * math.sin(second * 5 + at * (0.6 + third)),
            ),
        )
        for at in range(_POINTS)
    ]


def _points(plot: Box, values: Sequence[float]) -> list[str]:
    step = plot.width / (_POINTS - 1)
    return [
        f"{_number(plot.x + step * at)} {_number(plot.y + plot.height * (1 - value))}"
        for at, value in enumerate(values)
    ]


def _title(properties: Mapping[str, Any], box: Box) -> str:
    return _words(properties.get("title", ""), box.x + 12, box.y + 20, 'font-weight="bold" font-size="12"')


def _words(text: str, x: float, y: float, style: str = "") -> str:
    return f'<text x="{_number(x)}" y="{_number(y)}"{" " + style if style else ""}>{escape(text)}</text>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _run(folder: Path, *arguments: str) -> str:
    run = subprocess.run(
        [terraform.program(), *arguments],
        cwd=folder,
        env=terraform.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise NoDashboard(f"terraform {arguments[0]} failed: {(run.stderr or run.stdout).strip()}")
    return run.stdout


def _read(file: Path) -> dict[str, Any]:
    """A dashboard from a file: its body, what AWS's command line returns, or an output of Terraform's."""
    try:
        document = json.loads(file.read_text())
        if isinstance(document, dict) and "DashboardBody" in document:
            document = document["DashboardBody"]
        if isinstance(document, str):
            document = json.loads(document)
    except (OSError, ValueError) as error:
        raise NoDashboard(f"{file} cannot be read: {error}") from None
    if not isinstance(document, dict):
        raise NoDashboard(f"{file} is no dashboard")
    return document


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="dashboard", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dashboard", type=Path, help="a file with the dashboard (default: what Terraform plans)")
    parser.add_argument("--output", type=Path, default=PICTURE, help="where the picture goes")
    parser.add_argument("--check", action="store_true", help="only say whether the picture there is the same")
    given = parser.parse_args(arguments)
    try:
        picture = draw(_read(given.dashboard) if given.dashboard else planned())
    except (NoDashboard, TerraformError) as error:
        complain(f"dashboard: {error}")
        return 2
    if given.check:
        if given.output.is_file() and given.output.read_text() == picture:
            return 0
        complain(f"dashboard: {given.output} is not what would be drawn now: run `make dashboard`")
        return 1
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(picture)
    say(f"Drawn: {given.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
