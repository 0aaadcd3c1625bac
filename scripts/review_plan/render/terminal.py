"""The review for a person at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from scripts.lib.console import paint
from scripts.review_plan import gate
from scripts.review_plan.access.changes import Status
from scripts.review_plan.checks import SECTIONS
from scripts.review_plan.checks.findings import Finding, Level
from scripts.review_plan.render import picture
from scripts.review_plan.review import Review
from scripts.review_plan.text import Text, Value, clip, visible

_STYLES = {
    Status.OPENED: "red",
    Status.LOOSENED: "red",
    Status.KEYS: "red",
    Status.UNREAD: "red",
    Status.NEW: "cyan",
    Status.FORGOTTEN: "red",
    Status.GONE: "dim",
    Status.CLOSED: "green",
    Status.TIGHTENED: "green",
}
_MOST = 200


def render(review: Review, name: str = "", reproduce: str = "") -> str:
    """The lines to print; no value of the plan can move the cursor, change a colour or turn the line round."""
    return "\n".join(_lines(review, name, reproduce)) + "\n"


def _lines(review: Review, name: str, reproduce: str) -> Iterator[str]:
    if name:
        yield paint(f"Plan review: {visible(name)}", "bold")
    yield from body(review)
    yield paint(f"plan sha256:{review.plan.sha256}{f' · again: {visible(reproduce)}' if reproduce else ''}", "dim")


def body(review: Review) -> Iterator[str]:
    """The lines between the title and the last one, which name the plan."""

    def said(text: Text) -> str:
        return "".join(value(piece.text) if isinstance(piece, Value) else piece for piece in text)

    def value(text: str) -> str:
        return visible(clip(review.masker.redact(text), _MOST))

    def named(route: str, api: str) -> str:
        return f"{value(route)}  ({value(api)})" if review.several_apis and api else value(route)

    def findings(title: str, found: Sequence[Finding]) -> Iterator[str]:
        if found:
            yield ""
            yield paint(title, "bold")
            for finding in found:
                mark = paint("!", "red") if finding.level is Level.DANGER else " "
                yield f"  {mark} {said(finding.text)}"
                yield paint(f"      {value(finding.address)}", "dim")

    yield paint(said(review.verdict), "bold")
    for change in review.changes:
        yield ""
        shown = named(change.route.name, change.route.api_name)
        yield f"{paint(f'{change.status.value:<9}', _STYLES[change.status])} {shown}"
        yield f"    before  {said(change.before)}"
        yield f"    after   {said(change.after)}"
        if change.lets_in:
            yield f"    {paint(said(change.lets_in), 'bold')}"
        if change.why:
            yield f"    why     {said(change.why)}"
        yield paint(f"    {value(change.route.address)}", "dim")
    yield from picture.lines(review.picture, said, lambda route: named(route.name, route.api_name))
    for name, title in SECTIONS.items():
        yield from findings(title, review.findings[name])
        if name == "code":
            yield from _packages(review, value)
    if review.plan.checks:
        yield ""
        yield paint("Failed checks", "bold")
        for address, message in review.plan.checks:
            yield f"    {value(address)}: {value(message)}"
    yield ""
    for change, entry in review.allowed:
        yield f"allowed: {value(change.route.name)}: {value(entry.reason)}"
    for change in review.not_allowed:
        yield paint(f"not on the allow-list: {value(change.route.name)}  ({value(change.route.address)})", "red")
        missing = gate.entry_to_write(change, with_api=review.several_apis)
        yield f"    to let it open, write into {value(review.allow_file)}: {value(missing)}"


def _packages(review: Review, value: Callable[[str], str]) -> Iterator[str]:
    for package in review.packages:
        yield f"    {value(package.name)} package:"
        for verb, files in (("added", package.added), ("removed", package.removed), ("changed", package.changed)):
            for file in files:
                yield f"      {verb} {value(file)}"
