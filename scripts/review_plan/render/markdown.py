"""The review as Markdown, for a comment on a pull request."""

from __future__ import annotations

from typing import Final

from scripts.review_plan import gate
from scripts.review_plan.access.changes import Change, Status
from scripts.review_plan.access.routes import Route
from scripts.review_plan.checks import SECTIONS
from scripts.review_plan.checks.findings import Finding, Level
from scripts.review_plan.plan.document import Resource
from scripts.review_plan.plan.masking import Masker
from scripts.review_plan.render import diff, mermaid, picture
from scripts.review_plan.render.escaping import code, fence
from scripts.review_plan.render.truncate import LIMIT, Section, fit
from scripts.review_plan.review import Review
from scripts.review_plan.text import Text, Value, clip, count, first, join, say, visible

ROOM = 200
"""What is left of the limit for the mark by which a workflow finds its own comment again."""

_ICONS = {
    Status.OPENED: "🔴",
    Status.LOOSENED: "🟠",
    Status.KEYS: "🔑",
    Status.UNREAD: "❔",
    Status.NEW: "🔵",
    Status.FORGOTTEN: "⚪",
    Status.GONE: "⚪",
    Status.CLOSED: "🟢",
    Status.TIGHTENED: "🟢",
}
_MOST_OF_A_VALUE = 160
_MOST_OF_A_LINE = 300
_MOST_OF_A_CELL = 1500
_VERBS = {"create": "add", "delete": "destroy", "forget": "forget"}
_SIGNS = {"forget": "-", "add": "+", "destroy": "-", "change": "!", "replace": "!"}


def render(review: Review, name: str = "", reproduce: str = "", limit: int = LIMIT - ROOM) -> str:
    """The comment: at most so many bytes. ``name`` is the environment's, ``reproduce`` the command that makes it."""
    write = _Writer(review.masker, several_apis=review.several_apis)
    title = f"Plan review: {code(clip(name, 60))}" if name else "Plan review"
    sections = [
        Section(100, f"### {title}\n\n**{write.text(review.verdict)}**\n"),
        *_gate(review, write),
        *_access(review, write),
        *picture.sections(review.picture, write),
        *_findings(review, write),
        *_checks(review, write),
        *_all_routes(review, write),
        *_drift(review, write),
        *_diff(review),
        Section(100, _foot(review, reproduce)),
    ]
    return fit(sections, limit)


class _Writer:
    """Writes texts as Markdown, with everything that came from the plan hidden where it must be, and escaped."""

    def __init__(self, masker: Masker, *, several_apis: bool) -> None:
        self._masker = masker
        self._several_apis = several_apis

    def value(self, text: str) -> str:
        return code(clip(self._masker.redact(text), _MOST_OF_A_VALUE))

    def text(self, text: Text) -> str:
        written: list[str] = []
        room = _MOST_OF_A_CELL
        for piece in text:
            said = self.value(piece.text) if isinstance(piece, Value) else piece
            room -= len(said)
            if room < 0:
                written.append("…")
                break
            written.append(said)
        return "".join(written)

    def route(self, route: Route) -> str:
        of = f"<br>{self.value(route.api_name)}" if self._several_apis and route.api_name else ""
        return f"{self.value(route.name)}{of}"

    def row(self, *cells: str) -> str:
        return f"| {' | '.join(cells)} |\n"

    def heading(self, *cells: str) -> str:
        return self.row(*cells) + self.row(*("---" for _ in cells))


def _gate(review: Review, write: _Writer) -> list[Section]:
    found = []
    if review.not_allowed:
        said = [
            f"> - {write.route(change.route).replace('<br>', ' of ')}: "
            f"{write.value(gate.entry_to_write(change, with_api=review.several_apis))}\n"
            for change in review.not_allowed
        ]
        number = _stopped(review)
        head = (
            f"\n> [!CAUTION]\n> {number} that the allow-list does not name. To let one open, write its entry into "
            f"{write.value(review.allow_file)}, with a reason:\n"
        )
        found.append(Section(90, head, tuple(said), name="Routes not allowed"))
    if review.allowed:
        rows = tuple(
            f"- {write.route(change.route).replace('<br>', ' of ')}: {write.value(entry.reason)}\n"
            for change, entry in review.allowed
        )
        found.append(Section(65, "\nAllowed to open, by the reviewed list:\n", rows, name="Allowed routes"))
    return found


def _stopped(review: Review) -> str:
    """How many changes the gate stops at, in words."""
    unread = sum(change.status is Status.UNREAD for change in review.not_allowed)
    parts = [count(len(review.not_allowed) - unread, "route opens or loosens", "routes open or loosen")]
    parts += [count(unread, "change cannot be read", "changes cannot be read")] if unread else []
    return " and ".join(part for part in parts if not part.startswith("0 "))


def _access(review: Review, write: _Writer) -> list[Section]:
    if not review.changes:
        return []
    head = "\n#### Who may call what\n\n" + write.heading("", "Route", "Before", "After", "Why", "Address")
    rows = tuple(_access_row(change, write) for change in review.changes)
    return [Section(90, head, rows, name="Routes that change")]


