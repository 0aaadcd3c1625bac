"""The picture of what each route answers whom, as an SVG. https://www.w3.org/TR/SVG2/"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scripts.review_plan.access.routes import Route
from scripts.review_plan.picture import Cell
from scripts.review_plan.render.escaping import xml
from scripts.review_plan.render.json_report import plain
from scripts.review_plan.render.picture import TITLE, shown
from scripts.review_plan.review import Review
from scripts.review_plan.text import Text, clip, say

_MOST: Final = 60
_CHARACTER: Final = 7.9
"""The width of a character of the monospaced font, in pixels, at its size of 13."""
_LINE: Final = 28
_GAP: Final = 12
_COLOURS: Final = {"plain": ("none", "#57606a"), "opens": ("#ffebe9", "#82071e"), "closes": ("#ddf4ff", "#0550ae")}
"""The fill and the text of a cell that stays, that opens, and that changes otherwise."""


def render(review: Review, name: str = "", _reproduce: str = "") -> str:
    """The table of all routes and callers; cells that change are filled."""
    picture = review.picture

    def said(text: Text) -> str:
        return clip(plain(review, text), _MOST)

    def named(route: Route) -> str:
        of = say(" ({})", route.api_name) if review.several_apis and route.api_name else ()
        return said((*say("{}", route.name), *of))

    table = [["", *(said(column.title) for column in picture.columns)]]
    table += [[named(row.route), *map(shown, row.cells)] for row in picture.rows]
    styles = [[_style(cell) for cell in row.cells] for row in picture.rows]
    notes = [f"{said(column.title)}: {said(column.words)}" for column in picture.columns if column.words]
    title = f"{TITLE}: {name}" if name else TITLE
    return "\n".join(_drawn(title, table, styles, notes)) + "\n"


def _drawn(title: str, table: list[list[str]], styles: list[list[str]], notes: list[str]) -> Iterator[str]:
    widths = [max(len(line[place]) for line in table) * _CHARACTER + 2 * _GAP for place in range(len(table[0]))]
    starts = [_GAP + sum(widths[:place]) for place in range(len(widths))]
    longest = max(map(len, notes), default=0) * _CHARACTER + 4 * _GAP
    width = round(max(starts[-1] + widths[-1] + _GAP, longest))
    height = _LINE * (len(table) + len(notes)) + 3 * _GAP
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'role="img" font-family="ui-monospace, monospace" font-size="13">'
    )
    yield f"<title>{xml(title)}</title>"
    yield f'<rect width="{width}" height="{height}" fill="#ffffff" stroke="#d0d7de"/>'
    for number, line in enumerate(table):
        top = _GAP + number * _LINE
        own = ["head"] * len(line) if number == 0 else ["head", *styles[number - 1]]
        for text, style, start, wide in zip(line, own, starts, widths, strict=True):
            yield from _cell(text, style, (start, top, wide))
        yield f'<path d="M{_GAP} {top + _LINE}H{width - _GAP}" stroke="#d0d7de"/>'
    for number, note in enumerate(notes):
        yield _text(note, 2 * _GAP, 2 * _GAP + (len(table) + number) * _LINE, 'fill="#57606a"')
    yield "</svg>"


def _cell(text: str, style: str, place: tuple[float, float, float]) -> Iterator[str]:
    start, top, width = place
    if style == "head":
        yield _text(text, start + _GAP, top, 'fill="#1f2328" font-weight="bold"')
        return
    fill, colour = _COLOURS[style]
    if fill != "none":
        yield f'<rect x="{start:.1f}" y="{top + 2}" width="{width:.1f}" height="{_LINE - 4}" rx="4" fill="{fill}"/>'
    yield _text(text, start + _GAP, top, f'fill="{colour}"')


def _text(text: str, x: float, top: float, attributes: str) -> str:
    return f'<text x="{x:.1f}" y="{top + 19:.0f}" xml:space="preserve" {attributes}>{xml(text)}</text>'


def _style(cell: Cell) -> str:
    return "opens" if cell.opens else "closes" if cell.changes else "plain"
