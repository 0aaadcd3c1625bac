"""The picture of what each route answers whom, in the comment, at a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from scripts.lib.console import paint
from scripts.review_plan.access.routes import Route
from scripts.review_plan.picture import Cell, Column, Picture, Row
from scripts.review_plan.render.truncate import Section
from scripts.review_plan.text import Text, count

ARROW: Final = "→"
TITLE: Final = "What each route answers whom"
_MOST_LINES: Final = 40


class Writer(Protocol):
    """Writes texts as Markdown."""

    def text(self, text: Text) -> str: ...
    def route(self, route: Route) -> str: ...
    def row(self, *cells: str) -> str: ...
    def heading(self, *cells: str) -> str: ...


def sections(picture: Picture, write: Writer) -> list[Section]:
    """The comment's tables: the routes that answer somebody otherwise, and, folded, the others."""
    if not picture.rows:
        return []
    found = []
    heading = write.heading("Route", *(write.text(column.title) for column in picture.columns))
    legend = _legend(picture, write)
    if picture.changed:
        rows = tuple(_row(row, write) for row in picture.changed)
        found.append(Section(62, f"\n#### {TITLE}\n\n{heading}", rows, legend, name=TITLE))
    if picture.unchanged:
        said = count(len(picture.unchanged), "route answers", "routes answer")
        opening = f"\n<details><summary>{said} each caller as before</summary>\n\n{heading}"
        rows = tuple(_row(row, write) for row in picture.unchanged)
        end = f"{'' if picture.changed else legend}\n</details>\n"
        found.append(Section(28, opening, rows, end, name="Routes that answer as before"))
    return found


def _row(row: Row, write: Writer) -> str:
    return write.row(write.route(row.route), *(_marked(cell) for cell in row.cells))


def _marked(cell: Cell) -> str:
    if not cell.changes:
        return cell.after
    return f"{'🔴' if cell.opens else '🔹'} **{cell.before} {ARROW} {cell.after}**"


def _legend(picture: Picture, write: Writer) -> str:
    said = [f"- {write.text(column.title)}: {write.text(column.words)}\n" for column in _explained(picture)]
    if picture.left_out:
        said.append(f"- {count(picture.left_out, 'caller')} more, for whom a table has no room\n")
    return "".join(["\n", *said]) if said else ""


def _explained(picture: Picture) -> list[Column]:
    """The columns that words say something of."""
    return [column for column in picture.columns if column.words]


def lines(picture: Picture, said: Callable[[Text], str], route: Callable[[Route], str]) -> Iterator[str]:
    """The terminal's lines, the cells that change in colour; takes what writes a text and what names a route."""
    if not picture.rows:
        return
    rows = (*picture.changed, *picture.unchanged)[: max(_MOST_LINES, len(picture.changed))]
    table = [["", *(said(column.title) for column in picture.columns)]]
    table += [[route(row.route), *(shown(cell) for cell in row.cells)] for row in rows]
    widths = [max(len(line[place]) for line in table) for place in range(len(table[0]))]
    yield ""
    yield paint(TITLE, "bold")
    yield _line(table[0], widths, ["bold"] * len(widths))
    for line, row in zip(table[1:], rows, strict=True):
        yield _line(line, widths, ["", *map(_style, row.cells)])
    if len(rows) < len(picture.rows):
        yield f"  and {len(picture.rows) - len(rows)} more, which answer as before"
    for column in _explained(picture):
        yield paint(f"  {said(column.title)}: {said(column.words)}", "dim")
    if picture.left_out:
        yield paint(f"  {count(picture.left_out, 'caller')} more are left out", "dim")


def shown(cell: Cell) -> str:
    """What a cell says: one answer, or what becomes of it."""
    return f"{cell.before} {ARROW} {cell.after}" if cell.changes else cell.after


def _style(cell: Cell) -> str:
    return "red" if cell.opens else "cyan" if cell.changes else ""


def _line(texts: list[str], widths: list[int], styles: list[str]) -> str:
    padded = (
        (paint(text, style) if style else text) + " " * (width - len(text))
        for text, width, style in zip(texts, widths, styles, strict=True)
    )
    return f"  {'  '.join(padded)}".rstrip()


def document(
    picture: Picture, plain: Callable[[Text], str], value: Callable[[str], str], redacted: Callable[[Any], Any]
) -> dict[str, Any]:
    """The picture as JSON: ``answers`` of a route are in the order of ``callers``.

    Takes what writes a text, a value of the plan, and any value with its secrets hidden.
    """
    return {
        "callers": [_column(column, plain, redacted) for column in picture.columns],
        "left_out": picture.left_out,
        "routes": [
            {
                "route": value(row.route.name),
                "api": value(row.route.api_name),
                "address": value(row.route.address),
                "changes": row.changes,
                "answers": [
                    {"before": cell.before, "after": cell.after, "changes": cell.changes, "opens": cell.opens}
                    for cell in row.cells
                ],
            }
            for row in picture.rows
        ],
    }


def _column(column: Column, plain: Callable[[Text], str], redacted: Callable[[Any], Any]) -> dict[str, Any]:
    caller = column.caller
    claims = None if caller.claims is None or column.hidden else redacted(dict(caller.claims))
    return {
        "name": plain(column.title),
        "words": plain(column.words) or None,
        "claims": claims,
        "expires_in_seconds": None if caller.claims is None else caller.expires_in_seconds,
    }