def _access_row(change: Change, write: _Writer) -> str:
    return write.row(
        f"{_ICONS[change.status]} {change.status.value}",
        write.route(change.route),
        write.text(change.before),
        write.text(change.after),
        write.text(join([text for text in (change.lets_in, change.why) if text], "; ")),
        write.value(change.route.address),
    )


# The lower, the sooner a section is shortened.
_IMPORTANCE: Final = {"not_live": 80, "permissions": 70, "settings": 60, "code": 50, "replacements": 55}


def _findings(review: Review, write: _Writer) -> list[Section]:
    found = []
    for name, title in SECTIONS.items():
        rows = [write.row(_marked(finding, write), write.value(finding.address)) for finding in review.findings[name]]
        rows += _packages(review, write) if name == "code" else []
        if rows:
            head = f"\n#### {title}\n\n" + write.heading("What", "Where")
            found.append(Section(_IMPORTANCE[name], head, tuple(rows), name=title))
    return found


def _marked(finding: Finding, write: _Writer) -> str:
    return f"{'⚠️ ' if finding.level is Level.DANGER else ''}{write.text(finding.text)}"


def _packages(review: Review, write: _Writer) -> list[str]:
    return [
        write.row(f"{verb} {write.value(file)}", f"{write.value(package.name)} package")
        for package in review.packages
        for verb, files in (("added", package.added), ("removed", package.removed), ("changed", package.changed))
        for file in files
    ]


def _checks(review: Review, write: _Writer) -> list[Section]:
    rows = tuple(write.row(write.value(message), write.value(address)) for address, message in review.plan.checks)
    head = "\n#### Failed checks\n\n" + write.heading("What", "Where")
    return [Section(58, head, rows, name="Failed checks")] if rows else []


def _all_routes(review: Review, write: _Writer) -> list[Section]:
    if not review.routes:
        return []
    opening = f"\n<details><summary>All {count(len(review.routes), 'route')} after the apply</summary>\n\n"
    head = opening + write.heading("Route", "Who may call", "Answered by")
    rows = tuple(
        write.row(write.route(route), write.text(route.words), write.value(route.calls) if route.calls else "")
        for route in review.routes
    )
    sections = [Section(30, head, rows, "\n</details>\n", name="All routes")]
    drawn = mermaid.render(review.routes, review.masker)
    if drawn:
        head = "\n<details><summary>Picture: routes → authorizers → functions</summary>\n\n```mermaid\n"
        whole = ("\n".join(drawn) + "\n",)
        sections.append(Section(20, head, whole, "```\n\n</details>\n", name="Picture", indivisible=True))
    return sections


def _drift(review: Review, write: _Writer) -> list[Section]:
    drifted = [(resource, found) for resource in review.plan.drift if (found := diff.lines(resource, review.masker))]
    if not drifted:
        return []
    opening = f"\n<details><summary>{count(len(drifted), 'resource')} changed outside of Terraform</summary>\n\n"
    items = tuple(
        f"- {write.value(resource.address)}: {write.text(first([say('{}', line.name) for line in found], 5))}\n"
        for resource, found in drifted
    )
    return [Section(15, opening, items, "\n</details>\n", name="Changes outside of Terraform")]


def _diff(review: Review) -> list[Section]:
    changed = review.changed_resources
    if not changed:
        return []
    items = tuple(diff_of(resource, review.masker) for resource in changed)
    marks = fence("".join(items))
    opening = f"\n<details><summary>Full diff: {count(len(changed), 'resource')}</summary>\n\n{marks}diff\n"
    return [Section(10, opening, items, f"{marks}\n\n</details>\n", name="Full diff")]


def diff_of(resource: Resource, masker: Masker) -> str:
    """A resource's changes as lines of a diff, which no value can break out of."""
    verb = "replace" if resource.is_replaced else _VERBS.get(resource.actions[0], "change")
    moved = f" (was {visible(clip(resource.previous_address, 200))})" if resource.previous_address else ""
    imported = " (imported)" if resource.importing else ""
    written = [f"{_SIGNS[verb]} {verb} {visible(clip(masker.redact(resource.address), 300))}{moved}{imported}"]
    for line in diff.lines(resource, masker):
        name = clip(visible(masker.redact(line.name)), _MOST_OF_A_LINE)
        was, is_now = (None if v is None else visible(clip(v, _MOST_OF_A_LINE)) for v in (line.before, line.after))
        note = "  # replaces it" if line.replaces else ""
        if line.sign != "~":
            written.append(f"{line.sign}   {name} = {was if is_now is None else is_now}{note}")
        elif was == is_now:
            written.append(f"!   {name} = {is_now}{note}")
        else:
            written.append(f"-   {name} = {was}{note}")
            written.append(f"+   {name} = {is_now}{note}")
    return "\n".join(written) + "\n\n"


def _foot(review: Review, reproduce: str) -> str:
    parts = [f"again: {code(clip(reproduce, 200))}"] if reproduce else []
    parts.append(f"plan {code(f'sha256:{review.plan.sha256}')}")
    if review.plan.terraform:
        parts.append(f"Terraform {code(clip(review.plan.terraform, 40))}")
    return f"\n<sub>{' · '.join(parts)}</sub>\n"
